"""Message → function. No handler acks: what it returns or raises is settled by `shared.messaging.consumer`.

The order in each is effect → state → publish; so whatever dies in between is done again or found again, never lost.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

from services.scraper.attempt import AttemptFailed, Fetcher, Stopwatch
from services.scraper.egress import Egress, Trouble
from services.scraper.lease import LeaseLost, kept_alive
from services.scraper.playlist import Expander, ListingFailed
from shared import metrics
from shared.catalog.acceptance import Entry, accept_videos, mark_requested
from shared.catalog.attempts import append, log_entry
from shared.catalog.connection import CATALOG_ERRORS, Catalog
from shared.catalog.documents import Audio, Metadata, Video
from shared.catalog.playlists import accept_playlist, count_failure, set_expanded, set_expanding, set_failed
from shared.catalog.transitions import Claim, NotClaimed, claim, fail, finish, release
from shared.contracts import (
    DEFAULT_PROFILE,
    AudioStored,
    Failure,
    PlaylistFailed,
    PlaylistSubmitted,
    VideoFailed,
    VideoRequested,
)
from shared.contracts.addresses import BadAddress, playlist_address
from shared.errors import FailureClass, TryLater, Unprocessable
from shared.logs import logger
from shared.messaging.publisher import Publisher
from shared.storage.objects import STORE_ERRORS

log = logger(__name__)

#: Seconds until a video comes again when the object store could not take it.
STORE_TROUBLE_SECONDS = 30
#: Seconds that giving a claim back may take during a shutdown.
RELEASE_SECONDS = 5


@dataclass(frozen=True)
class Scraper:
    """What the handlers work with."""

    catalog: Catalog
    publisher: Publisher
    expander: Expander
    fetcher: Fetcher
    egress: Egress
    #: Who holds the leases: this process.
    owner: str
    lease_seconds: float
    store_trouble: Trouble = field(default_factory=lambda: Trouble(STORE_TROUBLE_SECONDS))

    async def playlist_submitted(self, message: PlaylistSubmitted) -> None:
        """List the playlist and request its videos."""
        try:
            playlist_id, url = playlist_address(message.url)
        except BadAddress as error:
            raise Unprocessable(str(error)) from error
        self._unless_resting()
        now = datetime.now(UTC)
        await accept_playlist(self.catalog, playlist_id, url, now)
        await set_expanding(self.catalog, playlist_id, now)
        try:
            found = await self.expander.expand(playlist_id, url)
        except ListingFailed as error:
            await self._playlist_failed(playlist_id, url, error)
            return
        await set_expanded(self.catalog, playlist_id, datetime.now(UTC))
        metrics.PLAYLISTS_EXPANDED.labels("expanded", "").inc()
        log.info("playlist.expanded", playlist_id=playlist_id, found=found)

    async def _playlist_failed(self, playlist_id: str, url: str, error: ListingFailed) -> None:
        failure, now = error.failure, datetime.now(UTC)
        if failure.failure_class is FailureClass.EGRESS:
            self.egress.refused(failure.reason, error.retry_after)
        outcome = "refused" if failure.failure_class is FailureClass.PERMANENT else "failed"
        metrics.PLAYLISTS_EXPANDED.labels(outcome, failure.reason).inc()
        log.warning("playlist.failed", playlist_id=playlist_id, reason=failure.reason, detail=failure.detail)
        if outcome == "refused":
            await set_failed(self.catalog, playlist_id, failure, now, None)
            return
        attempt, charged = await count_failure(self.catalog, playlist_id, failure)
        await set_failed(self.catalog, playlist_id, failure, now, now)
        await self.publisher.publish(
            PlaylistFailed(
                playlist_id=playlist_id, url=url, failure=failure, attempt=attempt, charged=charged, failed_at=now
            )
        )

    async def video_requested(self, message: VideoRequested) -> None:
        """Fetch the video, unless it is stored, waiting, or in other hands."""
        self._unless_resting()
        outcome = await claim(self.catalog, message.video_id, self.owner, self.lease_seconds)
        if isinstance(outcome, NotClaimed) and outcome.why == "unknown":
            await self._accept_unknown(message)
            outcome = await claim(self.catalog, message.video_id, self.owner, self.lease_seconds)
        if isinstance(outcome, NotClaimed):
            await self._not_claimed(outcome)
            return
        await self._attempt(outcome)

    def _unless_resting(self) -> None:
        """Fetch nothing that could not be fetched or stored now."""
        if (rest := self.egress.rest_left()) > 0:
            raise TryLater(rest + 1, "this egress rests after a refusal")
        if (left := self.store_trouble.left()) > 0:
            raise TryLater(left + 1, "the object store had trouble just now")

    async def _accept_unknown(self, message: VideoRequested) -> None:
        """A request for a video that no listing brought: accepted as it is."""
        now = datetime.now(UTC)
        await accept_videos(
            self.catalog, "url:requested-directly", DEFAULT_PROFILE, [Entry(message.video_id, message.url, None)], now
        )
        await mark_requested(self.catalog, [message.video_id], now)

    async def _not_claimed(self, outcome: NotClaimed) -> None:
        """The message must not end before somebody else is sure to move the video on."""
        metrics.ATTEMPTS.labels("duplicate", "", outcome.why).inc()
        match outcome.why:
            case "stored":
                assert outcome.video is not None
                await self.publisher.publish(stored_message(outcome.video))
            case "undecided":
                assert outcome.video is not None
                await self.publisher.publish(failed_message(outcome.video))
            case "running" | "waiting":
                raise TryLater(outcome.seconds + 1, f"the video is {outcome.why}")
            case _:
                log.info("video.request_dropped", why=outcome.why)

    async def _attempt(self, claimed: Claim) -> None:
        watch = Stopwatch()
        video = claimed.video
        try:
            # The renewal must be over before the state changes: a renewal after it would look like a lost lease.
            outcome = await self._fetch(claimed, watch)
            if isinstance(outcome, AttemptFailed):
                await self._failed(claimed, outcome, watch)
            else:
                await self._stored(claimed, *outcome, watch)
        except LeaseLost as error:
            metrics.ATTEMPTS.labels("released", "", "lease-lost").inc()
            log.warning("video.lease_lost", video_id=video["_id"], token=claimed.token)
            # Whoever has the video now, this message looks after it once more before it ends.
            raise TryLater(1, "the lease was lost") from error
        except STORE_ERRORS as error:
            self.store_trouble.begin()
            await self._give_back(claimed, "store-trouble")
            raise TryLater(STORE_TROUBLE_SECONDS, f"the object store: {type(error).__name__}: {error}") from error
        except BaseException:
            await self._give_back(claimed, "interrupted")
            raise

    async def _fetch(self, claimed: Claim, watch: Stopwatch) -> tuple[Metadata, Audio] | AttemptFailed:
        async with kept_alive(self.catalog, claimed, self.lease_seconds):
            try:
                return await self.fetcher.fetch(claimed.video, watch)
            except AttemptFailed as error:
                return error

    async def _stored(self, claimed: Claim, metadata: Metadata, audio: Audio, watch: Stopwatch) -> None:
        video, now = claimed.video, datetime.now(UTC)
        title = metadata.get("title")
        entry = log_entry(video, title=title, failure=None, now=now, seconds=watch.seconds(), stages=watch.stages)
        await append(self.catalog, entry)
        if not await finish(self.catalog, video["_id"], claimed.token, metadata, audio):
            raise LeaseLost(video["_id"])
        await self.publisher.publish(stored_message({**video, "title": title, "audio": audio}))
        metrics.ATTEMPTS.labels("stored", "", "").inc()
        log.info(
            "video.stored",
            video_id=video["_id"],
            key=audio["key"],
            seconds=entry["seconds"],
            audio_seconds=audio["duration_seconds"],
        )

    async def _failed(self, claimed: Claim, error: AttemptFailed, watch: Stopwatch) -> None:
        video, failure, now = claimed.video, error.failure, datetime.now(UTC)
        await append(
            self.catalog,
            log_entry(video, title=error.title, failure=failure, now=now, seconds=watch.seconds(), stages=watch.stages),
        )
        failed = await fail(self.catalog, video["_id"], claimed.token, failure, error.title)
        if failed is None:
            raise LeaseLost(video["_id"])
        await self.publisher.publish(failed_message(failed))
        metrics.ATTEMPTS.labels("failed", failure.failure_class.value, failure.reason).inc()
        log.warning(
            "video.failed",
            video_id=video["_id"],
            failure_class=failure.failure_class.value,
            reason=failure.reason,
            detail=failure.detail,
        )

    async def _give_back(self, claimed: Claim, why: str) -> None:
        """Return a claim uncharged. If that fails too, the lease runs out by itself."""
        metrics.ATTEMPTS.labels("released", "", why).inc()
        with suppress(*CATALOG_ERRORS, TimeoutError):
            giving = asyncio.ensure_future(release(self.catalog, claimed.video["_id"], claimed.token))
            await asyncio.wait_for(asyncio.shield(giving), RELEASE_SECONDS)


def stored_message(video: Video) -> AudioStored:
    """The event of a stored video, made from its document: always the same for the same object."""
    audio = video["audio"]
    return AudioStored(
        video_id=video["_id"],
        url=video["url"],
        title=video["title"] or "",
        profile=audio["profile"],
        bucket=audio["bucket"],
        object_key=audio["key"],
        sha256=audio["sha256"],
        size_bytes=audio["size_bytes"],
        duration_seconds=audio["duration_seconds"],
        bitrate_kbps=audio["bitrate_kbps"],
        codec=audio["codec"],
        stored_at=audio["stored_at"],
    )


def failed_message(video: Video) -> VideoFailed:
    """The event of a failed attempt, made from the video's document: always the same for the same attempt."""
    retry = video["retry"]
    return VideoFailed(
        video_id=video["_id"],
        url=video["url"],
        title=video["title"],
        failure=Failure.model_validate(retry["failure"]),
        token=video["token"],
        attempt=max(1, video["attempts"]),
        failed_at=retry["last_failed_at"],
    )
