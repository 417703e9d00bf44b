"""Which user of the broker is which service."""

from __future__ import annotations


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
