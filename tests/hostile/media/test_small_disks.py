"""Long videos in many profiles on a small disk: room is promised before it is taken, and the work of others goes on."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from dev.stack import Stack
from services.scraper.attempt import video_space
from services.scraper.sources.breaker import State
from services.scraper.workspace import reservations as disk_space
from services.scraper.workspace.reservations import LargerThanDisk, Reservations
from services.scraper.workspace.space_needed import Need, SourceAudio, needed
from services.scraper.workspace.work_folder import WorkFolder
from shared.catalog.connection import Catalog
from shared.catalog.documents import Video
from shared.contracts import VideoRequested
from shared.errors import FailureClass, TryLater
from shared.messaging.publisher import Publisher
from shared.storage.s3.objects import ObjectStore
from tests.hostile.scraping import Parts, Scraping, scraping
from tests.integration.conftest import (  # noqa: F401 fixtures
    add_playlist,
    broker,
    publisher,
    s3,
    store,
    through_the_site,
)
from tests.site import requests_of

MB = 10**6
AddPlaylist = Callable[..., str]
#: Eight profiles that lose nothing: some 1.3 MB a second of stereo at 48 kHz and more.
LOSSLESS = (
    *("wav", "flac", "wav-48k-stereo", "flac-48k-stereo", "wav-96k-stereo", "flac-96k-stereo"),
    *("wav-44.1k-stereo", "flac-44.1k-stereo"),
)
#: Seconds of a long video: its files take some 40 to 60 MB.
LONG = 50


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """Small disks: disk(megabytes)."""
    if os.geteuid() != 0:
        pytest.skip("a small disk needs root")
    mounted: list[Path] = []

    def call(megabytes: int) -> Path:
        place = tmp_path / f"disk{len(mounted)}"
        place.mkdir()
        options = ["-t", "tmpfs", "-o", f"size={megabytes}m", "fonoteca-small", str(place)]
        if subprocess.run(["mount", *options], capture_output=True, check=False).returncode != 0:
            pytest.skip("no disk can be mounted here")
        mounted.append(place)
        return place

    yield call
    for place in mounted:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.fixture
def parts(
    catalog: Catalog,
    publisher: Publisher,  # noqa: F811
    store: ObjectStore,  # noqa: F811
    through_the_site: None,  # noqa: F811
) -> Parts:
    return catalog, publisher, store


def work_at(folder: Path, free: int = 0) -> WorkFolder:
    return WorkFolder(folder, free)


async def handled(work: Coroutine[Any, Any, None], tries: list[str], name: str) -> None:
    """Do work as the consumer does, without its delays: what goes back comes again."""
    try:
        await work
    except TryLater as error:
        tries.append(f"{name}: {error.reason}")
        raise


async def until_done(rig: Scraping, requests: list[VideoRequested], tries: list[str]) -> None:
    """Handle requests side by side until none of them comes again."""

    async def one(request: VideoRequested) -> None:
        while True:
            try:
                await handled(rig.video_requested(request), tries, request.video_id)
            except TryLater:
                await asyncio.sleep(0.2)
                continue
            return

    await asyncio.gather(*(one(request) for request in requests))


async def test_what_fits_on_no_disk_of_this_size_is_not_downloaded(
    parts: Parts,
    disk: Callable[[int], Path],
    add_playlist: AddPlaylist,  # noqa: F811
    servers: Stack,
) -> None:
    """Said at once, with figures, whether its listing told its length or not; and small ones are stored meanwhile."""
    add_playlist("PLsmalldisk01", [{"id": f"smalllong0{n}", "title": "Long", "seconds": LONG} for n in range(2)])
    add_playlist("PLsmalldisk02", [{"id": f"smallshort{n}", "title": "Short", "seconds": 5} for n in range(3)])
    async with scraping(parts, disk(20), slots=2, free_bytes=1 * MB) as rig:
        requests = [await rig.accept("smalllong00", *LOSSLESS), await rig.accept("smalllong01", *LOSSLESS)]
        requests += [await rig.accept(f"smallshort{n}", "flac", "mp3-320") for n in range(3)]
        tries: list[str] = []
        await until_done(rig, requests, tries)
        for n in range(2):
            failure = (await rig.video(f"smalllong0{n}"))["retry"]["failure"]
            assert (failure["failure_class"], failure["reason"]) == ("tool", "larger-than-disk")
            assert "MB" in failure["detail"]
            assert requests_of(servers, "media", f"smalllong0{n}") == 0
        assert [(await rig.video(f"smallshort{n}"))["state"] for n in range(3)] == ["stored"] * 3
        assert rig.admission.storage.state is State.CLOSED
        assert rig.work_folder.capacity_bytes() > 15 * MB, "nothing is left behind"


async def test_two_long_videos_side_by_side_take_turns(
    parts: Parts,
    disk: Callable[[int], Path],
    add_playlist: AddPlaylist,  # noqa: F811
    servers: Stack,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each fits alone, both together do not. Nobody is sent back for it, and a small one goes on beside them."""
    monkeypatch.setattr(disk_space, "POLL_SECONDS", 0.1)
    monkeypatch.setattr(disk_space, "FIRST_SECONDS", 3000.0)
    videos = [{"id": f"sidebyside{n}", "title": "Long", "seconds": 20} for n in range(2)]
    add_playlist("PLsmalldisk03", [*videos, {"id": "sidebyside9", "title": "Short", "seconds": 4}])
    async with scraping(parts, disk(48), slots=3, free_bytes=1 * MB) as rig:
        long = [await rig.accept(f"sidebyside{n}", *LOSSLESS) for n in range(2)]
        tries: list[str] = []
        await until_done(rig, [*long, await rig.accept("sidebyside9", "mp3-64")], tries)
        states = [(await rig.video(f"sidebyside{n}"))["state"] for n in (0, 1, 9)]
        assert states == ["stored"] * 3
        assert rig.admission.storage.state is State.CLOSED
        assert len(tries) <= 2, "it is not handed back again and again"
        for n in range(2):
            video = await rig.video(f"sidebyside{n}")
            assert (video["attempts"], video.get("retry")) == (1, None)
            assert requests_of(servers, "media", f"sidebyside{n}") > 0


async def test_a_disk_that_others_fill_still_pauses_the_intake(
    parts: Parts,
    disk: Callable[[int], Path],
    add_playlist: AddPlaylist,  # noqa: F811
) -> None:
    add_playlist("PLsmalldisk04", [{"id": "fulldisk001", "title": "x", "seconds": 5}])
    folder = disk(10)
    (folder / "somebody-elses").write_bytes(bytes(8 * MB))
    async with scraping(parts, folder, free_bytes=5 * MB) as rig:
        request = await rig.accept("fulldisk001")
        with pytest.raises(TryLater, match="storage rests: disk-full"):
            await rig.video_requested(request)
        assert rig.admission.storage.state is State.OPEN
        assert (await rig.video("fulldisk001"))["attempts"] == 0


@pytest.mark.parametrize("tells", ["nothing", "too little"])
async def test_a_video_that_takes_more_than_anybody_said_is_set_aside_alone(
    parts: Parts,
    disk: Callable[[int], Path],
    add_playlist: AddPlaylist,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    tells: str,
) -> None:
    """The bounds are wrong, and the disk is full in the middle of the encoding, beside nobody else."""

    def wrong(*_: object) -> Need | None:
        return None if tells == "nothing" else Need(1, 2)

    monkeypatch.setattr(video_space, "needed", wrong)
    monkeypatch.setattr("services.scraper.engines.ytdlp.downloading.needed", wrong)
    add_playlist("PLsmalldisk05", [{"id": "liesaboutit", "title": "x", "seconds": 30}])
    async with scraping(parts, disk(12), free_bytes=1 * MB) as rig:
        request = await rig.accept("liesaboutit", *LOSSLESS)
        await rig.video_requested(request)
        assert (await rig.video("liesaboutit"))["retry"]["failure"]["reason"] == "larger-than-disk"
        assert rig.admission.storage.state is State.CLOSED


async def test_two_that_take_more_than_anybody_said_have_the_disk_one_after_the_other(
    parts: Parts,
    disk: Callable[[int], Path],
    add_playlist: AddPlaylist,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Side by side they fill it. They are not taken for too large, and the admission does not pause for them."""
    monkeypatch.setattr(video_space, "needed", lambda *_: Need(1, 2))
    monkeypatch.setattr("services.scraper.engines.ytdlp.downloading.needed", lambda *_: Need(1, 2))
    monkeypatch.setattr(disk_space, "POLL_SECONDS", 0.1)
    monkeypatch.setattr(disk_space, "FIRST_SECONDS", 3000.0)
    add_playlist("PLsmalldisk07", [{"id": f"moretogeth{n}", "title": "x", "seconds": 12} for n in range(2)])
    async with scraping(parts, disk(21), slots=2, free_bytes=1 * MB) as rig:
        requests = [await rig.accept(f"moretogeth{n}", *LOSSLESS) for n in range(2)]
        tries: list[str] = []
        await until_done(rig, requests, tries)
        for n in range(2):
            video = await rig.video(f"moretogeth{n}")
            assert (video["state"], video["attempts"]) == ("stored", 1)
        assert len(tries) <= 2, tries
        assert rig.admission.storage.state is State.CLOSED


@pytest.fixture
async def small(disk: Callable[[int], Path]) -> AsyncIterator[WorkFolder]:
    found = work_at(disk(20))
    yield found
    await found.close()


async def test_the_same_bytes_are_not_promised_twice(small: WorkFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk_space, "WAIT_SECONDS", 0.0)
    monkeypatch.setattr(disk_space, "FIRST_SECONDS", 0.0)
    reservations = Reservations(small)
    async with small.fresh() as one, small.fresh() as two, small.fresh() as three:
        async with reservations.reserved("a", one, Need(12 * MB, 12 * MB)):
            with pytest.raises(TryLater, match="other work holds"):
                async with reservations.reserved("b", two, Need(12 * MB, 12 * MB)):
                    pass
            async with reservations.reserved("c", three, Need(4 * MB, 4 * MB)):
                # What is taken of a promise counts once, not twice.
                (one / "source").write_bytes(bytes(11 * MB))
                await reservations.update("c", Need(7 * MB, 7 * MB))
                with pytest.raises(TryLater):
                    await reservations.update("c", Need(9 * MB, 9 * MB))
        (one / "source").unlink()
        async with reservations.reserved("b", two, Need(12 * MB, 12 * MB)):
            pass


async def test_another_scraper_on_the_same_disk_is_seen(small: WorkFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is waited for, since its files are gone one day: the disk is not too small for good."""
    monkeypatch.setattr(disk_space, "POLL_SECONDS", 0.01)
    other = work_at(small.path.parent)
    reservations, began = Reservations(small), asyncio.Event()

    async def begin() -> None:
        async with small.fresh() as folder, reservations.reserved("b", folder, Need(12 * MB, 12 * MB)):
            began.set()

    async with other.fresh() as theirs:
        (theirs / "source").write_bytes(bytes(11 * MB))
        assert not small.too_full()
        task = asyncio.create_task(begin())
        for _ in range(20):
            await asyncio.sleep(0.01)
        assert not began.is_set()
    await task
    assert began.is_set()
    async with small.fresh() as folder:
        with pytest.raises(LargerThanDisk, match="at least 30 MB"):
            async with reservations.reserved("b", folder, Need(30 * MB, 40 * MB)):
                pass
    await other.close()


async def test_the_first_in_line_is_not_passed_for_ever(small: WorkFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small ones go before it for a while; then nothing begins until it has."""
    monkeypatch.setattr(disk_space, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(disk_space, "WAIT_SECONDS", 0.0)
    reservations, order = Reservations(small), []

    async def large() -> None:
        async with small.fresh() as folder, reservations.reserved("large", folder, Need(18 * MB, 18 * MB)):
            order.append("large")

    async with small.fresh() as one, small.fresh() as two:
        async with reservations.reserved("a", one, Need(5 * MB, 5 * MB)):
            task = asyncio.create_task(large())
            await asyncio.sleep(0.05)
            async with reservations.reserved("b", two, Need(2 * MB, 2 * MB)):
                order.append("small")
            monkeypatch.setattr(disk_space, "PRECEDENCE_SECONDS", 0.0)
            with pytest.raises(TryLater):
                async with reservations.reserved("b", two, Need(2 * MB, 2 * MB)):
                    order.append("too early")
            # Who is under way goes on: else both would wait for each other.
            await reservations.update("a", Need(6 * MB, 6 * MB))
        await task
        async with reservations.reserved("b", two, Need(2 * MB, 2 * MB)):
            order.append("small")
    assert order == ["small", "large", "small"]


async def test_what_gives_up_waiting_leaves_its_place(small: WorkFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk_space, "PRECEDENCE_SECONDS", 0.0)
    reservations = Reservations(small)
    async with small.fresh() as one, small.fresh() as two:
        async with reservations.reserved("a", one, Need(18 * MB, 18 * MB)):
            task = asyncio.create_task(reservations.reserved("b", two, Need(18 * MB, 18 * MB)).__aenter__())
            await asyncio.sleep(0.05)
            task.cancel()
            await asyncio.wait({task})
        async with reservations.reserved("c", two, Need(18 * MB, 18 * MB)):
            pass


@pytest.mark.parametrize("others", [0, 1])
async def test_a_full_disk_that_is_not_full_is_believed_a_few_times_only(tmp_path: Path, others: int) -> None:
    """What hands a video back is uncharged, and has others wait for it: it ends in a failure, and holds nobody up."""
    disk = work_at(tmp_path)
    space, video = video_space.VideoSpace(disk), cast("Video", {"_id": "youtube:neverfull01", "profiles": ["wav"]})
    async with disk.fresh() as folder:
        for _ in range(video_space.HAND_BACKS):
            with pytest.raises(TryLater):
                space.disk_filled(video, folder)
        for other in range(others):
            # That of another counts for itself.
            with pytest.raises(TryLater):
                space.disk_filled(cast("Video", {**video, "_id": f"youtube:another{other:04}"}), folder)
        for _ in range(2):
            failure = space.disk_filled(video, folder)
            assert (failure.failure_class, failure.reason) == (FailureClass.TOOL, "larger-than-disk")
        async with space.reserved(video, folder), disk.fresh() as another:
            (another / "source").write_bytes(bytes(MB))
            async with space.reserved(cast("Video", {**video, "_id": "youtube:another0009"}), another):
                pass
    await disk.close()


HOUR = 3600.0


@pytest.mark.parametrize(
    ("profiles", "sound", "low", "high"),
    [
        # 48 kHz, stereo, 16 bits.
        (("wav-48k-stereo",), SourceAudio(HOUR, 10 * MB), 10 + 691, 10 + 700),
        (("wav",), SourceAudio(HOUR, 10 * MB, sample_rate=16_000, channels=1), 10 + 115, 10 + 118),
        (("wav",), SourceAudio(HOUR, 10 * MB), 10 + 57, 10 + 700),
        (("mp3-320",), SourceAudio(HOUR, 10 * MB), 10 + 144, 10 + 149),
        (("original",), SourceAudio(HOUR, 10 * MB), 20, 22),
        (("flac-48k-stereo",), SourceAudio(HOUR, 10 * MB), 10 + 69, 10 + 728),
        (("mp3-320", "original"), SourceAudio(HOUR, 10 * MB, cover_bytes=5 * MB), 20 + 144, 20 + 149 + 16),
        (("opus-96",), SourceAudio(HOUR), 14 + 12, 87 + 53),
        (("wav-16k-mono",), SourceAudio(None, 24 * MB), 24 + 32, 24 + 195),
        (LOSSLESS, SourceAudio(12 * HOUR, 600 * MB, sample_rate=48_000, channels=2), 30_000, 90_000),
    ],
)
def test_what_is_needed_lies_between_bounds(profiles: tuple[str, ...], sound: SourceAudio, low: int, high: int) -> None:
    found = needed(profiles, sound)
    assert found is not None
    assert found.low <= found.high
    assert found.low >= low * MB * 0.98
    assert found.high <= high * MB + 2 * MB


@pytest.mark.parametrize("sound", [SourceAudio(None), SourceAudio(0), SourceAudio(-5)])
def test_what_nobody_knows_is_not_guessed(sound: SourceAudio) -> None:
    assert needed(("wav",), sound) is None


@pytest.mark.parametrize("duration", [None, 5.0, 10**9])
async def test_a_listing_that_lies_about_the_length_is_not_believed(
    parts: Parts,
    tmp_path: Path,
    add_playlist: AddPlaylist,  # noqa: F811
    duration: float | None,
) -> None:
    """Only the source itself can say that a video is too large; then it is looked at anyway."""
    add_playlist("PLsmalldisk06", [{"id": "listinglies", "title": "x", "seconds": 5}])
    async with scraping(parts, tmp_path) as rig:
        request = await rig.accept("listinglies", "wav", duration_seconds=duration)
        await rig.video_requested(request)
        assert (await rig.video("listinglies"))["state"] == "stored"
