"""Records one download in this process: its requests for media, and when their bytes arrived."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from services.scraper.measuring.arrivals import PEAK_SECONDS, Arrivals
from services.scraper.measuring.player import Playback, Thresholds, play
from services.scraper.measuring.sockets import listening
from services.scraper.measuring.time_index import HEAD_BYTES, time_index
from services.scraper.measuring.time_limit import TimeLimit
from services.scraper.measuring.transfer import MAX_REQUESTS, Media, MediaRequest, Redirect, Transfer

#: Seconds between two reads from which on they count as a pause of ours. Shorter ones the kernel's buffers bridge.
MIN_WAIT_SECONDS = 0.02
#: Characters of a host's name (RFC 1035, 2.3.4).
MAX_HOST = 253
_now = time.perf_counter


@dataclass
class _Hop:
    """The way to one server."""

    began: float
    host: str
    address: str | None = None
    resolving: float | None = None
    connecting: float | None = None
    securing: float | None = None
    #: When the connection was open and the request could be sent.
    ready: float = 0.0
    #: When bytes arrived last before the answer was returned, and how many did: the headers, perhaps some media.
    heads_at: float | None = None
    heads: int = 0


@dataclass
class OpenRequest:
    """A request for media that goes on."""

    began: float
    offset: int | None
    hop: _Hop
    redirects: list[Redirect] = field(default_factory=list)
    status: int | None = None
    answered: bool = False
    arrivals: Arrivals = field(default_factory=Arrivals)
    #: The same by what was read, for answers that no socket of ours brought.
    read: Arrivals = field(default_factory=Arrivals)
    last_read: float = 0.0
    waited: float = 0.0
    broken: bool = False
    #: Its time was up in the middle of it.
    cut: bool = False


class MeasuredAnswer:
    """An answer whose reading is noted. Everything else is the answer's own."""

    def __init__(self, answer: Any, request: OpenRequest, recorder: Recorder) -> None:
        self._answer, self._request, self._recorder = answer, request, recorder

    def read(self, amt: int | None = None) -> bytes:
        """Read some bytes, or all that are left."""
        began = _now()
        with ExitStack() as unless_read:
            unless_read.callback(self._recorder.broke, self._request)
            piece: bytes = self._answer.read(amt)
            unless_read.pop_all()
        self._recorder.has_read(self._request, piece, began)
        return piece

    def __getattr__(self, name: str) -> Any:
        return getattr(self._answer, name)


class Recorder:
    """The requests for media of one download. It listens to this process's sockets."""

    def __init__(self, limit: TimeLimit | None = None) -> None:
        """`limit`: how long the download may take; None: as long as it takes."""
        self._limit = limit
        self.receiving = False
        self.media: Media | None = None
        #: The IP address at which the source sees this machine, where it tells.
        self.public_address: str | None = None
        self._began_at: float | None = None
        self._began = self._ended = 0.0
        self._request: OpenRequest | None = None
        self._requests: list[MediaRequest] = []
        self._arrivals = Arrivals()
        self._count = self._interruptions = 0
        self._waited = self._transferring = 0.0
        self._transferred = 0
        #: The beginning of the file, which may say which bytes are which seconds.
        self._head = bytearray()
        self._peak_rate = 0.0

    # What sockets report: see `sockets.Listener`.

    def resolved(self, _: str, began: float, ended: float) -> None:
        """A name was resolved."""
        if self._request is not None and not self._request.answered:
            self._request.hop.resolving = (self._request.hop.resolving or 0.0) + ended - began

    def connected(self, address: str, began: float, ended: float) -> None:
        """A connection was opened."""
        if self._request is not None and not self._request.answered:
            hop = self._request.hop
            hop.address, hop.connecting, hop.ready = address, ended - began, ended

    def secured(self, began: float, ended: float) -> None:
        """TLS was set up."""
        if self._request is not None and not self._request.answered:
            hop = self._request.hop
            hop.securing, hop.ready = ended - began, ended

    def received(self, sock: socket.socket, size: int, at: float) -> None:
        """Bytes arrived."""
        request = self._request
        if request is None:
            return
        if request.answered:
            request.arrivals.add(at, size)
            return
        hop = request.hop
        hop.heads_at, hop.heads = at, hop.heads + size
        if hop.address is None and sock.family in (socket.AF_INET, socket.AF_INET6):
            hop.address = str(sock.getpeername()[0])

    # What the engine reports.

    def begin(self, url: str, offset: int | None) -> OpenRequest:
        """A request for media begins. `offset`: the first byte that it asks for."""
        now = _now()
        self._end()
        if self._began_at is None:
            self._began_at, self._began = time.time(), now
            if self._limit is not None:
                self._limit.begin()
        else:
            self._waited += max(0.0, now - self._ended)
        self._request = OpenRequest(now, offset, _Hop(now, _host(url), ready=now))
        self._ended = now
        self.receiving = True
        return self._request

    def redirected(self, status: int, url: str) -> None:
        """A server sent the current request elsewhere."""
        if self._request is not None:
            now = _now()
            self._request.redirects.append(Redirect(status, self._request.hop.host))
            self._request.hop = _Hop(now, _host(url), ready=now)

    def answered(self, request: OpenRequest, answer: Any) -> MeasuredAnswer:
        """The headers of an answer arrived. Returns it, so that its reading is noted."""
        request.status, request.answered = answer.status, True
        request.last_read = self._ended = _now()
        return MeasuredAnswer(answer, request, self)

    def refused(self, request: OpenRequest) -> None:
        """The request ended without media. It broke if there was no answer, not even an error's."""
        request.cut = self._time_is_up
        request.broken = request.status is None and not request.cut
        self._ended = _now()

    def broke(self, request: OpenRequest) -> None:
        """Reading an answer failed, or the time was up."""
        request.cut = self._time_is_up
        request.broken = not request.cut
        self._ended = _now()

    @property
    def _time_is_up(self) -> bool:
        return self._limit is not None and self._limit.is_over

    def forget_last(self) -> None:
        """What was requested last is no media, such as the playlist of a stream."""
        self._request, self.receiving = None, False

    def has_read(self, request: OpenRequest, piece: bytes, began: float) -> None:
        """Bytes of an answer were read; the reading began at `began`."""
        now, size = _now(), len(piece)
        if len(self._head) < HEAD_BYTES and (request.offset or 0) + request.read.bytes == len(self._head):
            self._head += piece[: HEAD_BYTES - len(self._head)]
        if request.read.bytes and (gap := began - request.last_read) >= MIN_WAIT_SECONDS:
            request.waited += gap
        request.read.add(now, size)
        request.last_read = self._ended = now

    def transfer(self, thresholds: Thresholds) -> Transfer | None:
        """Return what was recorded; None: no media was requested."""
        self._end()
        if self._began_at is None:
            return None
        playback = self._playback(thresholds)
        return Transfer(
            began_at=self._began_at,
            media=self.media,
            requests=tuple(self._requests),
            request_count=self._count,
            bytes=self._arrivals.bytes,
            seconds=self._ended - self._began,
            waited=self._waited,
            transferring=self._transferring,
            average_rate=self._transferred / self._transferring if self._transferring >= PEAK_SECONDS else None,
            peak_rate=self._peak_rate or None,
            interruptions=self._interruptions,
            playback=playback,
            bytes_at_start=self._bytes_by(playback.startup_delay if playback is not None else None),
        )

    def _end(self) -> None:
        """Add the current request to the sums."""
        request, self._request, self.receiving = self._request, None, False
        if request is None:
            return
        points = list(_points(request))
        for at, size in points:
            self._arrivals.add(at - self._began, size)
        first = points[0][0] if points else None
        if first is not None:
            self._transferring += max(0.0, points[-1][0] - first - request.waited)
            self._transferred += sum(size for _, size in points[1:])
        self._peak_rate = max(self._peak_rate, (request.arrivals if request.arrivals.bytes else request.read).peak_rate)
        self._waited += request.waited
        self._interruptions += request.broken
        self._count += 1
        if len(self._requests) < MAX_REQUESTS:
            size = sum(size for _, size in points) if request.cut else request.read.bytes
            self._requests.append(_described(request, first, self._ended, size))

    def _bytes_by(self, moment: float | None) -> int | None:
        """Bytes that had arrived by a moment, in seconds since the download began."""
        if moment is None:
            return None
        return max((so_far for at, so_far in self._arrivals if at <= moment), default=0)

    def _playback(self, thresholds: Thresholds) -> Playback | None:
        """Play what arrived: by the file's own index, else as if media were as dense everywhere as on average."""
        duration = self.media.duration if self.media is not None else None
        if not duration or self.media is None:
            return None
        rate = self.media.encoding_rate
        size = self.media.size or (rate * 125 * duration if rate else 0)
        # What arrived in full is the size, whatever the source said.
        size = max(size, self._arrivals.bytes)
        if not size:
            return None
        # The bytes of fragments are those of several files.
        is_file = self.media.protocol in ("http", "https")
        index = time_index(bytes(self._head), self.media.size, duration) if is_file else None

        def media_at(so_far: int) -> float:
            if so_far >= size:
                return duration
            return min(index.media_at(so_far), duration) if index is not None else duration * so_far / size

        heard = ((at, media_at(so_far)) for at, so_far in self._arrivals)
        return play(heard, self._ended - self._began, duration=duration, thresholds=thresholds)


def _points(request: OpenRequest) -> Iterator[tuple[float, int]]:
    """Yield (moment, bytes of media) of one request."""
    found = request.arrivals
    # What a cut read had of its block was never handed over, and arrived all the same.
    left = max(request.read.bytes, found.bytes) if request.cut else request.read.bytes
    if not found.bytes and not request.hop.heads:
        # No socket of ours brought it.
        found = request.read
    else:
        # What was read and did not arrive after the headers, arrived with them.
        with_heads = min(request.hop.heads, left - found.bytes)
        if with_heads > 0 and request.hop.heads_at is not None:
            yield request.hop.heads_at, with_heads
            left -= with_heads
    before = 0
    for at, so_far in found:
        # Framing of chunks arrives too, and is not read.
        size = min(so_far - before, left)
        if size > 0:
            yield at, size
        left -= size
        before = so_far


def _described(request: OpenRequest, first: float | None, ended: float, size: int) -> MediaRequest:
    hop = request.hop
    return MediaRequest(
        host=hop.host,
        address=hop.address,
        redirects=tuple(request.redirects),
        status=request.status,
        offset=request.offset,
        bytes=size,
        redirecting=hop.began - request.began,
        resolving=hop.resolving,
        connecting=hop.connecting,
        securing=hop.securing,
        first_byte=max(0.0, first - hop.ready) if first is not None else None,
        seconds=ended - request.began,
        reused=hop.connecting is None and hop.address is not None,
        broken=request.broken,
    )


def _host(url: str) -> str:
    """The host of an address, as far as a name may go: a redirect may name anything."""
    try:
        return (urlsplit(url).hostname or "").encode("ascii", "replace")[:MAX_HOST].decode()
    except ValueError:
        return ""


_current: Recorder | None = None


def current() -> Recorder | None:
    """The recorder of this process's download; None: nothing is measured."""
    return _current


@contextmanager
def recording(limit: TimeLimit | None = None) -> Iterator[Recorder]:
    """Record the download that runs in the block. `limit`: how long it may take."""
    global _current  # noqa: PLW0603  # a worker makes one download at a time
    _current = recorder = Recorder(limit)
    try:
        with listening(recorder):
            yield recorder
    finally:
        _current = None
