"""One ledger for each egress and source: shared by all scrapers behind it, and older than any of them."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from services.scraper.sources.limits import Account, SourceLimits, Sources
from shared.catalog.connection import Catalog
from shared.catalog.documents import Ledger
from shared.catalog.operations import ledgers
from shared.errors import CatalogUnavailable, TryLater


async def all_it_can(egress: SourceLimits) -> int:
    """Take requests until none is left. Returns how many there were."""
    taken = 0
    with suppress(TryLater):
        while True:
            await egress.take_request()
            taken += 1
    with pytest.raises(TryLater, match="requests of this hour are spent") as later:
        await egress.take_request()
    assert later.value.seconds > 3000
    return taken


def set_clock(catalog: Catalog, monkeypatch: pytest.MonkeyPatch, clock: Callable[[datetime], datetime]) -> None:
    """Let `clock` decide what time it is when a ledger is read; it is told the server's time."""
    real = catalog.ledgers.find_one_with_time

    async def read(id_: str) -> tuple[Ledger, datetime] | None:
        found = await real(id_)
        return None if found is None else (found[0], clock(found[1]))

    monkeypatch.setattr(catalog.ledgers, "find_one_with_time", read)


async def test_scrapers_of_one_egress_share_its_budget_and_others_have_their_own(catalog: Catalog) -> None:
    office = [Sources(0, 0, 100, Account(catalog, "office")) for _ in range(3)]
    counts = await asyncio.gather(*(all_it_can(sources.of("youtube")) for sources in office))
    assert sum(counts) == 100
    # Elsewhere, and of another source, nothing is spent.
    assert await all_it_can(Sources(0, 0, 7, Account(catalog, "partner")).of("youtube")) == 7
    assert await all_it_can(office[0].of("vimeo.com")) == 100


async def test_a_scraper_that_starts_again_asks_for_no_more_than_is_left(catalog: Catalog) -> None:
    before = SourceLimits("youtube", 0, 100, Account(catalog, "office"))
    for _ in range(51):
        await before.take_request()
    # What it had reserved and not asked stays counted.
    after = await all_it_can(SourceLimits("youtube", 0, 100, Account(catalog, "office")))
    assert 40 <= after <= 49
    with pytest.raises(TryLater):
        await SourceLimits("youtube", 0, 100, Account(catalog, "office")).take_request()


async def test_what_was_asked_an_hour_ago_is_forgotten(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (await ledgers.reserve(catalog, "office", "youtube", 10, 10)).granted == 10
    refused = await ledgers.reserve(catalog, "office", "youtube", 1, 10)
    assert refused.granted == 0
    later = datetime.now(UTC) + timedelta(seconds=refused.seconds + 1)
    set_clock(catalog, monkeypatch, lambda _: later)
    assert (await ledgers.reserve(catalog, "office", "youtube", 20, 10)).granted == 10
    [ledger] = await ledgers.all_ledgers(catalog)
    assert len(ledger["minutes"]) == 1
    assert ledgers.spent(ledger, later) == 10


@pytest.mark.parametrize("step_ms", [None, 0, -1, 700], ids=["real clock", "one moment", "back", "slow machine"])
async def test_starts_of_downloads_are_apart_for_all_of_an_egress(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch, step_ms: int | None
) -> None:
    """Whoever reads the clock first may reserve last: the starts are apart, whatever the waits are."""
    first, last_read, reads = await catalog.now(), {}, itertools.count()

    def clock(now: datetime) -> datetime:
        moment = now if step_ms is None else first + timedelta(milliseconds=step_ms * next(reads))
        last_read[asyncio.current_task()] = moment
        return moment

    async def start() -> datetime:
        wait = await ledgers.take_start(catalog, "office", "youtube", 5)
        return last_read[asyncio.current_task()] + timedelta(seconds=wait)

    set_clock(catalog, monkeypatch, clock)
    starts = sorted(await asyncio.gather(*(start() for _ in range(4))))
    gaps = [(later - earlier).total_seconds() for earlier, later in itertools.pairwise(starts)]
    assert min(gaps) >= 5
    [ledger] = await ledgers.all_ledgers(catalog)
    assert ledger["next_start"] == starts[-1] + timedelta(seconds=5)


async def test_a_database_that_is_away_for_a_moment_costs_no_work(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    egress, failures = SourceLimits("youtube", 0, 100, Account(catalog, "office")), [1, 2]

    def away_at_first(now: datetime) -> datetime:
        if failures:
            failures.pop()
            raise CatalogUnavailable("away")
        return now

    set_clock(catalog, monkeypatch, away_at_first)
    await egress.take_request()
    assert not failures


async def test_without_a_budget_nothing_is_written_down(catalog: Catalog) -> None:
    sources = Sources(0, 0, 0, Account(catalog, "office"))
    assert await sources.describe() == "nothing asked yet"
    for _ in range(1000):
        await sources.of("youtube").take_request()
    await sources.of("youtube").pace()
    assert await sources.describe() == "youtube: no budget"
    assert await ledgers.all_ledgers(catalog) == []
