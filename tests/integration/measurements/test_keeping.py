"""Measurements are kept once, rolled up by the hour, and deleted only after that."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from services.probe.handlers import Measurements
from services.probe.rounds import Rounds
from shared import metrics
from shared.catalog.connection import Catalog
from shared.catalog.measurements.hours import hours_page
from shared.catalog.measurements.records import Selection, each_measurement, measurements_page
from shared.catalog.measurements.usual import rates
from tests.integration.measurements.made_up import NOON, measured


def slowest() -> float:
    [metric] = metrics.SLOWEST_SHARE.collect()
    return metric.samples[0].value


async def all_of(catalog: Catalog, **selection: Any) -> list[str]:
    return [found["video_id"][-3:] async for found in each_measurement(catalog, Selection(**selection))]


async def test_a_measurement_that_comes_twice_is_kept_once(catalog: Catalog) -> None:
    keeping = Measurements(catalog)
    first, other = measured(1, measured_at=NOON + timedelta(microseconds=123_456)), measured(2, token=2)
    for message in (first, other, first):
        await keeping.measured(message)
    assert sorted(await all_of(catalog)) == ["001", "002"]
    await Rounds(catalog, 36_500, "test").round()
    assert [hour["downloads"] for hour in (await hours_page(catalog, {}, 10)).items] == [2]


async def test_an_hour_is_rolled_up_by_egress_and_again_when_more_comes(catalog: Catalog) -> None:
    keeping, rounds = Measurements(catalog), Rounds(catalog, 36_500, "test")
    for number in range(1, 11):
        await keeping.measured(measured(number, minutes=number))
    await keeping.measured(measured(11, minutes=11, result="failed", transfer=None, playback=None, reason="removed"))
    await keeping.measured(measured(12, minutes=12, egress="porto-novo"))
    await keeping.measured(measured(13, minutes=60))
    await rounds.round()
    found = {(h["hour"], h["of"]["egress"]): h for h in (await hours_page(catalog, {}, 10)).items}
    assert set(found) == {
        (NOON, "cotonou"),
        (NOON, "porto-novo"),
        (NOON + timedelta(hours=1), "cotonou"),
    }
    hour = found[NOON, "cotonou"]
    sums = {"downloads": 11, "failed": 1, "bytes": 10_000, "interruptions": 10, "stalls": 20}
    assert {name: hour[name] for name in sums} == sums  # type: ignore[literal-required]  # its names
    assert (hour["seconds"], hour["waited_seconds"], hour["transfer_seconds"]) == (20.0, 5.0, 15.0)
    low, middle, high = hour["average_rate"]
    assert low == pytest.approx(100_000, rel=0.15)
    assert middle == pytest.approx(500_000, rel=0.15)
    assert high == pytest.approx(900_000, rel=0.15)
    assert hour["startup_seconds"] == [None, None, None]
    # One that comes late, and a round after it.
    await keeping.measured(measured(14, minutes=13))
    await rounds.round()
    again = (await hours_page(catalog, {"of.egress": "cotonou", "hour": NOON}, 10)).items
    assert [each["downloads"] for each in again] == [12]
    assert await catalog.measured_hours_due.find().to_list() == []


async def test_old_measurements_are_deleted_and_their_hours_stay(catalog: Catalog) -> None:
    keeping, now = Measurements(catalog), await catalog.now()
    old, new = now - timedelta(days=40), now - timedelta(days=2)
    await keeping.measured(measured(1, measured_at=old))
    await keeping.measured(measured(2, measured_at=new))
    await Rounds(catalog, 30, "test").round()
    assert await all_of(catalog) == ["002"]
    assert [hour["downloads"] for hour in (await hours_page(catalog, {}, 10)).items] == [1, 1]
    # A round later, nothing more is gone, and the old hour is as it was.
    await Rounds(catalog, 30, "test").round()
    assert await all_of(catalog) == ["002"]
    assert [hour["bytes"] for hour in (await hours_page(catalog, {}, 10)).items] == [1000, 1000]


async def test_a_measurement_that_comes_after_the_deletion_does_not_shrink_its_hour(catalog: Catalog) -> None:
    keeping, rounds = Measurements(catalog), Rounds(catalog, 30, "test")
    old = await catalog.now() - timedelta(days=40)
    for number in (1, 2, 3):
        await keeping.measured(measured(number, measured_at=old))
    await rounds.round()
    # One comes again, from a parking queue; another comes for the first time, of an hour that nothing is known of.
    await keeping.measured(measured(2, measured_at=old))
    await keeping.measured(measured(4, measured_at=old - timedelta(hours=5)))
    await rounds.round()
    assert [hour["downloads"] for hour in (await hours_page(catalog, {}, 10)).items] == [1, 3]
    assert await all_of(catalog) == []


async def test_another_replica_rolls_up_nothing_meanwhile(catalog: Catalog) -> None:
    await Rounds(catalog, 30, "first").round()
    await Measurements(catalog).measured(measured(1))
    await Rounds(catalog, 30, "second").round()
    assert (await hours_page(catalog, {}, 10)).items == []
    await Rounds(catalog, 36_500, "first").round()
    assert len((await hours_page(catalog, {}, 10)).items) == 1


async def test_the_slowest_egress_is_told(catalog: Catalog) -> None:
    keeping, rounds, now = Measurements(catalog), Rounds(catalog, 36_500, "test"), await catalog.now()
    await rounds.round()
    assert slowest() == 1
    for back in range(4, 29):
        await keeping.measured(measured(100 + back, measured_at=now - timedelta(hours=back), number_rate=10))
    for number in range(10):
        await keeping.measured(measured(200 + number, measured_at=now - timedelta(seconds=number), number_rate=4))
    await rounds.round()
    [found] = await rates(catalog)
    assert (found.egress, found.source, found.downloads) == ("cotonou", "youtube", 10)
    assert found.share == pytest.approx(0.4)
    assert slowest() == pytest.approx(0.4)


async def test_they_are_selected_by_time_and_place_in_pages_without_gaps(catalog: Catalog) -> None:
    keeping = Measurements(catalog)
    for number in range(1, 8):
        # Some at the same moment.
        await keeping.measured(measured(number, minutes=number // 2, egress=("cotonou", "porto-novo")[number % 2]))
    assert sorted(await all_of(catalog, egress="porto-novo")) == ["001", "003", "005", "007"]
    between = {"since": NOON + timedelta(minutes=1), "until": NOON + timedelta(minutes=2)}
    assert sorted(await all_of(catalog, **between)) == ["002", "003"]
    assert await all_of(catalog, video_id="youtube:measured004") == ["004"]
    read: list[str] = []
    after: tuple[datetime, str] | None = None
    while True:
        page = await measurements_page(catalog, Selection(), 2, after)
        read += [found["id"] for found in page.items]
        if page.last is None:
            break
        after = page.last["at"], page.last["id"]
    assert len(read) == len(set(read)) == 7
