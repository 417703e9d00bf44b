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
        self._recent: deque[tuple[float, int]] = deque()
        #: When the newest point began; it goes on until an arrival that is too late for it.
        self._began = float("-inf")
        self.spacing = _FINEST_SECONDS
        self.bytes = 0
        #: When the first and the last bytes arrived, in seconds; None: none did.
        self.first: float | None = None
        self.last: float | None = None
        self._peak_rate = 0.0

    def add(self, at: float, size: int) -> None:
        """`size` bytes arrived at the moment `at`, in seconds, which never falls. For each piece: it is short."""
        if at - self._began >= self.spacing:
            self._close_point()
            self._began = at
            if self.first is None:
                self.first = at
        self.bytes += size
        self.last = at

    def __iter__(self) -> Iterator[tuple[float, int]]:
        """Yield (seconds, bytes so far), in order."""
        self._close_point()
        return iter(self._points)

    @property
    def peak_rate(self) -> float:
        """Bytes per second over the best time of at least 10 ms; 0: no two points lie that far apart."""
        self._close_point()
        return self._peak_rate

    def _close_point(self) -> None:
        if self.last is None:
            return
        point = self.last, self.bytes
        if self._points and self._points[-1] == point:
            return
        self._points.append(point)
        self._note_peak(*point)
        if len(self._points) > self._max_points:
            self._thin()

    def _note_peak(self, at: float, total: int) -> None:
        recent = self._recent
        while len(recent) > 1 and at - recent[1][0] >= PEAK_SECONDS:
            recent.popleft()
        # A rate needs a beginning: what arrives first, arrived over an unknown time.
        if recent and (passed := at - recent[0][0]) >= PEAK_SECONDS:
            self._peak_rate = max(self._peak_rate, (total - recent[0][1]) / passed)
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
