"""The first stage of an attempt: a worker downloads the source's audio, once the source may be asked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from services.scraper.attempt.failed import AttemptFailed, worker_died
from services.scraper.attempt.measuring import DownloadRun
from services.scraper.attempt.slots import Slots, Stopwatch
from services.scraper.attempt.video_space import VideoSpace
from services.scraper.engines.values import Downloaded, SourceRules
from services.scraper.failures import Evidence
from services.scraper.sources.access import SourceAccess
from services.scraper.sources.judge import Subject
from services.scraper.workers.pool import WorkerDied, Workers
from services.scraper.workspace.space_needed import Need
from shared import metrics
from shared.addresses.video_addresses import asked_address
from shared.catalog.documents import Video
from shared.catalog.videos.filtering import filters_of_video
from shared.logs import logger

log = logger(__name__)


class DownloadStage:
    """Downloads the audio of videos, as many at once as there are slots."""

    def __init__(
        self,
        workers: Workers,
        access: SourceAccess,
        rules: SourceRules,
        space: VideoSpace,
        slots: Slots,
        seconds: float,
    ) -> None:
        """`slots`: places for downloads. `seconds`: the time limit of one."""
        self._workers = workers
        self._access = access
        self._rules = rules
        self._space = space
        self._slots = slots
        self._seconds = seconds
        access.permits.room = space.grant
        access.judge.others_under_way = lambda: self._slots.in_use > 0

    async def run(self, video: Video, folder: Path, watch: Stopwatch) -> Downloaded:
        """Download a video's audio, and the sidecar files that are wanted, into `folder`.

        Raises AttemptFailed if that fails; LargerThanDisk if it could never fit; TryLater if the source or the storage
        rests, a budget is spent, or other work holds the space that it needs.
        """
        subject = Subject.of_video(video)
        async with self._access.shares.slot(video["_id"]), self._slots.one():
            await self._may_begin(subject)
            trips = self._access.admission.trips_of(subject.source)
            result = await self._fetch(video, folder, subject, watch)
        if isinstance(result, Downloaded):
            self._access.served(subject.source, trips, video["_id"])
            await self._note(video, result, subject)
            return result
        if result.needs_bytes is not None:
            # The source has served its pages.
            self._access.served(subject.source, trips, video["_id"])
            raise self._space.no_space(video, Need(*result.needs_bytes))
        failure = await self._access.judge.judge(result, subject)
        raise AttemptFailed(failure)

    async def _may_begin(self, subject: Subject) -> None:
        """Wait until the next download may begin. Raises TryLater if it may not begin now."""
        limits = self._access.limits.of(subject.source)
        limits.check_budget()
        await self._access.shares.check(subject.id)
        await limits.pace()
        # The source may have refused others while this one waited.
        self._access.admission.check(subject.source)

    async def _fetch(self, video: Video, folder: Path, subject: Subject, watch: Stopwatch) -> Downloaded | Evidence:
        rules = replace(
            self._rules,
            permits=self._access.permits.address(subject.work),
            video_id=video["_id"],
            profiles=tuple(video["profiles"]),
            filters=filters_of_video(video),
        )
        address = asked_address(video["_id"], video["url"])
        self._access.judge.begins(subject)
        watch.download = DownloadRun(subject.source)
        try:
            async with watch.stage("download"):
                watch.download.fetched = await self._workers.fetch(address, folder, rules, self._seconds)
            return watch.download.fetched.result
        except WorkerDied as error:
            raise worker_died(str(error)) from error
        finally:
            self._access.judge.ended(subject)

    async def _note(self, video: Video, result: Downloaded, subject: Subject) -> None:
        """Count the bytes, and act on refused or missing sidecars."""
        metrics.DOWNLOADED_BYTES.inc(result.size_bytes)
        if result.refused is not None:
            # The audio is kept, but the source may have to rest.
            await self._access.judge.judge(result.refused, subject)
        if result.missing:
            log.warning("video.sidecar_missing", video_id=video["_id"], missing=list(result.missing))
