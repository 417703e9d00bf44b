"""The ledger of each egress and source: the requests of the last hour, and when the next download may start.

A source counts requests by address, not by process; so all scrapers of one egress share a ledger, which outlives them.
Each reserves requests in small blocks. A reserved request counts as made, so that even with scrapers that die the
budget is not exceeded.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, TypeVar

from shared.addresses.sources import KNOWN_SOURCES
from shared.catalog.connection import Catalog
from shared.catalog.documents import Ledger
from shared.errors import AlreadyThere

#: Seconds for which a reserved request may be used. After that it is forfeited, but stays counted.
BLOCK_SECONDS = 60
#: Minutes for which a reservation counts: the hour, the time until it is used, and the current minute.
WINDOW_MINUTES = 62
#: At most this many seconds between two attempts to change a ledger that others change too.
_CONFLICT_SECONDS = 0.02
#: Ledgers of unknown hosts that are read at once.
MAX_OTHERS = 1000

T = TypeVar("T")


class Reserved(NamedTuple):
    """The result of a reservation: the granted requests, and those left of the hour."""

    #: Requests that may be made within the next BLOCK_SECONDS.
    granted: int
    #: Seconds until there may be more; 0 if something was granted.
    seconds: float
    #: Requests of the hour that are not reserved yet.
    left: int = 0


def ledger_id(egress: str, source: str) -> str:
    """Return the id of a ledger."""
    return f"{egress}/{source}"


class Share(NamedTuple):
    """The part of an hour's budget that one submitter may use."""

    key: str
    requests: int


async def reserve(catalog: Catalog, egress: str, source: str, wanted: int, budget: int) -> Reserved:
    """Reserve up to `wanted` requests of an hour's `budget`. Returns what was reserved, perhaps nothing."""

    def take(ledger: Ledger, now: datetime) -> Reserved:
        ledger["budget"] = budget
        return _take(ledger["minutes"], now, wanted, budget)

    return await _changed(catalog, egress, source, take)


async def reserve_share(catalog: Catalog, egress: str, source: str, share: Share, wanted: int) -> Reserved:
    """Reserve up to `wanted` requests of a submitter's share. They must also be reserved from the whole budget."""

    def take(ledger: Ledger, now: datetime) -> Reserved:
        minute = int(now.timestamp()) // 60
        known = ledger.setdefault("shares", [])
        # Submitters without a request in the hour need not be kept.
        known[:] = [each for each in known if each["minutes"] and each["minutes"][-1][0] > minute - WINDOW_MINUTES]
        mine = next((each for each in known if each["key"] == share.key), None)
        if mine is None:
            mine = {"key": share.key, "requests": share.requests, "minutes": []}
            known.append(mine)
        mine["requests"] = share.requests
        return _take(mine["minutes"], now, wanted, share.requests)

    return await _changed(catalog, egress, source, take)


def _take(minutes: list[list[int]], now: datetime, wanted: int, budget: int) -> Reserved:
    minute = int(now.timestamp()) // 60
    minutes[:] = [entry for entry in minutes if entry[0] > minute - WINDOW_MINUTES]
    left = budget - sum(number for _, number in minutes)
    granted = max(0, min(wanted, left))
    if granted == 0:
        oldest = min((entry[0] for entry in minutes), default=minute)
        return Reserved(0, max(1.0, (oldest + WINDOW_MINUTES) * 60 - now.timestamp()))
    if minutes and minutes[-1][0] == minute:
        minutes[-1][1] += granted
    else:
        minutes.append([minute, granted])
    return Reserved(granted, 0, left - granted)


async def take_start(catalog: Catalog, egress: str, source: str, interval_seconds: float) -> float:
    """Reserve the next start of a download, `interval_seconds` after the last one. Returns the seconds until then."""

    def take(ledger: Ledger, now: datetime) -> float:
        start = max(now, ledger["next_start"] or now)
        ledger["next_start"] = start + timedelta(seconds=interval_seconds)
        return (start - now).total_seconds()

    return await _changed(catalog, egress, source, take)


def spent(ledger: Ledger, now: datetime) -> int:
    """Return the requests of the last hour, including those that were reserved and never made."""
    return _counted(ledger["minutes"], now)


def free_at(ledger: Ledger, now: datetime) -> datetime | None:
    """Return when the next request may be made; None: now."""
    return _free_at(ledger["minutes"], ledger["budget"], now) if ledger["budget"] else None


def spent_shares(ledger: Ledger, now: datetime) -> list[tuple[Share, datetime]]:
    """Return the shares that are spent, and until when."""
    found = [(Share(each["key"], each["requests"]), each["minutes"]) for each in ledger.get("shares", ())]
    ends = [(share, _free_at(minutes, share.requests, now)) for share, minutes in found]
    return [(share, end) for share, end in ends if end is not None]


def _counted(minutes: list[list[int]], now: datetime) -> int:
    minute = int(now.timestamp()) // 60
    return sum(number for at, number in minutes if at > minute - WINDOW_MINUTES)


def _free_at(minutes: list[list[int]], budget: int, now: datetime) -> datetime | None:
    if _counted(minutes, now) < budget:
        return None
    minute = int(now.timestamp()) // 60
    oldest = min(at for at, _ in minutes if at > minute - WINDOW_MINUTES)
    return datetime.fromtimestamp((oldest + WINDOW_MINUTES) * 60, UTC)


async def all_ledgers(catalog: Catalog) -> list[Ledger]:
    """Return all ledgers of known sources, then up to MAX_OTHERS of unknown hosts."""
    known = await catalog.ledgers.find({"source": {"$in": KNOWN_SOURCES}}).sort("_id", 1).to_list()
    others = catalog.ledgers.find({"source": {"$nin": KNOWN_SOURCES}}).sort("_id", 1).limit(MAX_OTHERS)
    return known + await others.to_list()


async def _changed(catalog: Catalog, egress: str, source: str, change: Callable[[Ledger, datetime], T]) -> T:
    """Read, change and write a ledger; repeat if another process has written it meanwhile."""
    id_ = ledger_id(egress, source)
    while True:
        found = await catalog.ledgers.find_one_with_time(id_)
        if found is None:
            await _create(catalog, id_, egress, source)
            continue
        ledger, now = found
        result = change(ledger, now)
        if source not in KNOWN_SOURCES:
            ledger["used_at"] = max(now, ledger["next_start"] or now)
        seen = {"_id": id_, "version": ledger["version"]}
        ledger["version"] += 1
        fields: dict[str, Any] = {name: value for name, value in ledger.items() if name != "_id"}
        written = await catalog.ledgers.update_one(seen, {"$set": fields})
        if written.matched_count == 1:
            return result
        await asyncio.sleep(random.uniform(0, _CONFLICT_SECONDS))


async def _create(catalog: Catalog, id_: str, egress: str, source: str) -> None:
    """Create an empty ledger, unless another process does so at the same time."""
    empty: Ledger = {
        "_id": id_,
        "egress": egress,
        "source": source,
        "version": 0,
        "budget": 0,
        "minutes": [],
        "next_start": None,
    }
    with suppress(AlreadyThere):
        await catalog.ledgers.insert_one(empty)
