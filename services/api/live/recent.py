"""What happened lately, in its order and in bounded memory."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from services.api.live.live_event import LiveEvent, Place

#: Happenings that are remembered; at some 500 bytes each this is 10 MB.
REMEMBERED = 20_000
#: Characters of what is told of them; beyond it fewer are remembered.
REMEMBERED_CHARACTERS = 32 * 2**20
#: Of these the oldest are forgotten together.
FORGOTTEN_AT_ONCE = 1000


class Recent:
    """The last happenings. Offsets in it grow by one; when they do not, the stream began anew, and so does this."""

    def __init__(self, remembered: int = REMEMBERED) -> None:
        self._remembered = remembered
        self._happenings: list[LiveEvent] = []
        self._characters = 0

    def add(self, happening: LiveEvent) -> None:
        """Take the next one."""
        end = self.end()
        if end is not None and happening.place.offset != end.offset + 1:
            self._forget(len(self._happenings))
        self._happenings.append(happening)
        self._characters += len(happening.data)
        if len(self._happenings) >= self._remembered + FORGOTTEN_AT_ONCE:
            self._forget(FORGOTTEN_AT_ONCE)
        while self._characters > REMEMBERED_CHARACTERS and len(self._happenings) > 1:
            self._forget(max(1, len(self._happenings) // 20))

    def _forget(self, number: int) -> None:
        """Forget so many of the oldest."""
        self._characters -= sum(len(happening.data) for happening in self._happenings[:number])
        del self._happenings[:number]

    def end(self) -> Place | None:
        """The last place; None while there is nothing."""
        return self._happenings[-1].place if self._happenings else None

    def holds(self, place: Place) -> bool:
        """Whether it is known what came after `place`."""
        at = self._index(place)
        return at is not None and self._happenings[at].place.check == place.check

    def is_ahead(self, place: Place) -> bool:
        """Whether `place` lies beyond the end: it may come yet, if the stream is still being read."""
        end = self.end()
        return end is None or place.offset > end.offset

    def after(self, place: Place | None, most: int) -> Sequence[LiveEvent]:
        """Up to `most` happenings after a place that it holds; None: from the oldest on."""
        first = 0 if place is None else (self._index(place) or 0) + 1
        return list(islice(self._happenings, first, first + most))

    def _index(self, place: Place) -> int | None:
        if not self._happenings:
            return None
        index = place.offset - self._happenings[0].place.offset
        return index if 0 <= index < len(self._happenings) else None
