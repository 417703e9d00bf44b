"""Sends each listener its stream of server-sent events."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Awaitable, Callable

from fastapi.sse import ServerSentEvent

from services.api.live.listener import Listener
from services.api.live.live_event import StreamPosition
from services.api.live.notifier import Notifier
from services.api.live.progress_polls import ProgressPoll, ProgressPolls
from services.api.live.recent_events import RecentEvents

#: Seconds between two checks of a listener's key: it may have been revoked.
CHECK_KEY_SECONDS = 20


class LiveUpdates:
    """Everything that listeners need: the recent events, the polls of progress, and the notifier of both."""

    def __init__(self, recent: RecentEvents, polls: ProgressPolls, notifier: Notifier) -> None:
        self.recent = recent
        self.polls = polls
        self.notifier = notifier

    async def listen(
        self,
        poll: ProgressPoll,
        playlist_id: str | None,
        last_event_id: str | None,
        key_is_valid: Callable[[], Awaitable[bool]],
    ) -> AsyncGenerator[ServerSentEvent, None]:
        """The events of one listener, until the API stops or the listener's key ends.

        `poll`: of the progress to send; its owner closes it. `last_event_id`: of the last event that the listener
        received before it lost its connection.
        """
        listener = Listener(self.recent, playlist_id, last_event_id)
        checked_at = time.monotonic()
        version = 0
        while not self.notifier.closed:
            if time.monotonic() - checked_at > CHECK_KEY_SECONDS:
                checked_at = time.monotonic()
                if not await key_is_valid():
                    return
            notification = self.notifier.next()
            for event in listener.next_events():
                yield event
            if poll.version != version:
                version = poll.version
                yield _progress(poll, listener.position)
            if not listener.has_more:
                seconds = listener.catch_up_seconds()
                await self.notifier.wait(notification, CHECK_KEY_SECONDS if seconds is None else seconds)


def _progress(poll: ProgressPoll, position: StreamPosition | None) -> ServerSentEvent:
    """Carries the listener's position as its id, so that a listener that received nothing else can resume too."""
    id_ = position.event_id() if position is not None else None
    return ServerSentEvent(event="progress", id=id_, raw_data=poll.data)
