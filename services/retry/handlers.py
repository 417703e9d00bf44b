"""Message → function. Decisions come from `policy`; here they become a state and a message. No handler acks."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from services.retry.policy import Again, Decision, GiveUp, History, decide
from services.retry.settings import RetrySettings
from shared import metrics
from shared.catalog.connection import Catalog
from shared.catalog.delivery.outbox import abandoned_message, requested_message, submission_of
from shared.catalog.documents import Video, VideoState
from shared.catalog.playlists.lifecycle import refuse_playlist, schedule_playlist
from shared.catalog.playlists.lookup import get_playlist
from shared.catalog.videos.lookup import get_video
from shared.catalog.videos.transitions import abandon, schedule
from shared.contracts import Failure, PlaylistFailed, VideoFailed
from shared.errors import FailureClass
from shared.logs import logger
from shared.messaging.publisher import Publisher
from shared.topology import MAX_DELAY_SECONDS, PLAYLISTS_QUEUE, URGENT_QUEUE, VIDEOS_QUEUE

log = logger(__name__)


@dataclass(frozen=True)
class Retrier:
    """What the handlers work with."""

    catalog: Catalog
    publisher: Publisher
    settings: RetrySettings
    rng: random.Random

    async def video_failed(self, message: VideoFailed) -> None:
        """Decide what follows a failed attempt; state first, then the message that makes it happen."""
        video = await get_video(self.catalog, message.video_id)
        if video is None or video["token"] != message.token or "retry" not in video:
            # A later attempt exists, so this failure was decided on long ago.
            metrics.RETRY_DECISIONS.labels("video", "stale", "", "").inc()
            log.info("failure.stale", video_id=message.video_id, token=message.token)
            return
        if not video["retry"]["decided"]:
            await self._decide(message, video)
            video = await get_video(self.catalog, message.video_id) or video
        await self._carry_out(message, video)

    async def _decide(self, message: VideoFailed, video: Video) -> None:
        retry = video["retry"]
        # The catalog's word, not the message's, which anybody may have written.
        failure = Failure.model_validate(retry["failure"])
        history = History(retry["charged"], retry["in_a_row"], retry["first_failed_at"])
        decision = decide(failure, history, self.settings, datetime.now(UTC), self.rng)
        match decision:
            case Again(delay_seconds, charged):
                await schedule(self.catalog, message.video_id, message.token, math.ceil(delay_seconds), charged)
            case GiveUp(charged):
                await abandon(self.catalog, message.video_id, message.token, charged)
        _count("video", decision, failure)
        log.info("failure.decided", video_id=message.video_id, reason=failure.reason, decision=str(decision))

    async def _carry_out(self, message: VideoFailed, video: Video) -> None:
        """Publish what the state says. Done again after a crash it publishes the same, which harms nobody."""
        if video["token"] != message.token:
            return
        if video["state"] == VideoState.ABANDONED:
            await self.publisher.publish(abandoned_message(video))
        elif video["state"] == VideoState.WAITING:
            left = (video["retry"]["due_at"] - datetime.now(UTC)).total_seconds()
            if left <= MAX_DELAY_SECONDS:
                request = requested_message(video)
                queue = URGENT_QUEUE if request.urgent else VIDEOS_QUEUE
                await self.publisher.publish_later(request, queue, left)
            # A longer wait needs no message: the sweeper wakes the video when it is due.

    async def playlist_failed(self, message: PlaylistFailed) -> None:
        """Decide what follows a failed listing: the whole listing again, later, or refusal."""
        playlist = await get_playlist(self.catalog, message.playlist_id)
        if playlist is None or playlist["state_since"] != message.failed_at or "retry" not in playlist:
            metrics.RETRY_DECISIONS.labels("playlist", "stale", "", "").inc()
            log.info("failure.stale", playlist_id=message.playlist_id)
            return
        now, retry = datetime.now(UTC), playlist["retry"]
        # The catalog's word, not the message's, which anybody may have written.
        failure = Failure.model_validate(retry["failure"])
        charged_before = playlist["charged"] - (failure.failure_class is FailureClass.TRANSIENT)
        history = History(max(0, charged_before), retry["in_a_row"], retry["first_failed_at"])
        decision = decide(failure, history, self.settings, now, self.rng)
        _count("playlist", decision, failure)
        log.info("failure.decided", playlist_id=message.playlist_id, reason=failure.reason, decision=str(decision))
        match decision:
            case Again(delay_seconds):
                due_at = now + timedelta(seconds=delay_seconds)
                scheduled = await schedule_playlist(self.catalog, message.playlist_id, message.failed_at, due_at)
                if scheduled and delay_seconds <= MAX_DELAY_SECONDS:
                    await self.publisher.publish_later(submission_of(playlist), PLAYLISTS_QUEUE, delay_seconds)
            case GiveUp():
                await refuse_playlist(self.catalog, message.playlist_id, message.failed_at)


def _count(subject: str, decision: Decision, failure: Failure) -> None:
    kind = decision.kind if isinstance(decision, Again) else "abandon"
    metrics.RETRY_DECISIONS.labels(subject, kind, failure.failure_class.value, failure.reason).inc()
    if isinstance(decision, Again):
        metrics.RETRY_DELAY_SECONDS.observe(decision.delay_seconds)
