"""The catalog's transitions against a real server: exactly one winner, late results refused."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from shared.catalog.connection import Catalog, connect
from shared.catalog.documents import Audio, LogEntry, MirrorCopy, Video, VideoState
from shared.catalog.playlists.acceptance import accept_playlist
from shared.catalog.reports.progress import attempts_page, progress
from shared.catalog.videos.acceptance import Entry, accept_videos, mark_requested
from shared.catalog.videos.attempt_log import append, log_entry
from shared.catalog.videos.claims import Claim, NotClaimed, claim, release, renew
from shared.catalog.videos.mirroring import mark_copied
from shared.catalog.videos.outcomes import Failed, Stored, abandon, fail, finish, schedule
from shared.contracts import Failure
from shared.errors import FailureClass, Unavailable
from shared.settings import MongoSettings

ID = "youtube:dQw4w9WgXcQ"
NOW = datetime(2026, 5, 1, tzinfo=UTC)
FLAKY = Failure(failure_class=FailureClass.TRANSIENT, reason="timeout", detail="Read timed out.")
AUDIO: Audio = {
    "profile": "mp3-320",
    "bucket": "b",
    "key": "k",
    "sha256": "0" * 64,
    "size_bytes": 400_000,
    "duration_seconds": 10.0,
    "bitrate_kbps": 320,
    "codec": "mp3",
    "source_codec": "opus",
    "source_bitrate_kbps": 128.0,
    "source_format": "251",
    "engine": "yt-dlp",
    "stored_at": NOW,
}


async def accept(catalog: Catalog, *ids: str, playlist: str = "youtube:PL1") -> Any:
    entries = [Entry(id_, f"https://youtu.be/{id_}", None) for id_ in ids or (ID,)]
    return await accept_videos(catalog, playlist, ("mp3-320",), entries, NOW)


async def claimed(catalog: Catalog, seconds: float = 60) -> Claim:
    result = await claim(catalog, ID, "me", seconds)
    assert isinstance(result, Claim), result
    return result


def entry(attempt: Claim) -> LogEntry:
    return log_entry(attempt.video, title="t", failure=FLAKY, now=NOW, seconds=1.5, stages={"download": 1.25})


async def test_accepting_again_requests_only_what_was_never_published(catalog: Catalog) -> None:
    first = await accept(catalog, "youtube:a", "youtube:b", "youtube:a")
    assert (first.new, len(first.to_request)) == (2, 2)
    await mark_requested(catalog, ["youtube:a"], NOW)
    # As after a death between publishing a and b.
    again = await accept(catalog, "youtube:a", "youtube:b", "youtube:c")
    assert (again.new, [entry.video_id for entry in again.to_request]) == (1, ["youtube:b", "youtube:c"])


async def test_a_video_of_two_playlists_is_one_video_that_belongs_to_both(catalog: Catalog) -> None:
    await accept(catalog, playlist="youtube:PL1")
    await mark_requested(catalog, [ID], NOW)
    second = await accept(catalog, playlist="youtube:PL2")
    assert second.to_request == []
    video = await catalog.videos.find_one({"_id": ID})
    assert video is not None
    assert video["playlists"] == ["youtube:PL1", "youtube:PL2"]
    assert (await progress(catalog, "youtube:PL2")).counts["queued"] == 1


async def test_of_many_claims_at_once_one_wins(catalog: Catalog) -> None:
    await accept(catalog)
    results = await asyncio.gather(*(claim(catalog, ID, f"scraper-{n}", 60) for n in range(20)))
    winners = [r for r in results if isinstance(r, Claim)]
    assert len(winners) == 1
    assert {r.why for r in results if isinstance(r, NotClaimed)} == {"running"}


async def test_an_expired_lease_is_taken_over_and_the_late_result_is_refused(catalog: Catalog) -> None:
    await accept(catalog)
    slow = await claimed(catalog, seconds=0)
    quick = await claimed(catalog)
    assert quick.token == slow.token + 1
    assert not await renew(catalog, ID, slow.token, 60)
    assert not await finish(catalog, ID, slow.token, Stored({"title": "late"}, AUDIO), entry(slow))
    assert await fail(catalog, ID, slow.token, Failed(FLAKY), entry(slow)) is None
    assert not await release(catalog, ID, slow.token)
    assert await renew(catalog, ID, quick.token, 60)
    assert await finish(catalog, ID, quick.token, Stored({"title": "in time"}, AUDIO), entry(quick))
    video = await catalog.videos.find_one({"_id": ID})
    assert video is not None
    assert (video["state"], video["title"], video["attempts"]) == (VideoState.STORED, "in time", 1)
    assert "lease" not in video


async def test_a_released_claim_is_not_counted(catalog: Catalog) -> None:
    await accept(catalog)
    first = await claimed(catalog)
    assert await release(catalog, ID, first.token)
    second = await claimed(catalog)
    assert second.video["attempts"] == 0


async def test_the_way_of_a_failure(catalog: Catalog) -> None:
    await accept(catalog)
    attempt = await claimed(catalog)
    failed = await fail(catalog, ID, attempt.token, Failed(FLAKY, "A title"), entry(attempt))
    assert failed is not None
    assert (failed["state"], failed["retry"]["decided"], failed["attempts"], failed["title"]) == (
        "waiting",
        False,
        1,
        "A title",
    )
    undecided = await claim(catalog, ID, "me", 60)
    assert isinstance(undecided, NotClaimed)
    assert undecided.why == "undecided"
    before = await catalog.now()
    assert await schedule(catalog, ID, attempt.token, 3600, 1)
    assert not await schedule(catalog, ID, attempt.token, 1, 2), "it was decided before"
    assert not await abandon(catalog, ID, attempt.token, 1)
    waiting = await claim(catalog, ID, "me", 60)
    assert isinstance(waiting, NotClaimed)
    assert waiting.why == "waiting"
    passed = (await catalog.now() - before).total_seconds()
    assert 3600 - passed <= waiting.seconds <= 3600


async def test_a_due_video_is_claimed_and_keeps_its_history(catalog: Catalog) -> None:
    await accept(catalog)
    for number in (1, 2):
        attempt = await claimed(catalog)
        failed = await fail(catalog, ID, attempt.token, Failed(FLAKY), entry(attempt))
        assert failed is not None
        assert (failed["retry"]["in_a_row"], failed["attempts"]) == (number, number)
        assert await schedule(catalog, ID, attempt.token, 0, number)
    other = FLAKY.model_copy(update={"reason": "connection"})
    attempt = await claimed(catalog)
    failed = await fail(catalog, ID, attempt.token, Failed(other), entry(attempt))
    assert failed is not None
    assert (failed["retry"]["in_a_row"], failed["retry"]["charged"]) == (1, 2)
    assert await abandon(catalog, ID, attempt.token, 3)
    assert isinstance(gone := await claim(catalog, ID, "me", 60), NotClaimed)
    assert gone.why == "abandoned"


async def test_text_from_a_source_is_stored_as_it_is(catalog: Catalog) -> None:
    """A title that looks like a field path or an operator must not be read as one."""
    await accept(catalog)
    attempt = await claimed(catalog)
    stored = Stored({"title": "$$NOW", "description": "$title"}, AUDIO)
    assert await finish(catalog, ID, attempt.token, stored, entry(attempt))
    video = await catalog.videos.find_one({"_id": ID})
    assert video is not None
    assert video["title"] == "$$NOW"
    assert video["metadata"].get("description") == "$title"


async def test_only_the_stored_object_can_be_marked_as_mirrored(catalog: Catalog) -> None:
    await accept(catalog)
    attempt = await claimed(catalog)
    video = await finish(catalog, ID, attempt.token, Stored({"title": "t"}, AUDIO), entry(attempt))
    assert video is not None
    mirror: MirrorCopy = {"container": "c", "blob": "k", "sha256": "1" * 64, "size_bytes": 1, "mirrored_at": NOW}
    copies = {"azure": "c", "s3": "d"}
    assert not await mark_copied(catalog, video, copies, mirror)
    mirror["sha256"] = AUDIO["sha256"]
    replaced: Video = {**video, "audio": {**AUDIO, "stored_at": NOW - timedelta(seconds=1)}}
    assert not await mark_copied(catalog, replaced, copies, mirror), "the copy is of what was stored before"
    assert not await mark_copied(catalog, replaced, copies)
    assert await mark_copied(catalog, video, {"s3": "d"})
    assert (await progress(catalog)).mirrored == 0
    assert await mark_copied(catalog, video, copies, mirror)
    assert (await progress(catalog)).mirrored == 1


async def test_the_log_holds_each_attempt_once(catalog: Catalog) -> None:
    await accept(catalog)
    attempt = await claimed(catalog)
    await append(catalog, entry(attempt))
    await append(catalog, entry(attempt))
    [found] = (await attempts_page(catalog, ID, after=None, limit=10)).items
    assert {"video_id", "url", "title", "status", "timestamp", "retry_attempts", "last_retry", "error"} <= set(found)
    assert (found["status"], found["error"], found["retry_attempts"], found["last_retry"]) == (
        "failed",
        FLAKY.detail,
        0,
        None,
    )


async def test_a_resubmitted_playlist_stays_the_same(catalog: Catalog) -> None:
    first, new = await accept_playlist(catalog, "youtube:PL1", "https://a.b/")
    again, new_again = await accept_playlist(catalog, "youtube:PL1", "https://a.b/")
    assert (new, new_again, again["accepted_at"]) == (True, False, first["accepted_at"])


async def test_a_database_that_is_not_there_is_waited_for_and_then_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.catalog.connection.SELECT_MILLISECONDS", 200)
    with pytest.raises(Unavailable, match=r"MongoDB.*start MongoDB, or correct MONGO_URI"):
        await connect(MongoSettings(uri=SecretStr("mongodb://127.0.0.1:9/")), "tests", 0.5)
