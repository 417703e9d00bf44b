"""One client that listens to events: what it has received, and what it receives next."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from fastapi.sse import ServerSentEvent

from services.api.live.live_event import LiveEvent, StreamPosition
from services.api.live.recent_events import RecentEvents

#: Events sent at once.
BATCH = 500
#: Seconds that this replica has to read the stream up to a listener's position; after that the position is lost.
CATCH_UP_SECONDS = 5
#: How old an event may be and still be news to a new listener: clocks differ, and messages wait in queues.
MAX_AGE = timedelta(minutes=1)
#: Milliseconds after which a browser that lost its connection reconnects.
RETRY_MILLISECONDS = 2000


class Listener:
    """The position of one client in the stream."""

    def __init__(self, recent: RecentEvents, playlist_id: str | None, last_event_id: str | None) -> None:
        """`playlist_id`: send only events of this playlist. `last_event_id`: of the last event it received before."""
        self._recent = recent
        self._playlist_id = playlist_id
        self.position = StreamPosition.parse(last_event_id) if last_event_id is not None else recent.end()
        #: A new listener gets no old events, which an API that has just started is still reading.
        self._since = datetime.now(UTC) - MAX_AGE if last_event_id is None else None
        #: Whether it must start over: it sent an id that no event has, or its position is no longer held.
        self._lost = last_event_id is not None and self.position is None
        self._waiting_since: float | None = None
        #: Whether more events can be sent at once.
        self.has_more = False

    def next_events(self) -> Iterator[ServerSentEvent]:
        """The next batch of events, after a `reset` if some were missed for good."""
        if not self._lost and self.position is not None and not self._recent.holds(self.position):
            if self._recent.is_ahead(self.position) and self.catch_up_seconds() != 0:
                return
            self._lost = True
        self._waiting_since = None
        if self._lost:
            self._lost, self.position = False, self._recent.end()
            yield ServerSentEvent(event="reset", raw_data="{}")
        batch = self._recent.after(self.position, BATCH)
        self.has_more = len(batch) == BATCH
        for event in batch:
            self.position = event.position
            if self._wants(event):
                id_ = event.position.event_id()
                yield ServerSentEvent(event="happened", id=id_, raw_data=event.data, retry=RETRY_MILLISECONDS)

    def catch_up_seconds(self) -> float | None:
        """Seconds left until its position is lost; None if the stream has been read that far."""
        if self.position is None or not self._recent.is_ahead(self.position):
            return None
        now = time.monotonic()
        self._waiting_since = self._waiting_since or now
        return max(0, CATCH_UP_SECONDS - (now - self._waiting_since))

    def _wants(self, event: LiveEvent) -> bool:
        if not event.data:
            return False
        if self._since is not None and event.at is not None and event.at < self._since:
            return False
        return self._playlist_id is None or self._playlist_id in event.playlists
