"""Where an interrupted reconciliation of a target of the mirror continues."""

from __future__ import annotations

from shared.catalog.connection import Catalog


async def load_checkpoint(catalog: Catalog, target: str) -> str | None:
    """Return the last name that was reconciled; None if no reconciliation of the target was interrupted."""
    found = await catalog.sweeps.find_one({"_id": _id(target)})
    return str(found["after"]) if found is not None else None


async def save_checkpoint(catalog: Catalog, target: str, name: str) -> None:
    """Note that everything up to `name` is reconciled."""
    await catalog.sweeps.replace_one({"_id": _id(target)}, {"_id": _id(target), "after": name}, upsert=True)


async def clear_checkpoint(catalog: Catalog, target: str) -> None:
    """Note that the reconciliation came to its end."""
    await catalog.sweeps.delete_one({"_id": _id(target)})


def _id(target: str) -> str:
    return f"mirror:{target}"
