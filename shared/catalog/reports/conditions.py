"""What people want to be told of: conditions that last, such as a followed source that fails."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from shared.catalog.connection import Catalog
from shared.catalog.documents import StoredBreaker
from shared.catalog.operations.breakers import all_breakers, source_of_breaker
from shared.catalog.reports.audits import last_audit
from shared.catalog.reports.concerns import concerns
from shared.catalog.reports.digests import labels_of
from shared.catalog.sources.looks import FAILING_AFTER
from shared.contracts.notification import NoticeKind


class Condition(NamedTuple):
    """Something that is so now."""

    #: Names it; the same as long as it lasts.
    key: str
    kind: NoticeKind
    title: str
    text: str
    #: The followed source that it is about; None: none.
    source: str | None = None
    labels: dict[str, str] | None = None


async def conditions(catalog: Catalog, fails_after: timedelta) -> list[Condition]:
    """Return all conditions. `fails_after`: how long a source must have failed."""
    now = await catalog.now()
    breakers = await all_breakers(catalog)
    found = await _of_sources(catalog, now, fails_after)
    found += [_blocked(breaker) for breaker in breakers if breaker["state"] == "open" and breaker["kind"] == "egress"]
    found += [
        Condition(f"person-needed/{each.kind}/{each.key}", "person-needed", each.what, f"{each.what} ({each.number}).")
        for each in await concerns(catalog, breakers)
    ]
    return found + await _of_audit(catalog)


async def _of_sources(catalog: Catalog, now: datetime, fails_after: timedelta) -> list[Condition]:
    found: list[Condition] = []
    watched = {"enabled": True, "same_as": None}
    failing = {**watched, "failures": {"$gte": FAILING_AFTER}}
    async for source in catalog.sources.find(failing).sort("_id", 1):
        since = source.get("looked_at", source["created_at"])
        if now - since < fails_after:
            continue
        failure = source["last"].get("failure") if "last" in source else None
        why = f"{failure['reason']}: {failure['detail']}" if failure is not None else "its looks are not answered"
        text = f"The last {source['failures']} looks failed, the first after {since:%Y-%m-%d %H:%M} UTC. {why}"
        name = source["_id"]
        found.append(
            Condition(f"source-failing/{name}", "source-failing", f"{name} fails", text, name, labels_of(source))
        )
    async for source in catalog.sources.find({**watched, "silent_at": {"$lte": now}}).sort("_id", 1):
        name, newest = source["_id"], max(source["published"])
        text = f"It has published nothing since {newest:%Y-%m-%d %H:%M} UTC, for five times its usual gap."
        found.append(
            Condition(
                f"source-silent/{name}", "source-silent", f"{name} has fallen silent", text, name, labels_of(source)
            )
        )
    return found


def _blocked(breaker: StoredBreaker) -> Condition:
    source = source_of_breaker(breaker) or "its source"
    until = breaker["until"]
    rest = f"It rests until {until:%Y-%m-%d %H:%M} UTC." if until is not None else "It rests until a person resumes it."
    text = f"{breaker['detail'] or breaker['reason']} {rest}"
    return Condition(f"egress-blocked/{breaker['_id']}", "egress-blocked", f"{source} blocks {breaker['egress']}", text)


async def _of_audit(catalog: Catalog) -> list[Condition]:
    audit = await last_audit(catalog)
    violations: Sequence[tuple[str, int]] = sorted((audit["violations"] if audit is not None else {}).items())
    return [
        Condition(
            f"audit-violation/{rule}",
            "audit-violation",
            f"The audit found violations: {rule}",
            f"{number} items. `fonoteca audit` lists them.",
        )
        for rule, number in violations
        if number
    ]
