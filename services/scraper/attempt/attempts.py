"""Runs the attempt of a claimed video and records how it ends."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from services.scraper.attempt.events import publish_pending_event
from services.scraper.attempt.failed import AttemptFailed
from services.scraper.attempt.measuring import measured
from services.scraper.attempt.pipeline import Fetcher
from services.scraper.attempt.slots import Stopwatch
from services.scraper.attempt.upload import StoreTrouble
from services.scraper.failures.crash_loop import crashes_scraper, expired_leases_after, is_crash_loop
from services.scraper.failures.defects import DefectCatcher, is_defect
from services.scraper.lease import LeaseLost, ReleasedOnError, kept_alive
from services.scraper.measuring.message_parts import Egress
from services.scraper.sources.admission import Admission
from services.scraper.sources.source_breaker import BACK_SECONDS
from shared import metrics
from shared.addresses.video_addresses import OtherVideo, asked_address, check_address
from shared.catalog.connection import Catalog
from shared.catalog.delivery.outbox import log_unannounced
from shared.catalog.documents import LogEntry, Video, VideoState
from shared.catalog.playlists.description import name_after_video
from shared.catalog.videos.addresses import correct_address
from shared.catalog.videos.attempt_log import log_entry
from shared.catalog.videos.claims import Claim, release, renew
from shared.catalog.videos.deletions import purge_again
from shared.catalog.videos.outcomes import Failed, Stored, fail, finish
from shared.contracts import Failure
from shared.contracts.reasons import Reason
from shared.errors import FailureClass, StoreError, TryLater
from shared.logs import logger
from shared.messaging.publisher import Publisher

log = logger(__name__)


@dataclass(frozen=True)
class Attempts:
    """Runs attempts. If one ends early, its claim is given back uncharged, or a failure is recorded."""

    catalog: Catalog
    publisher: Publisher
    fetcher: Fetcher
    admission: Admission
    #: How long a claim lasts unless it is renewed.
    lease_seconds: float
    #: Where downloads are measured; None: they are not.
    egress: Egress | None = None

    async def run(self, claimed: Claim) -> None:
        """Fetch a claimed video, record the end of the attempt, and publish it.

        Raises TryLater if the attempt could not be made now, or the claim was lost.
        """
        watch = Stopwatch()
        if claimed.was == VideoState.WAITING:
            late = (datetime.now(UTC) - claimed.video["retry"]["due_at"]).total_seconds()
            metrics.RETRY_LATENESS_SECONDS.observe(max(0.0, late))
        try:
            async with ReleasedOnError(partial(self._give_back, claimed)) as lease:
                with DefectCatcher("video") as met:
                    await self._attempt(claimed, watch)
                if met.failure is not None:
                    # If it were given back, it would be fetched repeatedly until its message is parked, unnoticed.
                    await self._record_defect(claimed, met, lease, watch)
        except LeaseLost as error:
            metrics.ATTEMPTS.labels("released", "", "lease-lost").inc()
            await purge_again(self.catalog, claimed.video["_id"])
            log.warning("video.lease_lost", video_id=claimed.video["_id"], token=claimed.token)
            # The message checks the video once more before it ends, whoever has claimed it now.
            raise TryLater(1, "the lease was lost") from error

    async def _attempt(self, claimed: Claim, watch: Stopwatch) -> None:
        video = claimed.video
        await self._correct_address(video)
        await log_unannounced(self.catalog, video)
        # The renewal must end before the state changes: a later renewal would look like a lost lease.
        if is_crash_loop(video):
            outcome: Stored | AttemptFailed = AttemptFailed(crashes_scraper())
        else:
            outcome = await self._fetch(claimed, watch)
        if isinstance(outcome, AttemptFailed):
            await self._record_failure(claimed, outcome, watch)
        else:
            await self._record_success(claimed, outcome, watch)

    async def _correct_address(self, video: Video) -> None:
        """Correct the address of a video if the catalog has that of another video."""
        id_, wrong = video["_id"], video["url"]
        try:
            check_address(id_, wrong)
        except OtherVideo as error:
            if (right := asked_address(id_, wrong)) != wrong:
                log.warning("video.address_corrected", video_id=id_, detail=str(error))
                await correct_address(self.catalog, id_, wrong, right)
                video["url"] = right

    async def _fetch(self, claimed: Claim, watch: Stopwatch) -> Stored | AttemptFailed:
        """Fetch the video while its claim is renewed. Raises LeaseLost or TryLater."""
        video_id = claimed.video["_id"]
        renewing = partial(renew, self.catalog, video_id, claimed.token, self.lease_seconds)
        async with kept_alive(video_id, renewing, self.lease_seconds):
            try:
                return await self.fetcher.fetch(claimed.video, watch)
            except AttemptFailed as error:
                if error.failure.failure_class is FailureClass.STORAGE:
                    # Something other than our work fills the disk: take no further work until there is space.
                    self.admission.storage_failed(error.failure.reason, error.failure.detail)
                    raise TryLater(BACK_SECONDS, error.failure.detail) from error
                return error
            except StoreTrouble as error:
                self.admission.storage_failed(Reason.OBJECT_STORE, error.detail[:500])
                raise

    async def _record_success(self, claimed: Claim, outcome: Stored, watch: Stopwatch) -> None:
        video, now, title = claimed.video, datetime.now(UTC), outcome.metadata.get("title")
        entry = self._entry(video, watch, title=title, failure=None, now=now)
        stored = await finish(self.catalog, video["_id"], claimed.token, outcome, entry)
        if stored is None:
            raise LeaseLost(video["_id"])
        await self._publish(stored)
        if claimed.token > 1:
            # An earlier attempt may have left files that this one has not replaced.
            with suppress(StoreError):
                await self.fetcher.tidy(stored)
        metrics.ATTEMPTS.labels("stored", "", "").inc()
        log.info(
            "video.stored",
            video_id=video["_id"],
            key=outcome.audio["key"],
            seconds=entry["seconds"],
            audio_seconds=outcome.audio["duration_seconds"],
        )

    def _entry(
        self, video: Video, watch: Stopwatch, *, title: str | None, failure: Failure | None, now: datetime
    ) -> LogEntry:
        entry = log_entry(video, title=title, failure=failure, now=now, seconds=watch.seconds(), stages=watch.stages)
        if (data := measured(video, watch.download, failure, self.egress)) is not None:
            entry["measured"] = data
        return entry

    async def _record_failure(self, claimed: Claim, error: AttemptFailed, watch: Stopwatch) -> None:
        video, failure, now = claimed.video, error.failure, datetime.now(UTC)
        entry = self._entry(video, watch, title=error.title, failure=failure, now=now)
        how = Failed(failure, error.title, expired_leases_after(failure))
        failed = await fail(self.catalog, video["_id"], claimed.token, how, entry)
        if failed is None:
            raise LeaseLost(video["_id"])
        await self._publish(failed)
        metrics.ATTEMPTS.labels("failed", failure.failure_class.value, failure.reason).inc()
        log.warning(
            "video.failed",
            video_id=video["_id"],
            failure_class=failure.failure_class.value,
            reason=failure.reason,
            detail=failure.detail,
        )

    async def _record_defect(
        self, claimed: Claim, met: DefectCatcher, lease: ReleasedOnError, watch: Stopwatch
    ) -> None:
        """End an attempt with a defect. If that cannot be written either, the consumer counts it on the video."""
        assert met.failure is not None
        assert met.error is not None
        try:
            await self._record_failure(claimed, AttemptFailed(met.failure), watch)
        except LeaseLost:
            # The end of the attempt was written before the defect was met.
            lease.keep()
            raise met.error from None

    async def _publish(self, video: Video) -> None:
        await name_after_video(self.catalog, video)
        await publish_pending_event(self.catalog, self.publisher, video)

    async def _give_back(self, claimed: Claim, error: BaseException) -> None:
        """Return a claim uncharged, because of `error`."""
        metrics.ATTEMPTS.labels("released", "", why_given_back(error)).inc()
        await release(self.catalog, claimed.video["_id"], claimed.token)


def why_given_back(error: BaseException) -> str:
    """The reason, as metrics name it, for which `error` gives a claim back."""
    if isinstance(error, StoreTrouble):
        return "store-trouble"
    if isinstance(error, TryLater):
        return "resting"
    return "defect" if is_defect(error) else "interrupted"
