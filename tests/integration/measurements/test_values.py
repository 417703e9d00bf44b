"""Values for pictures come from the samples of roll-ups, and those of a crawl one by one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from services.probe.handlers import Measurements
from services.probe.rounds import Rounds
from shared.catalog.connection import Catalog
from shared.catalog.measurements.records import Network, Selection, note_measurement
from shared.catalog.measurements.samples import SAMPLE_SIZE, Grouping, Parameter
from shared.catalog.measurements.values import Series, Values, read_series, read_values
from tests.integration.measurements.made_up import NOON, measured

DAY = timedelta(days=1)


async def read(
    catalog: Catalog, parameter: Parameter = Parameter.AVERAGE_RATE, by: Grouping = Grouping.EGRESS, **more: Any
) -> Values:
    limit = more.pop("limit", 10_000)
    selection = Selection(**{"since": NOON - DAY, "until": NOON + DAY, **more})
    return await read_values(catalog, selection, parameter, by, limit)


async def keep(catalog: Catalog, number: int, **more: Any) -> None:
    for n in range(1, number + 1):
        await Measurements(catalog).measured(measured(n, **{"minutes": n / 10, **more}))


async def test_of_few_measurements_all_are_shown_in_the_order_of_time(catalog: Catalog) -> None:
    await keep(catalog, 3)
    await keep(catalog, 2, egress="porto-novo", minutes=90)
    await Rounds(catalog, 36_500, "test").round()
    found = await read(catalog)
    assert (found.total, found.complete, found.groups) == (5, True, ["cotonou", "porto-novo"])
    assert found.value == [100_000, 200_000, 300_000, 100_000, 200_000]
    assert found.group == [0, 0, 0, 1, 1]
    assert found.at == sorted(found.at)
    assert (await read(catalog, egress="porto-novo")).value == [100_000, 200_000]
    # Without those of the hour that lie before the time.
    late = await read(catalog, since=NOON + timedelta(minutes=0.25))
    assert late.value == [300_000, 100_000, 200_000]


async def test_of_many_an_hours_sample_is_shown_and_always_the_same(catalog: Catalog) -> None:
    await keep(catalog, 3 * SAMPLE_SIZE)
    rounds = Rounds(catalog, 36_500, "test")
    await rounds.round()
    found = await read(catalog)
    assert (found.total, found.complete, len(found.value)) == (3 * SAMPLE_SIZE, False, SAMPLE_SIZE)
    assert len(set(found.value)) == SAMPLE_SIZE
    assert set(found.weight) == {3}, "each stands for three downloads"
    await catalog.measured_hours_due.insert_one({"_id": NOON, "n": 1})
    await rounds.round()
    assert await read(catalog) == found
    assert len((await read(catalog, limit=5)).value) == 5


async def test_samples_outlive_the_measurements(catalog: Catalog) -> None:
    await keep(catalog, 4)
    await Rounds(catalog, 36_500, "test").round()
    before = await read(catalog)
    await catalog.measurements.delete_many({})
    assert await read(catalog) == before


async def test_values_are_told_apart_by_what_is_asked(catalog: Catalog) -> None:
    await note_measurement(catalog, measured(1), Network(15169, "GOOGLE"))
    await note_measurement(catalog, measured(2, minutes=1))
    await Rounds(catalog, 36_500, "test").round()
    assert (await read(catalog, by=Grouping.NETWORK)).groups == ["AS15169 GOOGLE", ""]
    assert (await read(catalog, by=Grouping.HOST)).groups == ["cache.example"]
    assert (await read(catalog, by=Grouping.PROVIDER)).groups == ["fibre"]
    assert (await read(catalog, Parameter.FIRST_BYTE)).value == [0.01, 0.02]
    assert (await read(catalog, Parameter.PING)).value == [], "nothing of that was measured"
    assert (await read(catalog, Parameter.PING)).total == 2


async def test_a_crawls_values_are_all_there_at_once(catalog: Catalog) -> None:
    crawl: dict[str, Any] = {"purpose": "probe", "crawl": "evening", "asked_resolver": "system"}
    for n in range(1, 4):
        await note_measurement(catalog, measured(n, minutes=n, task=f"evening/1/video/youtube:{n}", **crawl))
    await note_measurement(catalog, measured(9))
    found = await read(catalog, by=Grouping.CRAWL, crawl="evening")
    assert (found.total, found.complete, found.groups) == (3, True, ["evening"])
    assert found.value == [100_000, 200_000, 300_000]
    latest = await read(catalog, crawl="evening", limit=2)
    assert (latest.complete, latest.value) == (False, [200_000, 300_000])


async def test_series_are_what_was_downloaded_from_where(catalog: Catalog) -> None:
    await keep(catalog, 3)
    await keep(catalog, 2, egress="porto-novo", minutes=90)
    await Rounds(catalog, 36_500, "test").round()
    assert await read_series(catalog, NOON, NOON + DAY) == [
        Series("cotonou", "fibre", "youtube", "archive", 3),
        Series("porto-novo", "fibre", "youtube", "archive", 2),
    ]
    assert await read_series(catalog, NOON + DAY, NOON + 2 * DAY) == []
