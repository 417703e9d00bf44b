"""Which user of the broker is which service."""

from __future__ import annotations

from yarl import URL


def users_of_roles(text: str) -> str:
    """Raise ValueError unless `text` is ROLE=USER, separated by commas."""
    pairs(text)
    return text


def pairs(text: str) -> list[tuple[str, str]]:
    """Role and user of each entry; a role may have several users. Raises ValueError."""
    found = []
    for entry in text.split(",") if text else ():
        role, sign, user = (part.strip() for part in entry.partition("="))
        if not (role and sign and user):
            raise ValueError(f"{entry.strip()[:80]!r} is not ROLE=USER; write scraper=alice,retry=bob and so on")
        found.append((role, user))
    return found


def by_certificate(url: str) -> bool:
    """Whether an address of the broker signs in by a certificate, which does not tell the user's name."""
    return URL(url).query.get("auth", "").lower() == "external"


def contradiction(url: str, users: str) -> str | None:
    """Why a broker's address and its users do not go together; None if they do."""
    if not users or not by_certificate(url):
        return None
    return (
        "RABBITMQ_USERS is set, but RABBITMQ_URL signs in by a certificate (auth=external), which does not tell a "
        "service its user: the services would refuse each other's messages. Take auth=external out of RABBITMQ_URL and "
        "name a user and its password there, or leave RABBITMQ_USERS empty, for all services."
    )
