"""Handlers of messages: turn a decision of `policy` into a state and a message. No handler acknowledges."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import NamedTuple

from services.retry.policy import Abandon, Again, Decision, History, decide
from services.retry.settings import RetrySettings
from shared import metrics
from shared.catalog.connection import Catalog
from shared.catalog.delivery.outbox import abandoned_message, requested_message, submission_of
from shared.catalog.documents import Playlist, Video, VideoState
from shared.catalog.playlists.lifecycle import refuse_playlist, schedule_playlist
from shared.catalog.playlists.lookup import get_playlist
from shared.catalog.videos.lookup import get_video
from shared.catalog.videos.outcomes import abandon, schedule
from shared.contracts import Failure, Message, PlaylistFailed, VideoAbandoned, VideoFailed, VideoRequested
from shared.errors import FailureClass
from shared.logs import logger
from shared.messaging.consuming.settlement import Handler
from shared.messaging.publisher import Publisher
from shared.topology import MAX_DELAY_SECONDS, PLAYLISTS_QUEUE, URGENT_QUEUE, VIDEOS_QUEUE

log = logger(__name__)


@dataclass(frozen=True)
class Retrier:
    """The parts that the handlers use."""

    catalog: Catalog
    publisher: Publisher
    settings: RetrySettings
    rng: random.Random

    def decide(self, failure: Failure, history: History, now: datetime) -> Decision:
        """Return the decision for one failure."""
        return decide(failure, history, self.settings, now, self.rng)


class Delayed(NamedTuple):
    """A request to publish after a delay."""

    request: VideoRequested
    queue: str
    seconds: float


async def video_failed(retrier: Retrier, message: VideoFailed) -> None:
    """Decide what follows a failed attempt: write the state first, then send the message that carries it out."""
    video = await get_video(retrier.catalog, message.video_id)
    if video is None or not is_current(message, video):
        metrics.RETRY_DECISIONS.labels("video", "stale", "", "").inc()
        log.info("failure.stale", video_id=message.video_id, token=message.token)
        return
    if not video["retry"]["decided"]:
        await _decide(retrier, message, video)
        video = await get_video(retrier.catalog, message.video_id) or video
    # After a crash the same message is published again, which does no harm.
    match next_message(message, video, datetime.now(UTC)):
        case VideoAbandoned() as event:
            await retrier.publisher.publish(event)
        case Delayed(request, queue, seconds):
            await retrier.publisher.publish_later(request, queue, seconds)


async def _decide(retrier: Retrier, message: VideoFailed, video: Video) -> None:
    failure, history = history_of_video(video)
    decision = retrier.decide(failure, history, datetime.now(UTC))
    match decision:
        case Again(delay_seconds, charged):
            await schedule(retrier.catalog, message.video_id, message.token, math.ceil(delay_seconds), charged)
        case Abandon(charged):
            await abandon(retrier.catalog, message.video_id, message.token, charged)
    _count("video", decision, failure)
    log.info("failure.decided", video_id=message.video_id, reason=failure.reason, decision=str(decision))


def is_current(message: VideoFailed, video: Video) -> bool:
    """Return whether a message is about the last attempt of a video. An earlier failure was decided long ago."""
    return video["token"] == message.token and "retry" in video


def history_of_video(video: Video) -> tuple[Failure, History]:
    """Return the last failure of a video and its history, from the catalog, since anybody may write a message."""
    retry = video["retry"]
    history = History(retry["charged"], retry["in_a_row"], retry["first_failed_at"])
    return Failure.model_validate(retry["failure"]), history


def next_message(message: VideoFailed, video: Video, now: datetime) -> VideoAbandoned | Delayed | None:
    """Return the message that carries out what the state of a video says.

    Returns None if a later attempt exists, or if the wait is longer than the delay tree can hold: then the sweeper
    requeues the video when it is due.
    """
    if video["token"] != message.token:
        return None
    if video["state"] == VideoState.ABANDONED:
        return abandoned_message(video)
    if video["state"] != VideoState.WAITING:
        return None
    seconds = (video["retry"]["due_at"] - now).total_seconds()
    if seconds > MAX_DELAY_SECONDS:
        return None
    request = requested_message(video)
    return Delayed(request, URGENT_QUEUE if request.urgent else VIDEOS_QUEUE, seconds)


async def playlist_failed(retrier: Retrier, message: PlaylistFailed) -> None:
    """Decide what follows a failed listing: list the playlist again later, or refuse it."""
    playlist = await get_playlist(retrier.catalog, message.playlist_id)
    if playlist is None or playlist["state_since"] != message.failed_at or "retry" not in playlist:
        metrics.RETRY_DECISIONS.labels("playlist", "stale", "", "").inc()
        log.info("failure.stale", playlist_id=message.playlist_id)
        return
    now = datetime.now(UTC)
    failure, history = history_of_playlist(playlist)
    decision = retrier.decide(failure, history, now)
    _count("playlist", decision, failure)
    log.info("failure.decided", playlist_id=message.playlist_id, reason=failure.reason, decision=str(decision))
    match decision:
        case Again(delay_seconds):
            due_at = now + timedelta(seconds=delay_seconds)
            scheduled = await schedule_playlist(retrier.catalog, message.playlist_id, message.failed_at, due_at)
            if scheduled and delay_seconds <= MAX_DELAY_SECONDS:
                await retrier.publisher.publish_later(submission_of(playlist), PLAYLISTS_QUEUE, delay_seconds)
        case Abandon():
            await refuse_playlist(retrier.catalog, message.playlist_id, message.failed_at)


def history_of_playlist(playlist: Playlist) -> tuple[Failure, History]:
    """Return the last failure of a listing and its history, from the catalog, since anybody may write a message."""
    retry = playlist["retry"]
    failure = Failure.model_validate(retry["failure"])
    # The catalog has charged this failure already; the policy charges it itself.
    charged_before = playlist["charged"] - (failure.failure_class is FailureClass.TRANSIENT)
    return failure, History(max(0, charged_before), retry["in_a_row"], retry["first_failed_at"])


def _count(subject: str, decision: Decision, failure: Failure) -> None:
    kind = decision.kind if isinstance(decision, Again) else "abandon"
    metrics.RETRY_DECISIONS.labels(subject, kind, failure.failure_class.value, failure.reason).inc()
    if isinstance(decision, Again):
        metrics.RETRY_DELAY_SECONDS.observe(decision.delay_seconds)


def handlers(retrier: Retrier) -> Mapping[type[Message], Handler]:
    """Return the handlers of this service by message."""
    return {VideoFailed: partial(video_failed, retrier), PlaylistFailed: partial(playlist_failed, retrier)}
