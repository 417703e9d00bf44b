"""No list hides a document that it cannot sort, and the audit names each that has not the shape it must have."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cli.audit.auditor import Auditor
from cli.audit.rules import Limits
from services.api.backend import Backend
from services.api.overview import overview
from services.api.serializers.documents import attempt_out, key_out, playlist_out, video_out
from shared.catalog.access.keys import BY_AGE, key_page, make_key
from shared.catalog.connection import Catalog
from shared.catalog.delivery.overdue import malformed_videos, overdue_playlists, unheard_videos, unrequested_videos
from shared.catalog.documents import Scope
from shared.catalog.operator.reasons import reasons
from shared.catalog.playlists.acceptance import accept_playlist
from shared.catalog.reading.ordered import Position
from shared.catalog.reports.progress import BY_SUBMISSION, BY_TOKEN, attempts_page, playlist_page, progress, running
from shared.catalog.reports.shapes import misshapen
from shared.catalog.search.pages import BY_ACCEPTANCE, VideoFilter, stored_in_order, video_page
from shared.catalog.videos.acceptance import Entry, accept_videos
from shared.storage.s3.objects import ObjectStore

NOW = datetime.now(UTC).replace(microsecond=0)
#: What may be found where a value that can be sorted should be; "absent" takes the field away.
ODD: list[Any] = ["absent", None, "7", True, [NOW], {"at": NOW}]
LIMITS = Limits(grace_seconds=150, max_attempts=8)


async def _spoil(collection: Any, ids: list[str], field: str, odd: list[Any]) -> None:
    """Put each odd value into the field of a document."""
    for id_, value in zip(ids, odd, strict=True):
        change = {"$unset": {field: ""}} if value == "absent" else {"$set": {field: value}}
        assert (await collection.update_one({"_id": id_}, change)).modified_count == 1


async def _accept(catalog: Catalog, number: int) -> list[str]:
    ids = [f"youtube:hidden-{n:04}" for n in range(number)]
    entries = [Entry(id_, f"https://www.youtube.com/watch?v={id_.removeprefix('youtube:')}", "Title") for id_ in ids]
    await accept_playlist(catalog, "youtube:PL1", "https://www.youtube.com/playlist?list=PLhidden00001")
    await accept_videos(catalog, "youtube:PL1", ("mp3-320",), entries, NOW)
    return ids


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
@pytest.mark.parametrize("wanted", [VideoFilter(), VideoFilter(state="queued"), VideoFilter(text="title", channel="A")])
async def test_videos_without_a_number_come_at_the_end(catalog: Catalog, limit: int, wanted: VideoFilter) -> None:
    odd = [*ODD, 0, -3, 2.5, 3, 2**60]
    ids = await _accept(catalog, len(odd) + 4)
    await catalog.videos.update_many({}, {"$set": {"metadata": {"channel": "A"}}})
    await _spoil(catalog.videos, ids[: len(odd)], "accession", odd)
    listed: list[str] = []
    place = None
    while True:
        page = await video_page(catalog, wanted, place, limit)
        listed += [video_out(video).id for video in page.videos]
        place = page.next
        if place is None:
            break
        assert page.videos
    assert sorted(listed) == sorted(ids), "each once"
    assert listed[:4] == list(reversed(ids[-4:]))


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
async def test_a_list_for_players_leaves_out_no_number_it_cannot_sort(catalog: Catalog, limit: int) -> None:
    odd = [*ODD, 0, -3, 2.5, 12]
    ids = await _accept(catalog, len(odd) + 4)
    await catalog.collection("videos").update_many({}, {"$set": {"state": "stored"}})
    await _spoil(catalog.videos, ids[: len(odd)], "accession", odd)
    found = await _walk(lambda after: stored_in_order(catalog, "youtube:PL1", after, limit), BY_ACCEPTANCE.position_of)
    listed = [video["_id"] for video in found]
    assert sorted(listed) == sorted(ids), "each once"
    assert [id_ for id_ in listed if id_ in ids[-4:]] == ids[-4:]


async def test_a_lost_counter_hides_nothing(catalog: Catalog) -> None:
    ids = await _accept(catalog, 3)
    await catalog.counters.drop()
    assert len((await video_page(catalog, VideoFilter(), None, 10)).videos) == len(ids)


async def test_playlists_attempts_and_keys_without_their_moment_come_at_the_end(catalog: Catalog) -> None:
    playlists = [f"youtube:PL{n}" for n in range(len(ODD) + 3)]
    for id_ in playlists:
        await accept_playlist(catalog, id_, "https://www.youtube.com/playlist?list=PLhidden00001")
    await _spoil(catalog.playlists, playlists[: len(ODD)], "submitted_at", ODD)
    entries: list[dict[str, Any]] = [
        {"_id": f"v#{n}", "video_id": "v", "token": n, "timestamp": NOW} for n in range(len(ODD) + 3)
    ]
    await catalog.collection("logs").insert_many(entries)
    await _spoil(catalog.logs, [f"v#{n}" for n in range(len(ODD))], "token", ODD)
    keys = [(await make_key(catalog, "x", Scope.READ, None)).document["_id"] for _ in range(len(ODD) + 3)]
    await _spoil(catalog.keys, keys[: len(ODD)], "created_at", ODD)

    for limit in (1, 2, 100):
        found = await _walk(
            lambda after: playlist_page(catalog, state="accepted", after=after, limit=limit),  # noqa: B023
            BY_SUBMISSION.position_of,
        )
        assert sorted(p["_id"] for p in found) == playlists
        assert {p["_id"] for p in found[:3]} == set(playlists[-3:])
        assert [playlist_out(p).id for p in found] == [p["_id"] for p in found]
        logged = await _walk(lambda after: attempts_page(catalog, "v", after=after, limit=limit), BY_TOKEN.position_of)  # noqa: B023
        assert sorted(entry["_id"] for entry in logged) == sorted(entry["_id"] for entry in entries)
        assert [attempt_out(entry).video_id for entry in logged] == ["v"] * len(entries)
        known = await _walk(lambda after: key_page(catalog, after=after, limit=limit), BY_AGE.position_of)  # noqa: B023
        assert sorted(key_out(key).id for key in known) == sorted(keys)


async def _walk(
    page_after: Callable[[Position | None], Awaitable[Any]], place_of: Callable[[Any], Position]
) -> list[Any]:
    found: list[Any] = []
    after = None
    while True:
        page = await page_after(after)
        found += page.items
        if page.last is None:
            return found
        after = place_of(page.last)


async def test_what_is_counted_and_told_fails_over_nothing(catalog: Catalog, backend: Backend) -> None:
    ids = await _accept(catalog, 2 * len(ODD))
    failure = {"failure_class": "transient", "reason": "timeout", "detail": "x", "retry_at": None}
    retry = {"failure": failure, "due_at": NOW, "decided": True, "first_failed_at": NOW, "last_failed_at": NOW}
    await catalog.collection("videos").update_many({}, {"$set": {"state": "waiting", "retry": retry}})
    await _spoil(catalog.videos, ids[: len(ODD)], "retry.first_failed_at", ODD)
    await _spoil(catalog.videos, ids[len(ODD) :], "retry.failure.failure_class", [*ODD[:-1], 7])
    assert sum(count.open for count in await reasons(catalog)) == len(ids)
    await catalog.videos.update_many({}, {"$set": {"state": "running"}})
    await _spoil(catalog.videos, ids[: len(ODD)], "state_since", ODD)
    assert len(await running(catalog, None, 100)) == len(ids)
    await catalog.videos.update_many({"_id": {"$in": ids[:3]}}, {"$unset": {"state": ""}})
    assert (await progress(catalog)).counts["running"] == len(ids) - 3
    await catalog.collection("videos").update_one(
        {"_id": ids[0]}, {"$set": {"state": "stored", "audio": {"stored_at": "never"}}}
    )

    async def nothing(_: str) -> int:
        return 0

    await overview(catalog, nothing)
    assert video_out(await _video(catalog, ids[0])).id == ids[0]


async def _video(catalog: Catalog, id_: str) -> Any:
    return await catalog.videos.find_one({"_id": id_})


async def test_what_waits_for_no_moment_is_found_by_the_sweeper(catalog: Catalog) -> None:
    odd = ODD[:-2]
    ids = await _accept(catalog, 3 * len(odd))
    failure = {"failure_class": "transient", "reason": "timeout", "detail": "x", "retry_at": None}
    retry = {"failure": failure, "due_at": NOW, "decided": True, "charged": 0, "in_a_row": 1}
    for first, field in ((0, "retry.due_at"), (len(odd), "lease.expires_at"), (2 * len(odd), "retry.decided")):
        some = ids[first : first + len(odd)]
        state = "running" if field.startswith("lease") else "waiting"
        change = {"state": state, "retry": retry, "lease": {"owner": "x", "expires_at": NOW}}
        await catalog.collection("videos").update_many({"_id": {"$in": some}}, {"$set": change})
        await _spoil(catalog.videos, some, field, ["absent", None, "7", 7])
    found = [video["_id"] async for batch in malformed_videos(catalog, NOW) for video in batch]
    assert sorted(found) == ids


async def test_what_is_queued_since_no_moment_is_requested_again(catalog: Catalog) -> None:
    # A list of moments counts as each of them, and grows old.
    odd = [value for value in ODD if value != [NOW]]
    ids = await _accept(catalog, 2 * len(odd))
    long_ago = NOW - timedelta(hours=1)
    await catalog.videos.update_many({"_id": {"$in": ids[: len(odd)]}}, {"$set": {"requested_at": long_ago}})
    for some in (ids[: len(odd)], ids[len(odd) :]):
        await _spoil(catalog.videos, some, "state_since", odd)
    await catalog.playlists.update_one({"_id": "youtube:PL1"}, {"$unset": {"state_since": ""}})
    before = NOW - timedelta(minutes=1)
    unheard = [video["_id"] async for batch in unheard_videos(catalog, before) for video in batch]
    unrequested = [video["_id"] async for batch in unrequested_videos(catalog, before) for video in batch]
    assert (unheard, unrequested) == (ids[: len(odd)], ids[len(odd) :])
    [playlist] = await overdue_playlists(catalog, before, queue_is_empty=True)
    assert playlist["_id"] == "youtube:PL1"


async def test_the_audit_names_what_has_another_shape(catalog: Catalog, store: ObjectStore) -> None:
    ids = await _accept(catalog, 8)
    assert [found async for found in misshapen(catalog)] == []
    await _spoil(catalog.videos, ids[:3], "accession", ["absent", "7", 5])
    await _spoil(catalog.videos, ids[3:5], "playlists", ["absent", "youtube:PL1"])
    await _spoil(catalog.videos, ids[5:7], "state", ["lost", None])
    await catalog.collection("videos").update_one({"_id": ids[7]}, {"$set": {"metadata": {"description": 7}}})
    await _spoil(catalog.playlists, ["youtube:PL1"], "submitted_at", [str(NOW)])
    await make_key(catalog, "x", Scope.READ, None)
    await catalog.collection("keys").update_one({}, {"$unset": {"revoked_at": ""}})
    for name in ("logs", "breakers", "ledgers", "sessions", "parked"):
        expires = {"expires_at": NOW + timedelta(days=1)} if name == "sessions" else {}
        await catalog.collection(name).insert_one({"_id": f"odd-{name}", **expires})
    await catalog.counters.drop()

    found = {each.id: each.detail async for each in misshapen(catalog)}

    key = {id_ for id_, detail in found.items() if "revoked_at" in detail}
    # The third video has the number of the fifth one.
    doubled = {id_ for id_, detail in found.items() if "has the number 5 too" in detail}
    assert len(doubled) == 1
    odd = {f"odd-{name}" for name in ("logs", "breakers", "ledgers", "sessions", "parked")}
    assert set(found) == {*ids[:2], *ids[3:], *doubled, *key, *odd, "youtube:PL1", "accession"}
    assert len(key) == 1
    assert "accession" in found[ids[0]]
    assert "submitted_at" in found["youtube:PL1"]
    assert "metadata.description" in found[ids[7]]

    async def nothing(_: str) -> int:
        return 0

    report = await Auditor(catalog, store, (), nothing, LIMITS).run()
    named = {violation.subject for violation in report.violations if violation.rule == "wrong-shape"}
    assert {ids[0], ids[3], ids[6], "playlists youtube:PL1", "logs odd-logs"} <= named
    assert all("fonoteca migrate" in v.detail for v in report.violations if v.rule == "wrong-shape")
    assert sum(report.states.values()) == len(ids)
