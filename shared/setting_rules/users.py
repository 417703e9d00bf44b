"""Rules for RABBITMQ_USERS, which names each service's user at the broker."""

from __future__ import annotations

from yarl import URL


def users_of_roles(text: str) -> str:
    """Check a list of ROLE=USER, separated by commas. Returns it. Raises ValueError."""
    pairs(text)
    return text


def pairs(text: str) -> list[tuple[str, str]]:
    """Parse a list of ROLE=USER into pairs; a role may have several users. Raises ValueError."""
    found = []
    for entry in text.split(",") if text else ():
        role, sign, user = (part.strip() for part in entry.partition("="))
        if not (role and sign and user):
            raise ValueError(f"{entry.strip()[:80]!r} is not ROLE=USER; write for example scraper=alice,retry=bob")
        found.append((role, user))
    return found


def by_certificate(url: str) -> bool:
    """Whether an address of the broker signs in by a certificate, which does not show the user's name."""
    return URL(url).query.get("auth", "").lower() == "external"


def contradiction(url: str, users: str) -> str | None:
    """Describe how the broker's address contradicts RABBITMQ_USERS; None if it does not."""
    if not users or not by_certificate(url):
        return None
    return (
        "RABBITMQ_USERS is set, but RABBITMQ_URL signs in by a certificate (auth=external), which does not show a "
        "service the name of its user: the services would refuse each other's messages. For all services, replace "
        "auth=external in RABBITMQ_URL by a user and its password, or leave RABBITMQ_USERS empty."
    )
