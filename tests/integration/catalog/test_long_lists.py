"""Many ids at once: all are read and written, and no query names more than a few."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.catalog.collection import Collection
from shared.catalog.connection import Catalog
from shared.catalog.documents import StoredNotice
from shared.catalog.notifications.notices import begun, ended, forget_notices, mark_raised, note_conditions
from shared.catalog.parts import IDS_AT_ONCE, parts_of
from shared.catalog.sources.identities import forget_stale_same
from shared.catalog.sources.members import note_departures
from shared.catalog.sources.passed_over import note_passed_over, passed_over
from shared.catalog.videos.acceptance import Entry, accept_videos, mark_requested
from shared.catalog.videos.lookup import get_memberships, get_object_fields, get_videos

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LIST = "youtube:PLlong"
NUMBER = 2 * IDS_AT_ONCE + 50
IDS = [f"youtube:long{number:07}" for number in range(NUMBER)]


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many ids each query and write has named."""
    numbers: list[int] = []

    def counting(method: str) -> None:
        real = getattr(Collection, method)

        def count(self: Any, query: Mapping[str, Any] | None = None, *more: Any, **options: Any) -> Any:
            wanted = (query or {}).get("_id")
            if isinstance(wanted, dict) and "$in" in wanted:
                numbers.append(len(wanted["$in"]))
            return real(self, query, *more, **options)

        monkeypatch.setattr(Collection, method, count)

    for method in ("find", "update_many", "delete_many"):
        counting(method)
    return numbers


@pytest.fixture
async def catalog_with_videos(catalog: Catalog) -> Catalog:
    for part in parts_of(IDS):
        entries = [Entry(id_, f"https://www.youtube.com/watch?v={id_[8:]}", "A talk") for id_ in part]
        await accept_videos(catalog, LIST, ("mp3-320",), entries, NOW)
    return catalog


async def test_requests_are_marked(catalog_with_videos: Catalog, named: list[int]) -> None:
    catalog = catalog_with_videos
    await mark_requested(catalog, IDS, NOW)
    assert await catalog.videos.count_documents({"requested_at": NOW}) == NUMBER
    assert named == [IDS_AT_ONCE, IDS_AT_ONCE, 50]


async def test_videos_are_found_by_their_ids(catalog_with_videos: Catalog, named: list[int]) -> None:
    for find in (get_videos, get_memberships, get_object_fields):
        assert set(await find(catalog_with_videos, [*IDS, "youtube:unknown"])) == set(IDS)
        assert await find(catalog_with_videos, []) == {}
    assert max(named) == IDS_AT_ONCE
    assert sum(named) == 3 * (NUMBER + 1)


async def test_what_left_a_list_is_noted(catalog_with_videos: Catalog, named: list[int]) -> None:
    assert set(await note_departures(catalog_with_videos, LIST, set(), NOW)) == set(IDS)
    assert await catalog_with_videos.videos.count_documents({"left.playlist": LIST}) == NUMBER
    assert named == [IDS_AT_ONCE, IDS_AT_ONCE, 50]


async def test_what_was_passed_over_is_known(catalog: Catalog, named: list[int]) -> None:
    await note_passed_over(catalog, "news", IDS)
    assert await passed_over(catalog, "news", [*IDS, "youtube:unknown"]) == set(IDS)
    assert max(named) == IDS_AT_ONCE


async def test_conditions_are_noted_told_and_forgotten(catalog: Catalog, named: list[int]) -> None:
    present: list[StoredNotice] = [
        {
            "_id": f"source-failing/{number}",
            "kind": "source-failing",
            "title": "a",
            "text": "b",
            "source": None,
            "at": NOW,
            "seen_at": NOW,
            "labels": None,
        }
        for number in range(NUMBER)
    ]
    await note_conditions(catalog, present, NOW)
    later = NOW + timedelta(minutes=1)
    await note_conditions(catalog, present, later)
    assert await catalog.notices.count_documents({"seen_at": later}) == NUMBER
    await mark_raised(catalog, present)
    assert await begun(catalog, later) == []
    over = await ended(catalog, later + timedelta(minutes=1), later)
    assert len(over) == NUMBER
    await forget_notices(catalog, over)
    assert await catalog.notices.count_documents({}) == 0
    assert max(named) == IDS_AT_ONCE


async def test_sources_whose_first_one_is_gone_are_looked_at_again(catalog: Catalog, named: list[int]) -> None:
    same: Any = [{"_id": f"source{number}", "same_as": "gone", "identity_id": "x"} for number in range(NUMBER)]
    await catalog.sources.insert_new(same)
    assert await forget_stale_same(catalog) == NUMBER
    assert await catalog.sources.count_documents({"same_as": {"$exists": True}}) == 0
    assert named == [1, IDS_AT_ONCE, IDS_AT_ONCE, 50]


async def test_an_id_that_comes_twice_is_found_once(catalog_with_videos: Catalog) -> None:
    found = [video["_id"] async for video in catalog_with_videos.videos.with_ids([*IDS, *IDS])]
    assert sorted(found) == IDS


def test_parts() -> None:
    assert list(parts_of([])) == []
    assert list(parts_of(IDS)) == [IDS[:IDS_AT_ONCE], IDS[IDS_AT_ONCE : 2 * IDS_AT_ONCE], IDS[2 * IDS_AT_ONCE :]]
