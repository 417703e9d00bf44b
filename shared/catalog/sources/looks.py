"""Looks at followed sources: claimed when due, and recorded when they have ended. By the server's clock.

A look is claimed by a compare-and-set on its number, so of several replicas one requests it. If its answer does not
come before the lease ends, it is requested again under the next number; an answer under an earlier number is too late.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from shared.catalog.connection import Catalog
from shared.catalog.documents import Look, LookResult, Source
from shared.catalog.videos.outcomes import stored_failure
from shared.contracts import SourceChecked
from shared.contracts.source import Rung
from shared.following.rhythm import silent_from

#: Seconds by which a request may lie in the future before the clock is taken to have gone back.
_AHEAD_SECONDS = 60
#: How often the time for an answer is doubled after looks that failed or were not answered.
MAX_DOUBLINGS = 3
#: Failed looks in a row after which a source counts as failing.
FAILING_AFTER = 3
#: Seconds between two looks that pushes cause, so that a flood of them costs a site one request a minute. Feeds change
#: more rarely.
PUSH_PAUSE_SECONDS = 60


async def claim_due(catalog: Catalog, limit: int, lease_seconds: float) -> list[Source]:
    """Claim up to `limit` looks that are due, the longest overdue first; those that were not answered come last.

    Returns the sources as claimed.
    """
    now = await catalog.now()
    # What was planned by a clock that has gone back since is not waited for.
    ahead = {"asked_at": {"$gt": now + timedelta(seconds=_AHEAD_SECONDS)}}
    due = {
        "enabled": True,
        "same_as": None,
        "$and": [
            {"$or": [{"due_at": {"$lte": now}}, ahead]},
            {"$or": [{"lease_until": None}, {"lease_until": {"$lte": now}}, ahead]},
        ],
    }
    found = await catalog.sources.find(due).sort([("lease_until", 1), ("due_at", 1)]).limit(limit).to_list()
    claimed = [await _claim(catalog, source, now, lease_seconds) for source in found]
    return [source for source in claimed if source is not None]


async def _claim(catalog: Catalog, source: Source, now: datetime, lease_seconds: float) -> Source | None:
    claimed = source.copy()
    claimed["look"], claimed["asked_at"] = source["look"] + 1, now
    claimed["asked_version"] = source["version"]
    before = source.get("asked_at", source["created_at"])
    claimed["asked_hint"] = "push" if "pushed_at" in source and before < source["pushed_at"] <= now else None
    if "lease_until" in source:
        # Its scraper died, its message was lost, or nobody can process it.
        claimed["failures"] = source["failures"] + 1
    # Longer after each: scrapers that are slower than the lease would otherwise answer no look in time, for ever.
    lease = lease_seconds * 2 ** min(claimed["failures"], MAX_DOUBLINGS)
    claimed["lease_until"] = now + timedelta(seconds=lease)
    names = ("look", "asked_at", "lease_until", "asked_version", "asked_hint", "failures")
    change = {name: value for name, value in claimed.items() if name in names}
    seen = {"_id": source["_id"], "look": source["look"], "version": source["version"]}
    result = await catalog.sources.update_one(seen, {"$set": change})
    return claimed if result.matched_count == 1 else None


async def count_under_way(catalog: Catalog) -> int:
    """Count the looks whose answer is waited for."""
    return await catalog.sources.count_documents({"lease_until": {"$gt": await catalog.now()}})


async def count_sources(catalog: Catalog) -> int:
    """Count the followed sources that are looked at."""
    return await catalog.sources.count_documents({"enabled": True, "same_as": None})


async def count_failing(catalog: Catalog) -> int:
    """Count the sources that are looked at and of which the last looks failed."""
    failing = {"enabled": True, "same_as": None, "failures": {"$gte": FAILING_AFTER}}
    return await catalog.sources.count_documents(failing)


async def count_silent(catalog: Catalog) -> int:
    """Count the sources that are looked at and have published nothing for much longer than usual."""
    silent = {"enabled": True, "same_as": None, "silent_at": {"$lte": await catalog.now()}}
    return await catalog.sources.count_documents(silent)


async def longest_overdue(catalog: Catalog) -> float:
    """Return for how many seconds the longest overdue look has been due; 0 if none is."""
    overdue = {"enabled": True, "same_as": None}
    first = await catalog.sources.find(overdue, {"due_at": 1}).sort("due_at", 1).limit(1).to_list()
    return max(0.0, (await catalog.now() - first[0]["due_at"]).total_seconds()) if first else 0.0


async def record_look(
    catalog: Catalog, answer: SourceChecked, next_due: Callable[[Source, datetime, Sequence[datetime]], datetime]
) -> Source | None:
    """Record what a look found, and when the next one is due. Returns the source after it; None: it is out of date.

    `next_due`: returns the time of the next look, of the source, the present time and the publication times.
    """
    source = await catalog.sources.find_one({"_id": answer.source, "look": answer.look})
    if source is None or "lease_until" not in source:
        return None
    now = await catalog.now()
    published = sorted({*source["published"], *answer.published}, reverse=True)[:_KEPT_TIMES]
    result = _result(source, answer)
    change: dict[str, Any] = {"last": result}
    over = {"lease_until": ""}
    # A definition that has changed since the request is not answered by this look: nothing is learned, and it is due.
    if source.get("asked_version") == source["version"]:
        failures = source["failures"] + 1 if answer.failure is not None else 0
        change |= {"failures": failures, "published": published} | _learned(answer)
        if (silent_at := silent_from(published)) is not None:
            change["silent_at"] = silent_at
        # Somebody may have asked for a further look during this one, or a hub may have pushed.
        asked_at, never = source.get("asked_at", now), source["created_at"]
        asked_again = source.get("wanted_at", never) > asked_at
        pushed_at = source.get("pushed_at", never)
        if asked_again:
            change["due_at"] = now
        elif pushed_at > asked_at and failures < FAILING_AFTER:
            change["due_at"] = min(max(now, pushed_at), now + timedelta(seconds=PUSH_PAUSE_SECONDS))
        else:
            change["due_at"] = next_due({**source, "failures": failures}, now, published)
        # A push asks for no full look.
        if answer.failure is None and answer.rung is Rung.FULL and not asked_again:
            over["full_next"] = ""
    # Written first: the log of looks is complete even if the process dies in between, and repeating it changes nothing.
    look: Look = {"_id": f"{answer.source}/{answer.look}", "source": answer.source, "look": answer.look, **result}
    await catalog.looks.replace_one({"_id": look["_id"]}, look, upsert=True)
    seen = {name: source[name] for name in ("_id", "look", "lease_until", "version")}
    written = await catalog.sources.update_one(seen, {"$set": change, "$unset": over})
    if written.matched_count == 0:
        # Somebody has changed the source in between, or this answer was recorded already.
        return await record_look(catalog, answer, next_due)
    return await catalog.sources.find_one({"_id": answer.source})


#: Publication times kept of a source: enough for a median.
_KEPT_TIMES = 50


def _result(source: Source, answer: SourceChecked) -> LookResult:
    result: LookResult = {
        "rung": answer.rung.value,
        "asked_at": source.get("asked_at", answer.checked_at),
        "at": answer.checked_at,
        "requests": answer.requests,
        "new": answer.new,
        "known": answer.known,
        "filtered": answer.filtered,
        "gone": answer.gone,
        "new_ids": list(answer.new_ids),
        "gone_ids": list(answer.gone_ids),
    }
    if answer.failure is not None:
        result["failure"] = stored_failure(answer.failure)
    if (hint := source.get("asked_hint")) is not None:
        result["hint"] = hint
    return result


def _learned(answer: SourceChecked) -> dict[str, Any]:
    """Return what a look that looked has found out about its source."""
    if answer.failure is not None:
        return {}
    learned: dict[str, Any] = {"looked_at": answer.checked_at}
    if answer.recent is not None:
        learned["recent"] = list(answer.recent)
    if answer.feed is not None:
        learned["feed"] = answer.feed.model_dump()
    if answer.feed_hub is not None:
        learned["feed_hub"] = answer.feed_hub.model_dump()
    if answer.rung is not Rung.FEED:
        learned["listed_at"] = answer.checked_at
    if answer.rung is Rung.FULL:
        learned["full_at"] = answer.checked_at
    names = (("title", answer.title), ("channel", answer.channel), ("identity_id", answer.identity_id))
    return learned | {name: value for name, value in names if value is not None}


async def look_now(catalog: Catalog, name: str, *, full: bool = False) -> bool:
    """Make the next look due now. Returns False if there is no such source."""
    now = await catalog.now()
    change: dict[str, Any] = {"due_at": now, "wanted_at": now} | ({"full_next": True} if full else {})
    return (await catalog.sources.update_one({"_id": name}, {"$set": change})).matched_count == 1


async def looks_of(catalog: Catalog, name: str, limit: int) -> list[Look]:
    """Return the latest looks at a source, the newest first."""
    return await catalog.looks.find({"source": name}).sort("look", -1).limit(limit).to_list()
