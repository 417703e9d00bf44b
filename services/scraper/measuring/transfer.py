"""What was measured of one download: plain values. All times in seconds, sizes in bytes, rates in bytes per second."""

from __future__ import annotations

from dataclasses import dataclass

from services.scraper.measuring.player import Playback

#: Requests of one download that are described one by one; there are sums for all of them.
MAX_REQUESTS = 20


@dataclass(frozen=True)
class Media:
    """The chosen format, as its source describes it. None: the source does not say."""

    format: str | None
    extension: str | None
    #: http, https, m3u8_native, http_dash_segments …
    protocol: str | None
    codec: str | None
    #: kbit/s.
    encoding_rate: float | None
    duration: float | None
    size: int | None


@dataclass(frozen=True)
class Redirect:
    """A server sent the request elsewhere."""

    status: int
    host: str


@dataclass(frozen=True)
class MediaRequest:
    """One request for media. Times are those of the server that answered in the end; None: unknown, or not needed."""

    host: str
    #: The server's IP address; the proxy's where there is one.
    address: str | None
    redirects: tuple[Redirect, ...]
    #: HTTP status; None: no answer.
    status: int | None
    #: The first byte that was asked for; None: the request named none.
    offset: int | None
    bytes: int
    #: Until the last redirect.
    redirecting: float
    resolving: float | None
    connecting: float | None
    securing: float | None
    #: From the request on an open connection to the first byte of media.
    first_byte: float | None
    #: From the beginning to the end of the request.
    seconds: float
    #: The connection was that of an earlier request.
    reused: bool
    #: It broke before its end.
    broken: bool


@dataclass(frozen=True)
class Transfer:
    """One download: its requests, and their sums."""

    #: Seconds since the epoch at which it began.
    began_at: float
    media: Media | None
    #: The first of them.
    requests: tuple[MediaRequest, ...]
    request_count: int
    bytes: int
    #: From the beginning of the first request to the end of the last.
    seconds: float
    #: Of those, in which we asked nothing of the network: limits of our own, the disk, pauses before another try.
    waited: float
    #: In which media arrived: from the first byte of each request to its last, without what we waited.
    transferring: float
    #: Over the time in which media arrived; None: too short to say.
    average_rate: float | None
    #: Over the best 10 ms; None: too short to say.
    peak_rate: float | None
    #: Requests that broke.
    interruptions: int
    #: None: without a duration nothing can be played.
    playback: Playback | None
    #: Bytes that had arrived when it began to play; None: it never did.
    bytes_at_start: int | None
