"""Where an interrupted sweep of the mirror goes on."""

from __future__ import annotations

from shared.catalog.connection import Catalog

_MIRROR = "mirror"


async def place_of(catalog: Catalog) -> str | None:
    """The last name that was dealt with; None if no sweep was interrupted."""
    found = await catalog.sweeps.find_one({"_id": _MIRROR})
    return str(found["after"]) if found is not None else None


async def save_place(catalog: Catalog, name: str) -> None:
    """Everything up to `name` is dealt with."""
    await catalog.sweeps.replace_one({"_id": _MIRROR}, {"_id": _MIRROR, "after": name}, upsert=True)


async def forget_place(catalog: Catalog) -> None:
    """The sweep came to its end."""
    await catalog.sweeps.delete_one({"_id": _MIRROR})
