"""When the bytes of a download arrived, in bounded memory, and the highest rate among them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

#: Points kept at most. Beyond it, neighbours are joined: see `Arrivals`.
MAX_POINTS = 16_384
#: Seconds: the shortest time over which a rate says something.
PEAK_SECONDS = 0.010
_FINEST_SECONDS = 0.001


class Arrivals:
    """Points (seconds, bytes so far). Points closer than `spacing` seconds are one, at the time of the later.

    The spacing begins at a millisecond and doubles when there are too many points: to 64 ms after a quarter of an hour
    of download without a pause.
    """

    def __init__(self, max_points: int = MAX_POINTS) -> None:
        self._points: list[tuple[float, int]] = []
        self._max_points = max_points
        self._first_of_last = 0.0
        self._recent: deque[tuple[float, int]] = deque()
        self.spacing = _FINEST_SECONDS
        self.bytes = 0
        #: When the first and the last bytes arrived, in seconds; None: none did.
        self.first: float | None = None
        self.last: float | None = None
        #: Bytes per second; 0: no two points lie far enough apart.
        self.peak_rate = 0.0

    def add(self, at: float, size: int) -> None:
        """`size` bytes arrived at the moment `at`, in seconds, which never falls."""
        self._note_peak(at, size)
        self.bytes += size
        self.first, self.last = at if self.first is None else self.first, at
        if self._points and at - self._first_of_last < self.spacing:
            self._points[-1] = (at, self.bytes)
            return
        self._points.append((at, self.bytes))
        self._first_of_last = at
        if len(self._points) > self._max_points:
            self._thin()

    def __iter__(self) -> Iterator[tuple[float, int]]:
        """Yield (seconds, bytes so far), in order."""
        return iter(self._points)

    def _note_peak(self, at: float, size: int) -> None:
        recent, total = self._recent, self.bytes + size
        if not recent:
            # A rate needs a beginning: what arrives first, arrived over an unknown time.
            recent.append((at, total))
            return
        while len(recent) > 1 and at - recent[1][0] >= PEAK_SECONDS:
            recent.popleft()
        passed = at - recent[0][0]
        if passed >= PEAK_SECONDS:
            self.peak_rate = max(self.peak_rate, (total - recent[0][1]) / passed)
        recent.append((at, total))

    def _thin(self) -> None:
        self.spacing *= 2
        kept: list[tuple[float, int]] = []
        begin = float("-inf")
        for point in self._points:
            if point[0] - begin < self.spacing:
                kept[-1] = point
            else:
                kept.append(point)
                begin = point[0]
        self._points = kept
        self._first_of_last = begin
