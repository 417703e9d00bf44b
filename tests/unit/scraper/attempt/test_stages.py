"""What the stages of an attempt make of what workers and stores answer. Without servers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, cast

import pytest

from services.scraper.attempt.attempts import why_given_back
from services.scraper.attempt.download_stage import DownloadStage
from services.scraper.attempt.failed import AttemptFailed
from services.scraper.attempt.pipeline import Fetcher
from services.scraper.attempt.slots import Slots, Stopwatch
from services.scraper.attempt.upload import StoreTrouble, UploadStage
from services.scraper.attempt.video_space import VideoSpace
from services.scraper.builders import new_admission
from services.scraper.engines.values import Downloaded, Fetched, Sidecar, SourceRules
from services.scraper.engines.work import Work
from services.scraper.failures import Evidence
from services.scraper.media.length import PromisedLength
from services.scraper.media.verification import Verified
from services.scraper.sources.access import SourceAccess
from services.scraper.sources.breaker import State
from services.scraper.sources.judge import EgressRules, Judge
from services.scraper.sources.limits import Sources
from services.scraper.sources.permit_server import PermitServer
from services.scraper.sources.shares.shares import Shares
from services.scraper.workers.pool import WorkerDied
from services.scraper.workspace.reservations import LargerThanDisk
from services.scraper.workspace.work_folder import WorkFolder
from shared.catalog.documents import Video
from shared.catalog.videos.outcomes import Stored
from shared.errors import FailureClass, StoreUnavailable, TryLater
from shared.storage.s3.objects import ObjectRefused
from tests.scraper_parts import without_pauses

RULES = SourceRules(0, ("youtube.*",))
VIDEO = cast(
    "Video",
    {"_id": "youtube:stagesvideo", "url": "https://www.youtube.com/watch?v=stagesvideo", "profiles": ["mp3-320"]},
)
MB = 10**6


class Workers:
    """In the place of the worker processes: answers as a test says."""

    def __init__(self) -> None:
        self.answer: Downloaded | Evidence | Exception = Evidence("nothing")
        self.asked: list[tuple[str, SourceRules]] = []

    async def fetch(self, url: str, folder: Path, rules: SourceRules, seconds: float) -> Fetched:
        self.asked.append((url, rules))
        if isinstance(self.answer, Exception):
            raise self.answer
        return Fetched(self.answer)


class Nobody:
    """In the place of a witness: there is none."""

    async def serves(self, source: str, since: float) -> bool | None:
        return None


class Objects:
    """In the place of an object store: takes everything, or fails as a test says."""

    bucket = "fonoteca"

    def __init__(self, trouble: Exception | None = None) -> None:
        self.trouble = trouble
        self.put: dict[str, Mapping[str, str]] = {}

    async def put_file(self, key: str, path: Path, content_type: str, metadata: Mapping[str, str]) -> str:
        if self.trouble is not None:
            raise self.trouble
        self.put[key] = metadata
        return "etag"


def downloaded(folder: Path, **more: Any) -> Downloaded:
    path = folder / "source.webm"
    path.write_bytes(b"audio")
    values: dict[str, Any] = {
        "metadata": {"title": "Conte"},
        "promised": PromisedLength(),
        "source_codec": "opus",
        "source_bitrate_kbps": 130.0,
        "source_format": "251",
        "size_bytes": 5,
        "requests": 2,
    }
    return Downloaded(path, **values | more)


@pytest.fixture
async def work_folder(tmp_path: Path) -> AsyncIterator[WorkFolder]:
    folder = WorkFolder(tmp_path / "work", 0)
    yield folder
    await folder.close()


@pytest.fixture
def space(work_folder: WorkFolder) -> VideoSpace:
    return VideoSpace(work_folder)


@pytest.fixture
def workers() -> Workers:
    return Workers()


@pytest.fixture
def access(work_folder: WorkFolder) -> SourceAccess:
    limits, admission = Sources(0, 0), new_admission(without_pauses())
    nobody = cast("Any", Nobody())
    judge = Judge(limits, admission, nobody, EgressRules(60, 3600))
    permits = PermitServer(work_folder.path, limits, admission.check, lambda *_: None)
    return SourceAccess(limits, admission, judge, permits, Shares())


@pytest.fixture
def download(workers: Workers, access: SourceAccess, space: VideoSpace) -> DownloadStage:
    return DownloadStage(cast("Any", workers), access, RULES, space, Slots("download", 1), 300)


async def test_a_worker_is_told_which_video_it_fetches_and_where_to_ask_for_leave(
    download: DownloadStage, workers: Workers, access: SourceAccess, tmp_path: Path
) -> None:
    workers.answer = downloaded(tmp_path)
    watch = Stopwatch()
    assert await download.run(VIDEO, tmp_path, watch) is workers.answer
    [(address, rules)] = workers.asked
    assert (address, rules.video_id, rules.profiles) == (VIDEO["url"], VIDEO["_id"], ("mp3-320",))
    assert rules.permits == access.permits.address(Work.video(VIDEO["_id"], VIDEO["url"]))
    assert set(watch.stages) == {"download"}
    assert access.limits.of("youtube").worked_since(0), "what was in doubt before is known now"


async def test_a_worker_that_dies_is_a_failure_of_the_attempt(
    download: DownloadStage, workers: Workers, tmp_path: Path
) -> None:
    workers.answer = WorkerDied("it was killed")
    with pytest.raises(AttemptFailed, match="it was killed") as failed:
        await download.run(VIDEO, tmp_path, Stopwatch())
    assert (failed.value.failure.failure_class, failed.value.failure.reason) == (FailureClass.TRANSIENT, "worker-died")


async def test_what_a_source_answers_becomes_the_failure_of_the_attempt(
    download: DownloadStage, workers: Workers, access: SourceAccess, tmp_path: Path
) -> None:
    workers.answer = Evidence("Private video", sentence="Private video", extractor="youtube", asked_youtube=True)
    with pytest.raises(AttemptFailed) as failed:
        await download.run(VIDEO, tmp_path, Stopwatch())
    assert failed.value.failure.reason == "private"
    assert access.admission.state_of("youtube") is State.CLOSED
    workers.answer = Evidence("HTTP Error 429: Too Many Requests", http_status=429)
    with pytest.raises(AttemptFailed) as failed:
        await download.run(VIDEO, tmp_path, Stopwatch())
    assert failed.value.failure.failure_class is FailureClass.EGRESS
    with pytest.raises(TryLater, match="youtube rests"):
        await download.run(VIDEO, tmp_path, Stopwatch())
    assert len(workers.asked) == 2, "a source that rests is not asked"


async def test_audio_is_kept_though_its_source_then_refused_to_be_asked_more(
    download: DownloadStage, workers: Workers, access: SourceAccess, tmp_path: Path
) -> None:
    refusal = Evidence("HTTP Error 429: Too Many Requests", http_status=429)
    workers.answer = downloaded(tmp_path, refused=refusal, missing=("no subtitles",))
    assert await download.run(VIDEO, tmp_path, Stopwatch()) is workers.answer
    assert access.admission.state_of("youtube") is State.OPEN


async def test_a_video_without_room_waits_and_one_larger_than_the_disk_fails(
    download: DownloadStage, workers: Workers, work_folder: WorkFolder, tmp_path: Path
) -> None:
    workers.answer = Evidence("", needs_bytes=(1, 2))
    with pytest.raises(TryLater, match="other work holds the space"):
        await download.run(VIDEO, tmp_path, Stopwatch())
    workers.answer = Evidence("", needs_bytes=(2 * work_folder.capacity_bytes(), 2**62))
    with pytest.raises(LargerThanDisk, match="It needs at least"):
        await download.run(VIDEO, tmp_path, Stopwatch())


def verified(folder: Path, profile: str, extension: str) -> Verified:
    path = folder / f"{profile}.{extension}"
    path.write_bytes(b"file")
    return Verified(profile, path, 12.0, 320, 4, "0" * 64, extension)


async def test_the_first_file_is_the_main_one_and_an_unwanted_thumbnail_is_not_stored(tmp_path: Path) -> None:
    (tmp_path / "thumbnail.jpg").write_bytes(b"picture")
    (tmp_path / "info.json").write_bytes(b"{}")
    sidecars = (Sidecar("thumbnail", tmp_path / "thumbnail.jpg"), Sidecar("info", tmp_path / "info.json"))
    source = downloaded(tmp_path, beside=sidecars)
    files = [verified(tmp_path, "mp3-320", "mp3"), verified(tmp_path, "flac", "flac")]
    objects = Objects()
    stored = await UploadStage(cast("Any", objects), ("info",)).run(VIDEO, source, files, Stopwatch())
    assert stored.audio["profile"] == "mp3-320"
    assert [audio["profile"] for audio in stored.further] == ["flac"]
    assert [sidecar["kind"] for sidecar in stored.beside] == ["info"]
    assert {key.rpartition("/")[2] for key in objects.put} == {"mp3-320.mp3", "flac.flac", "info.json"}
    with_picture = await UploadStage(cast("Any", objects), ("thumbnail",)).run(VIDEO, source, files, Stopwatch())
    assert [sidecar["kind"] for sidecar in with_picture.beside] == ["thumbnail", "info"]


async def test_an_object_that_the_store_refuses_is_a_failure_with_the_title(tmp_path: Path) -> None:
    stage = UploadStage(cast("Any", Objects(ObjectRefused("the name is too long"))), ())
    with pytest.raises(AttemptFailed) as failed:
        await stage.run(VIDEO, downloaded(tmp_path), [verified(tmp_path, "mp3-320", "mp3")], Stopwatch())
    assert (failed.value.failure.reason, failed.value.title) == ("object-refused", "Conte")


async def test_a_store_that_is_away_is_no_failure_of_the_attempt(tmp_path: Path) -> None:
    stage = UploadStage(cast("Any", Objects(StoreUnavailable("gone"))), ())
    with pytest.raises(StoreTrouble, match="the object store: gone") as trouble:
        await stage.run(VIDEO, downloaded(tmp_path), [verified(tmp_path, "mp3-320", "mp3")], Stopwatch())
    assert isinstance(trouble.value, TryLater)


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (StoreTrouble("503"), "store-trouble"),
        (TryLater(1, "youtube rests"), "resting"),
        (KeyError("title"), "defect"),
        (KeyboardInterrupt(), "interrupted"),
    ],
)
def test_metrics_tell_why_a_claim_was_given_back(error: BaseException, why: str) -> None:
    assert why_given_back(error) == why


class Stage:
    """In the place of a stage: does what a test says."""

    def __init__(self, run: Callable[..., Awaitable[Any]]) -> None:
        self.run = run


async def never(*_: object) -> None:
    raise AssertionError("an earlier stage has failed")


def fetcher_of(
    work_folder: WorkFolder,
    space: VideoSpace,
    download: Callable[..., Awaitable[Any]],
    encode: Callable[..., Awaitable[Any]] = never,
    upload: Callable[..., Awaitable[Any]] = never,
) -> Fetcher:
    """What runs the stages one after the other, with stages of a test."""
    stages = [cast("Any", Stage(run)) for run in (download, encode, upload)]
    return Fetcher(stages[0], stages[1], stages[2], work_folder, space)


@pytest.mark.parametrize(
    ("error", "failure_class", "reason"),
    [
        (FileNotFoundError("source.webm"), FailureClass.TRANSIENT, "worker-died"),
        (OSError(28, "No space left on device"), FailureClass.TOOL, "larger-than-disk"),
        (LargerThanDisk(cast("Any", type("N", (), {"low": 9 * MB})), MB), FailureClass.TOOL, "larger-than-disk"),
    ],
)
async def test_trouble_with_the_disk_becomes_a_failure_and_leaves_nothing_there(
    work_folder: WorkFolder,
    space: VideoSpace,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    failure_class: FailureClass,
    reason: str,
) -> None:
    # As if the attempt alone had filled the disk.
    monkeypatch.setattr(space._reservations, "was_alone", lambda _: True)
    folders: list[Path] = []

    async def run(video: Video, folder: Path, watch: Stopwatch) -> Downloaded:
        folders.append(folder)
        raise error

    fetcher = fetcher_of(work_folder, space, run)
    with pytest.raises(AttemptFailed) as failed:
        await fetcher.fetch(VIDEO, Stopwatch())
    assert (failed.value.failure.failure_class, failed.value.failure.reason) == (failure_class, reason)
    assert not folders[0].exists()


async def test_the_source_is_removed_before_the_upload(work_folder: WorkFolder, space: VideoSpace) -> None:
    stored = cast("Stored", object())

    async def download(video: Video, folder: Path, watch: Stopwatch) -> Downloaded:
        return downloaded(folder)

    async def encode(video: Video, source: Downloaded, watch: Stopwatch) -> list[Verified]:
        assert source.path.exists()
        return [verified(source.path.parent, "mp3-320", "mp3")]

    async def upload(video: Video, source: Downloaded, files: list[Verified], watch: Stopwatch) -> Stored:
        assert [path.name for path in source.path.parent.iterdir()] == ["mp3-320.mp3"]
        return stored

    fetcher = fetcher_of(work_folder, space, download, encode, upload)
    assert await fetcher.fetch(VIDEO, Stopwatch()) is stored


async def test_slots_count_what_is_in_use() -> None:
    slots = Slots("test", 1)
    async with slots.one():
        assert slots.in_use == 1
    assert slots.in_use == 0
