"""What one listener is told, in its order: how far things are, and what happened since it last heard."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta

from fastapi.sse import ServerSentEvent

from services.api.live.live_event import LiveEvent, Place
from services.api.live.notifier import Notifier
from services.api.live.recent import Recent
from services.api.live.scoreboards import Scoreboard, Scoreboards

#: Happenings told at once.
BATCH = 500
#: Seconds that a replica has to read up to where a listener was; beyond it that place is lost.
CATCH_UP_SECONDS = 5
#: How late an event may be and still be news to a new listener: clocks differ, and queues take their time.
LATE = timedelta(minutes=1)
#: Seconds after which a listener's key is looked at again: it may have been revoked.
LOOK_AT_KEY_SECONDS = 20
#: Milliseconds after which a browser that lost the connection comes again.
RETRY_MILLISECONDS = 2000


class Live:
    """All that listeners need."""

    def __init__(self, recent: Recent, scoreboards: Scoreboards, notifier: Notifier) -> None:
        self.recent = recent
        self.scoreboards = scoreboards
        self.notifier = notifier

    async def listen(
        self,
        board: Scoreboard,
        playlist_id: str | None,
        last_event_id: str | None,
        still_welcome: Callable[[], Awaitable[bool]],
    ) -> AsyncGenerator[ServerSentEvent, None]:
        """Events for one listener, until the API stops or it is no longer welcome.

        `board`: what it watches; whoever opened it closes it. `last_event_id`: of the last event it got, if it comes
        again.
        """
        listener = _Listener(self.recent, playlist_id, last_event_id)
        looked = time.monotonic()
        version = 0
        while not self.notifier.closed:
            if time.monotonic() - looked > LOOK_AT_KEY_SECONDS:
                looked = time.monotonic()
                if not await still_welcome():
                    return
            ring = self.notifier.next()
            for event in listener.news():
                yield event
            if board.version != version:
                version = board.version
                yield _progress(board, listener.place)
            if not listener.more:
                patience = listener.patience()
                await self.notifier.wait(ring, LOOK_AT_KEY_SECONDS if patience is None else patience)


class _Listener:
    """How far one listener is."""

    def __init__(self, recent: Recent, playlist_id: str | None, last_event_id: str | None) -> None:
        self._recent = recent
        self._playlist_id = playlist_id
        self.place = Place.parse(last_event_id) if last_event_id is not None else recent.end()
        #: A new listener is not told the past, which an API that just started is still reading.
        self._since = datetime.now(UTC) - LATE if last_event_id is None else None
        #: It said something that was never given out.
        self._lost = last_event_id is not None and self.place is None
        self._waiting_since: float | None = None
        #: Whether there is more to tell at once.
        self.more = False

    def news(self) -> Iterator[ServerSentEvent]:
        """What it has not been told yet."""
        if not self._lost and self.place is not None and not self._recent.holds(self.place):
            if self._recent.is_ahead(self.place) and self.patience() != 0:
                return
            self._lost = True
        self._waiting_since = None
        if self._lost:
            self._lost, self.place = False, self._recent.end()
            yield ServerSentEvent(event="reset", raw_data="{}")
        found = self._recent.after(self.place, BATCH)
        self.more = len(found) == BATCH
        for each in found:
            self.place = each.place
            if self._concerns(each):
                yield ServerSentEvent(
                    event="happened", id=each.place.text(), raw_data=each.data, retry=RETRY_MILLISECONDS
                )

    def patience(self) -> float | None:
        """Seconds that it still waits for its place to be read; None if it waits for news alone."""
        if self.place is None or not self._recent.is_ahead(self.place):
            return None
        now = time.monotonic()
        self._waiting_since = self._waiting_since or now
        return max(0, CATCH_UP_SECONDS - (now - self._waiting_since))

    def _concerns(self, happening: LiveEvent) -> bool:
        if not happening.data:
            return False
        if self._since is not None and happening.at is not None and happening.at < self._since:
            return False
        return self._playlist_id is None or self._playlist_id in happening.playlists


def _progress(board: Scoreboard, place: Place | None) -> ServerSentEvent:
    """With the listener's place as its id: who has heard nothing else yet goes on from there, too."""
    return ServerSentEvent(event="progress", id=place.text() if place is not None else None, raw_data=board.data)
