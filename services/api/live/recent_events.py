"""Keeps the latest events in their order and in bounded memory."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from services.api.live.live_event import LiveEvent, StreamPosition

#: Events kept; at about 500 bytes each they take 10 MB.
MAX_EVENTS = 20_000
#: Characters of their data kept; when events are long, fewer are kept.
MAX_CHARACTERS = 32 * 2**20
#: The oldest events are dropped in batches of this size.
DROPPED_AT_ONCE = 1000


class RecentEvents:
    """The latest events. Their offsets are consecutive; an offset that is not means that the stream restarted."""

    def __init__(self, max_events: int = MAX_EVENTS) -> None:
        self._max_events = max_events
        self._events: list[LiveEvent] = []
        self._characters = 0

    def add(self, event: LiveEvent) -> None:
        """Append the next event. After a restart of the stream, all earlier events are dropped."""
        end = self.end()
        if end is not None and event.position.offset != end.offset + 1:
            self._drop(len(self._events))
        self._events.append(event)
        self._characters += len(event.data)
        if len(self._events) >= self._max_events + DROPPED_AT_ONCE:
            self._drop(DROPPED_AT_ONCE)
        while self._characters > MAX_CHARACTERS and len(self._events) > 1:
            self._drop(max(1, len(self._events) // 20))

    def _drop(self, number: int) -> None:
        """Drop the oldest `number` events."""
        self._characters -= sum(len(event.data) for event in self._events[:number])
        del self._events[:number]

    def end(self) -> StreamPosition | None:
        """The position of the last event; None while there is none."""
        return self._events[-1].position if self._events else None

    def holds(self, position: StreamPosition) -> bool:
        """Whether every event after `position` is still here."""
        index = self._index(position)
        return index is not None and self._events[index].position.check == position.check

    def is_ahead(self, position: StreamPosition) -> bool:
        """Whether `position` is beyond the end: it may still come while the stream is being read."""
        end = self.end()
        return end is None or position.offset > end.offset

    def after(self, position: StreamPosition | None, most: int) -> Sequence[LiveEvent]:
        """Up to `most` events after a position that is held; None: from the oldest event on."""
        first = 0 if position is None else (self._index(position) or 0) + 1
        return list(islice(self._events, first, first + most))

    def _index(self, position: StreamPosition) -> int | None:
        if not self._events:
            return None
        index = position.offset - self._events[0].position.offset
        return index if 0 <= index < len(self._events) else None
