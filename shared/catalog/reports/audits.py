"""What the last audit found, for metrics and people: an audit is a command, and nobody scrapes a command."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from shared.catalog.connection import Catalog

_LAST = "last"


class Audit(TypedDict):
    """The one document of `audits`."""

    _id: str
    at: datetime
    #: Violations by rule, those that were repaired left out.
    violations: dict[str, int]


async def save_audit(catalog: Catalog, at: datetime, violations: dict[str, int]) -> None:
    """Remember an audit in place of the one before."""
    document: Audit = {"_id": _LAST, "at": at, "violations": violations}
    await catalog.audits.replace_one({"_id": _LAST}, dict(document), upsert=True)


async def last_audit(catalog: Catalog) -> Audit | None:
    """The last audit; None before the first."""
    found: Audit | None = await catalog.audits.find_one({"_id": _LAST})  # type: ignore[assignment]
    return found
