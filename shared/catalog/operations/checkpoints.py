"""Where an interrupted reconciliation of a target of the mirror continues."""

from __future__ import annotations

from typing import Protocol

from shared.catalog.connection import Catalog


class Place(Protocol):
    """What is reconciled: a container, and the name of its kind of target."""

    name: str
    container: str


async def load_checkpoint(catalog: Catalog, target: Place) -> str | None:
    """Return the last name that was reconciled; None if no reconciliation of the target was interrupted."""
    found = await catalog.sweeps.find_one({"_id": _id(target)})
    return str(found["after"]) if found is not None else None


async def save_checkpoint(catalog: Catalog, target: Place, name: str) -> None:
    """Note that everything up to `name` is reconciled."""
    await catalog.sweeps.replace_one({"_id": _id(target)}, {"_id": _id(target), "after": name}, upsert=True)


async def clear_checkpoint(catalog: Catalog, target: Place) -> None:
    """Note that the reconciliation came to its end."""
    await catalog.sweeps.delete_one({"_id": _id(target)})


def _id(target: Place) -> str:
    return f"mirror:{target.name}:{target.container}"
