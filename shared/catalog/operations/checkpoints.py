"""Where an interrupted reconciliation of the mirror continues."""

from __future__ import annotations

from shared.catalog.connection import Catalog

_MIRROR = "mirror"


async def load_checkpoint(catalog: Catalog) -> str | None:
    """Return the last name that was reconciled; None if no reconciliation was interrupted."""
    found = await catalog.sweeps.find_one({"_id": _MIRROR})
    return str(found["after"]) if found is not None else None


async def save_checkpoint(catalog: Catalog, name: str) -> None:
    """Note that everything up to `name` is reconciled."""
    await catalog.sweeps.replace_one({"_id": _MIRROR}, {"_id": _MIRROR, "after": name}, upsert=True)


async def clear_checkpoint(catalog: Catalog) -> None:
    """Note that the reconciliation came to its end."""
    await catalog.sweeps.delete_one({"_id": _MIRROR})
