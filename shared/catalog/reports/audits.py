"""Stores the result of the last audit for the metrics: an audit is a command, which Prometheus cannot scrape."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypedDict

from shared.catalog.connection import Catalog

_LAST = "last"


class Audit(TypedDict):
    """The one document of `audits`."""

    _id: str
    at: datetime
    #: Violations by rule, those that were repaired left out.
    violations: dict[str, int]


async def save_audit(catalog: Catalog, at: datetime, violations: dict[str, int]) -> None:
    """Store the result of an audit in place of the previous one. `violations`: by rule, without the repaired ones."""
    document: Audit = {"_id": _LAST, "at": at, "violations": violations}
    await catalog.audits.replace_one({"_id": _LAST}, dict(document), upsert=True)


async def last_audit(catalog: Catalog) -> Audit | None:
    """Return the last audit; None before the first."""
    found: Any = await catalog.audits.find_one({"_id": _LAST})
    audit: Audit | None = found
    return audit
