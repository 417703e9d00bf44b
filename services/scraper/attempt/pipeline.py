"""One attempt to fetch a video: download → encode → verify → store. Nothing stays on local disk."""

from __future__ import annotations

import asyncio
import errno
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from services.scraper.attempt.upload import remove_leftovers, store
from services.scraper.attempt.video_room import VideoRoom, larger_than_disk
from services.scraper.engines.values import Downloaded, SourceRules
from services.scraper.failures import Evidence, of_media
from services.scraper.media.encoding import Encoder
from services.scraper.media.ffmpeg import Ffmpeg
from services.scraper.media.integrity import MediaInvalid
from services.scraper.media.length import check_length
from services.scraper.media.verification import sha256_of, verify
from services.scraper.sources.admission import Intake
from services.scraper.sources.judge import Judge, Subject
from services.scraper.sources.limits import Sources
from services.scraper.sources.permit_server import PermitServer
from services.scraper.sources.shares import Shares
from services.scraper.workers.pool import WorkerDied, Workers
from services.scraper.workspace.reservations import LargerThanDisk
from services.scraper.workspace.space_needed import Need
from services.scraper.workspace.work_folder import WorkFolder
from shared import metrics
from shared.addresses.video_addresses import asked_address
from shared.catalog.documents import Video
from shared.catalog.videos.outcomes import Stored
from shared.contracts import Failure
from shared.errors import FailureClass
from shared.logs import logger
from shared.profiles import parse_profile
from shared.storage.objects import ObjectRefused, ObjectStore

log = logger(__name__)


class AttemptFailed(Exception):
    """The attempt ended without a stored object."""

    def __init__(self, failure: Failure, title: str | None = None) -> None:
        super().__init__(failure.detail)
        self.failure = failure
        self.title = title


@dataclass
class Stopwatch:
    """Seconds spent in each stage of one attempt."""

    began: float = field(default_factory=time.monotonic)
    stages: dict[str, float] = field(default_factory=dict)

    @asynccontextmanager
    async def stage(self, name: str) -> AsyncIterator[None]:
        """Measure a stage."""
        start = time.monotonic()
        try:
            yield
        finally:
            self.stages[name] = time.monotonic() - start
            metrics.STAGE_SECONDS.labels(name).observe(self.stages[name])

    def seconds(self) -> float:
        """Since the attempt began."""
        return time.monotonic() - self.began


class Slots:
    """A number of places, shown as a metric."""

    def __init__(self, kind: str, number: int) -> None:
        self._places = asyncio.Semaphore(number)
        self._busy = metrics.SLOTS_BUSY.labels(kind)
        self.in_use = 0
        metrics.SLOTS_TOTAL.labels(kind).set(number)

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Hold a place."""
        async with self._places:
            self._busy.inc()
            self.in_use += 1
            try:
                yield
            finally:
                self.in_use -= 1
                self._busy.dec()


class Fetcher:
    """Does attempts. Downloads and encodings have slots of their own, so that each overlaps the other."""

    def __init__(
        self,
        *,
        workers: Workers,
        ffmpeg: Ffmpeg,
        encoder: Encoder,
        store: ObjectStore,
        work_folder: WorkFolder,
        sources: Sources,
        intake: Intake,
        judge: Judge,
        permits: PermitServer,
        rules: SourceRules,
        download_slots: int,
        encode_slots: int,
        video_seconds: float,
        shares: Shares | None = None,
    ) -> None:
        self._workers = workers
        self._ffmpeg = ffmpeg
        self._encoder = encoder
        self._store = store
        self._work_folder = work_folder
        self._sources = sources
        self._intake = intake
        self._judge = judge
        self._permits = permits
        self._rules = rules
        self._download_slots = Slots("download", download_slots)
        self._encode_slots = Slots("encode", encode_slots)
        self._video_seconds = video_seconds
        self._shares = shares or Shares()
        self._room = VideoRoom(work_folder)
        permits.room = self._room.may_take
        judge.others_under_way = lambda: self._download_slots.in_use > 0

    async def fetch(self, video: Video, watch: Stopwatch) -> Stored:
        """Make and store what is wanted of `video`. Raises AttemptFailed.

        Raises TryLater if the egress or the storage rests, or others hold the room that it needs; StoreTrouble if the
        object store did not take it.
        """
        try:
            async with self._work_folder.fresh() as folder:
                return await self._in_room(video, folder, watch)
        except LargerThanDisk as error:
            raise AttemptFailed(larger_than_disk(str(error))) from error
        except OSError as error:
            detail = f"{type(error).__name__}: {error}"[:500]
            raise AttemptFailed(
                Failure(failure_class=FailureClass.TRANSIENT, reason="worker-died", detail=detail)
            ) from error

    async def tidy(self, video: Video) -> None:
        """Remove what earlier attempts left of a stored video."""
        if removed := await remove_leftovers(self._store, video):
            log.info("video.leftovers_removed", video_id=video["_id"], objects=removed)

    async def _in_room(self, video: Video, folder: Path, watch: Stopwatch) -> Stored:
        """Do an attempt in the room that is promised to it."""
        try:
            async with self._room.held(video, folder):
                return await self._fetch(video, folder, watch)
        except AttemptFailed as error:
            if error.failure.failure_class is FailureClass.STORAGE:
                raise AttemptFailed(self._room.filled(video, folder), error.title) from error
            raise
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise AttemptFailed(self._room.filled(video, folder)) from error
            raise

    async def _fetch(self, video: Video, folder: Path, watch: Stopwatch) -> Stored:
        source = await self._download(video, folder, watch)
        title = source.metadata.get("title")
        profiles = [parse_profile(name) for name in video["profiles"]]
        try:
            async with self._encode_slots.one(), asyncio.timeout(self._video_seconds):
                async with watch.stage("encode"):
                    cover = await self._cover(video, source)
                    await self._room.make_room(video, source, cover)
                    files, heard = await self._encoder.encode(
                        source.path, source.source_codec, profiles, source.metadata, cover
                    )
                if 0 < self._rules.longest_seconds < heard.seconds:
                    raise AttemptFailed(_lasts_too_long(heard.seconds, self._rules.longest_seconds), title)
                async with watch.stage("verify"):
                    check_length(heard, source.promised)
                    verified = [await verify(self._ffmpeg, file, source.source_codec, heard.seconds) for file in files]
        except MediaInvalid as error:
            raise AttemptFailed(await _judged(error, source.path, video), title) from error
        except TimeoutError as error:
            raise AttemptFailed(_took_too_long(self._video_seconds), title) from error
        source.path.unlink()
        beside = [file for file in source.beside if file.kind != "thumbnail" or "thumbnail" in self._rules.beside]
        async with watch.stage("store"):
            try:
                return await store(self._store, video, source, verified, beside)
            except ObjectRefused as error:
                failure = Failure(failure_class=FailureClass.TOOL, reason="object-refused", detail=str(error)[:500])
                raise AttemptFailed(failure, title) from error

    async def _cover(self, video: Video, source: Downloaded) -> Path | None:
        """The picture that goes into the files: a whole JPEG, which all players show. A broken one is left out."""
        pictures = (file.path for file in source.beside if file.kind == "thumbnail" and file.path.suffix == ".jpg")
        picture = next(pictures, None) if self._rules.cover else None
        if picture is not None and not await self._encoder.is_intact_picture(picture):
            log.warning("video.cover_broken", video_id=video["_id"])
            return None
        return picture

    async def _download(self, video: Video, folder: Path, watch: Stopwatch) -> Downloaded:
        subject = Subject.of_video(video)
        source, egress = subject.source, self._sources.of(subject.source)
        rules = replace(
            self._rules,
            permits=self._permits.address(subject.work),
            video_id=video["_id"],
            profiles=tuple(video["profiles"]),
        )
        async with self._download_slots.one():
            egress.check_budget()
            await self._shares.check(video["_id"])
            await egress.pace()
            # Others may have been refused while this one waited for its turn.
            self._intake.check(source)
            trips = self._intake.trips_of(source)
            self._judge.begins(subject)
            try:
                async with watch.stage("download"):
                    result = await self._workers.fetch(
                        asked_address(video["_id"], video["url"]), folder, rules, self._video_seconds
                    )
            except WorkerDied as error:
                raise AttemptFailed(
                    Failure(failure_class=FailureClass.TRANSIENT, reason="worker-died", detail=str(error))
                ) from error
            finally:
                self._judge.ended(subject)
        if isinstance(result, Evidence) and result.needs_bytes is not None:
            # The source has served its pages.
            egress.worked()
            self._intake.worked(source, trips, video["_id"])
            raise self._room.refused(video, Need(*result.needs_bytes))
        if isinstance(result, Evidence):
            failure = of_media(await self._judge.judge(result, subject), video.get("retry"))
            raise AttemptFailed(failure)
        egress.worked()
        self._intake.worked(source, trips, video["_id"])
        metrics.DOWNLOADED_BYTES.inc(result.size_bytes)
        if result.refused is not None:
            # What came is kept; what is asked next has to wait.
            await self._judge.judge(result.refused, subject)
        if result.missing:
            log.warning("video.beside_missing", video_id=video["_id"], missing=list(result.missing))
        return result


async def _judged(error: MediaInvalid, source: Path, video: Video) -> Failure:
    """The failure of media that is not whole; the very same bytes a second time are the source's fault."""
    failure = error.failure
    if source.exists():
        failure = failure.model_copy(update={"media_sha256": await asyncio.to_thread(sha256_of, source)})
    return of_media(failure, video.get("retry"))


def _lasts_too_long(seconds: float, longest: float) -> Failure:
    detail = f"It lasts {seconds:.0f} s, longer than SCRAPER_LONGEST_VIDEO_SECONDS ({longest:.0f})"
    return Failure(failure_class=FailureClass.PERMANENT, reason="longer-than-allowed", detail=detail)


def _took_too_long(seconds: float) -> Failure:
    return Failure(
        failure_class=FailureClass.TRANSIENT,
        reason="took-too-long",
        detail=f"encoding took longer than SCRAPER_VIDEO_SECONDS ({seconds:g} s)",
    )
