"""Several profiles and what lies beside the sound: from one download into both stores, and out of both again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cli.audit.auditor import Auditor
from cli.audit.repairing import Repairer
from cli.audit.rules import Limits, Repair
from dev.stack import Stack
from services.scraper.attempt.failed import AttemptFailed
from services.scraper.attempt.pipeline import Fetcher
from services.scraper.attempt.slots import Slots, Stopwatch
from services.scraper.builders import Machine, new_access, new_fetcher
from services.scraper.engines.values import BESIDE, SourceRules
from services.scraper.media.encoding import Encoder
from services.scraper.media.ffmpeg import Ffmpeg, find_ffmpeg
from services.scraper.sources.admission import Admission
from services.scraper.workers.pool import Workers
from services.scraper.workspace.work_folder import WorkFolder
from services.sync.mirror import Mirror
from services.sync.purge import purge
from shared.catalog.connection import Catalog
from shared.catalog.documents import Video
from shared.catalog.operator.decisions import delete_video
from shared.catalog.videos.acceptance import Entry, accept_videos, mark_requested
from shared.catalog.videos.attempt_log import append, log_entry
from shared.catalog.videos.claims import Claim, claim
from shared.catalog.videos.outcomes import finish
from shared.catalog.videos.requeue import RequeueReason, requeue_video
from shared.catalog.videos.stored_objects import stored_objects
from shared.errors import TryLater
from shared.messaging.publisher import Publisher
from shared.settings import AzureSettings
from shared.storage.azure.blobs import BlobMirror
from shared.storage.s3.objects import ObjectStore
from tests.scraper_parts import without_pauses
from tests.site import requests_of

pytestmark = pytest.mark.usefixtures("through_the_site")
ID = "besidevid01"
VIDEO: dict[str, Any] = {
    "id": ID,
    "title": "Conte ɖokpo",
    "seconds": 30,
    "language": "fon",
    "description": "0:00 Début\n0:10 Milieu\n0:20 Fin",
    "subtitles": ["fr"],
    "captions": "fon",
}
EVERYTHING = SourceRules(0, ("youtube.*",), beside=BESIDE, cover=True)
PROFILES = ("mp3-320", "original", "wav-16k-mono")
FOLDER = f"audio/youtube/be/{ID}/"


@dataclass
class Rig:
    """What stores and mirrors one video."""

    catalog: Catalog
    store: ObjectStore
    blobs: BlobMirror
    fetchers: Callable[[SourceRules], Fetcher]
    publisher: Publisher
    admission: Admission

    async def fetched(self, rules: SourceRules = EVERYTHING, profiles: tuple[str, ...] = PROFILES) -> Video:
        """Accept, claim, fetch and finish, as the handlers do."""
        entry = Entry(f"youtube:{ID}", f"https://www.youtube.com/watch?v={ID}", None)
        await accept_videos(self.catalog, "youtube:PL1", profiles, [entry], datetime.now(UTC))
        await mark_requested(self.catalog, [entry.video_id], datetime.now(UTC))
        claimed = await claim(self.catalog, entry.video_id, "me", 60)
        assert isinstance(claimed, Claim)
        stored = await self.fetchers(rules).fetch(claimed.video, Stopwatch())
        log = log_entry(claimed.video, title=None, failure=None, now=datetime.now(UTC), seconds=1, stages={})
        video = await finish(self.catalog, entry.video_id, claimed.token, stored, log)
        assert video is not None
        await append(self.catalog, log)
        return video

    async def in_store(self) -> set[str]:
        """Names of the files in the store."""
        return {key.removeprefix(FOLDER) async for keys in self.store.keys("audio/", 100) for key in keys}

    async def in_mirror(self) -> set[str]:
        """The same in the mirror."""
        return {key.removeprefix(FOLDER) async for keys in self.blobs.names("audio/", 100) for key in keys}

    def auditor(self) -> Auditor:
        """Looks at everything, and reads it all."""

        async def nothing_waits(_: str) -> int:
            return 0

        return Auditor(self.catalog, self.store, [self.blobs], nothing_waits, Limits(3600, 8), scrub=True)


@pytest.fixture
async def rig(
    catalog: Catalog, publisher: Publisher, store: ObjectStore, azure: AzureSettings, tmp_path: Path
) -> AsyncIterator[Rig]:
    """With workers that have the real yt-dlp, and both stores."""
    async with AsyncExitStack() as stack:
        blobs = BlobMirror(azure)
        stack.push_async_callback(blobs.close)
        await blobs.ensure_container(10)
        workers = Workers(slots=1, tasks_per_worker=50)
        stack.push_async_callback(workers.close)
        work_folder = WorkFolder(tmp_path, 0)
        stack.push_async_callback(work_folder.close)
        machine, settings = Machine(work_folder, workers, Ffmpeg(find_ffmpeg())), without_pauses()
        access = await new_access(catalog, machine, EVERYTHING, settings)
        stack.push_async_callback(access.permits.close)

        def fetcher(rules: SourceRules) -> Fetcher:
            return new_fetcher(store, machine, access, rules, settings, Slots("download", 1))

        yield Rig(catalog, store, blobs, fetcher, publisher, access.admission)


ALL_FILES = {
    "mp3-320.mp3",
    "original.opus",
    "wav-16k-mono.wav",
    "info.json",
    "thumbnail.jpg",
    "chapters.json",
    "subtitles.fr.vtt",
    "subtitles.fon.automatic.vtt",
}


async def test_all_that_is_wanted_comes_from_one_download(
    rig: Rig, add_playlist: Callable[..., str], servers: Stack
) -> None:
    add_playlist("PLbesidevid01", [VIDEO])
    before = requests_of(servers, "media", ID)
    video = await rig.fetched()
    assert await rig.in_store() == ALL_FILES
    assert requests_of(servers, "media", ID) == before + 1
    assert [sound["profile"] for sound in (video["audio"], *video["further"])] == list(PROFILES)
    assert {sound["source_codec"] for sound in video["further"]} == {"opus"}
    spoken = [(b["language"], b["automatic"]) for b in video["beside"] if b["kind"] == "subtitles"]
    assert sorted(spoken) == [("fon", True), ("fr", False)]
    contents = {}
    for found in stored_objects(video):
        with await asyncio.to_thread(rig.store.reading, found.key) as reading:
            contents[found.key.removeprefix(FOLDER)] = await asyncio.to_thread(reading.stream.read)
            assert reading.metadata["sha256"] == found.sha256
    assert json.loads(contents["info.json"])["title"] == VIDEO["title"]
    assert b"googlevideo" not in contents["info.json"], "addresses made for us are left out"
    assert [chapter["title"] for chapter in json.loads(contents["chapters.json"])] == ["Début", "Milieu", "Fin"]
    assert contents["subtitles.fr.vtt"].startswith(b"WEBVTT")
    assert b"APIC" in contents["mp3-320.mp3"][:100_000], "the cover is in the file"


async def test_both_stores_hold_it_all_and_lose_it_all(rig: Rig, add_playlist: Callable[..., str]) -> None:
    add_playlist("PLbesidevid01", [VIDEO])
    video = await rig.fetched()
    assert (await rig.auditor().run()).mirror_pending == 1
    await Mirror(rig.catalog, rig.store, [rig.blobs], rig.publisher).mirror(video["_id"])
    assert await rig.in_mirror() == ALL_FILES
    report = await rig.auditor().run()
    assert report.violations == []
    assert (report.mirror_pending, report.objects, report.blobs) == (0, len(ALL_FILES), len(ALL_FILES))
    assert await delete_video(rig.catalog, video) is not None
    await rig.store.put_file(f"{FOLDER}flac.flac", Path(__file__), "audio/flac", {})
    assert await purge(rig.catalog, rig.store, [rig.blobs], -1) == 1
    assert await rig.in_store() == await rig.in_mirror() == set(), "also what an attempt left that never told"


@pytest.mark.parametrize("lost", ["original.opus", "subtitles.fr.vtt"])
async def test_the_audit_finds_a_lost_object_and_restores_it(
    rig: Rig, add_playlist: Callable[..., str], lost: str
) -> None:
    add_playlist("PLbesidevid01", [VIDEO])
    video = await rig.fetched()
    await Mirror(rig.catalog, rig.store, [rig.blobs], rig.publisher).mirror(video["_id"])
    repairer = Repairer(rig.catalog, rig.store, [rig.blobs], rig.publisher)
    for delete, repair in ((rig.store.delete, Repair.RESTORE), (rig.blobs.delete, Repair.COPY)):
        await delete(FOLDER + lost)
        (violation,) = (await rig.auditor().run()).violations
        assert (violation.repair, lost in violation.detail) == (repair, True)
        assert await repairer.repair(violation)
        assert (await rig.auditor().run()).violations == []


@pytest.mark.parametrize("status", [404, 429])
async def test_captions_that_cannot_be_had_are_left_out(
    rig: Rig, add_playlist: Callable[..., str], status: int, servers: Stack
) -> None:
    """The sound is there and is kept; but who is told to slow down asks no more, and rests."""
    add_playlist("PLbesidevid01", [{**VIDEO, "captions_status": status, "retry_after": 77, "cover": False}])
    before = requests_of(servers, "captions", ID)
    video = await rig.fetched(profiles=("mp3-320",))
    assert {beside["kind"] for beside in video["beside"]} == {"info", "chapters"}
    assert await rig.in_store() == {"mp3-320.mp3", "info.json", "chapters.json"}
    assert requests_of(servers, "captions", ID) == before + (2 if status == 404 else 1)
    assert rig.admission.state_of("youtube") == ("open" if status == 429 else "closed")


async def test_a_picture_that_is_broken_is_no_reason_to_lose_the_sound(
    rig: Rig, add_playlist: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    add_playlist("PLbesidevid01", [VIDEO])

    async def broken(*_: object) -> bool:
        return False

    whole = await rig.fetched(profiles=("mp3-320",))
    assert whole["audio"]["duration_seconds"] == pytest.approx(30, abs=0.1)
    monkeypatch.setattr(Encoder, "is_intact_picture", broken)
    assert await requeue_video(rig.catalog, whole, RequeueReason.CONTENT_LOST) is not None
    without = await rig.fetched(profiles=("mp3-320",))
    assert without["audio"]["size_bytes"] < whole["audio"]["size_bytes"]


async def test_what_an_earlier_attempt_left_is_removed(rig: Rig, add_playlist: Callable[..., str]) -> None:
    add_playlist("PLbesidevid01", [VIDEO])
    first = await rig.fetched(profiles=("mp3-320",))
    await Mirror(rig.catalog, rig.store, [rig.blobs], rig.publisher).mirror(first["_id"])
    assert await requeue_video(rig.catalog, first, RequeueReason.CONTENT_LOST) is not None
    second = await rig.fetched(SourceRules(0, ("youtube.*",)), ("mp3-320",))
    await rig.fetchers(EVERYTHING).tidy(second)
    await Mirror(rig.catalog, rig.store, [rig.blobs], rig.publisher).mirror(first["_id"])
    assert await rig.in_store() == await rig.in_mirror() == {"mp3-320.mp3"}
    assert (await rig.auditor().run()).violations == []


async def test_a_deletion_while_copies_are_made_leaves_none(
    rig: Rig, add_playlist: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A person deletes the video when the first of its objects is being copied; the others are gone by then."""
    add_playlist("PLbesidevid01", [VIDEO])
    video = await rig.fetched()
    mirror = Mirror(rig.catalog, rig.store, [rig.blobs], rig.publisher)
    put = rig.blobs.put

    async def deleted_meanwhile(*arguments: Any) -> Any:
        monkeypatch.setattr(rig.blobs, "put", put)
        assert await delete_video(rig.catalog, video) is not None
        await purge(rig.catalog, rig.store, [rig.blobs], -1)
        return await put(*arguments)

    monkeypatch.setattr(rig.blobs, "put", deleted_meanwhile)
    with pytest.raises(TryLater):
        await mirror.mirror(video["_id"])
    assert await rig.in_mirror() != set()
    await mirror.mirror(video["_id"])
    await purge(rig.catalog, rig.store, [rig.blobs], -1)
    assert await rig.in_mirror() == set()


async def test_an_encoding_that_hangs_ends_with_its_time(
    rig: Rig, add_playlist: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    add_playlist("PLbesidevid01", [VIDEO])

    async def hangs(*_: object) -> None:
        await asyncio.Event().wait()

    fetcher = rig.fetchers(SourceRules(0, ("youtube.*",)))
    monkeypatch.setattr(Encoder, "encode", hangs)
    monkeypatch.setattr(fetcher._encode, "_seconds", 5)
    monkeypatch.setattr(rig, "fetchers", lambda _: fetcher)
    with pytest.raises(AttemptFailed) as told:
        await rig.fetched()
    assert told.value.failure.reason == "took-too-long"


async def test_without_a_wish_there_is_nothing_beside(
    rig: Rig, add_playlist: Callable[..., str], servers: Stack
) -> None:
    add_playlist("PLbesidevid01", [VIDEO])
    asked = requests_of(servers, "captions", ID) + requests_of(servers, "thumbnail", ID)
    await rig.fetched(SourceRules(0, ("youtube.*",)), ("mp3-320",))
    assert await rig.in_store() == {"mp3-320.mp3"}
    assert requests_of(servers, "captions", ID) + requests_of(servers, "thumbnail", ID) == asked
