"""Messages about how well videos download.

Seconds are seconds, sizes bytes, rates bytes per second. None: unknown, or not to be said.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shared.contracts.base import Message, Time, VideoId, WebUrl
from shared.contracts.crawl import CrawlName, Resolver, TaskId
from shared.untrusted.bounds import MAX_COUNT, MAX_INTEGER, MAX_KBPS, MAX_SECONDS
from shared.untrusted.text import Encodable, SourceLine

#: Requests of one download that are described one by one.
MAX_REQUESTS = 20
#: Redirects of one request that are described.
MAX_REDIRECTS = 10

Word = Annotated[Encodable, StringConstraints(max_length=300)]
Seconds = Annotated[float, Field(ge=0, le=MAX_SECONDS)]
Bytes = Annotated[int, Field(ge=0, le=MAX_INTEGER)]
Rate = Annotated[float, Field(ge=0, le=MAX_INTEGER)]
Count = Annotated[int, Field(ge=0, le=MAX_COUNT)]
Status = Annotated[int, Field(ge=100, le=999)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class MeasuredMedia(_Part):
    """The chosen format, as its source describes it."""

    format: Word | None = None
    extension: Word | None = None
    protocol: Word | None = Field(None, description="How it is sent: http, https, m3u8_native, …")
    codec: Word | None = None
    encoding_kbps: Annotated[float, Field(ge=0, le=MAX_KBPS)] | None = Field(None, description="kbit/s.")
    duration_seconds: Seconds | None = None
    size_bytes: Bytes | None = None


class MeasuredRedirect(_Part):
    """A server sent a request elsewhere."""

    status: Status
    host: Word


class MeasuredRequest(_Part):
    """One request for media. Its times are those of the server that answered in the end."""

    host: Word
    address: Word | None = Field(None, description="The server's IP address.")
    redirects: tuple[MeasuredRedirect, ...] = Field((), max_length=MAX_REDIRECTS)
    status: Status | None = Field(None, description="HTTP status.")
    offset_bytes: Bytes | None = Field(None, description="The first byte that was asked for.")
    bytes: Bytes
    redirect_seconds: Seconds = Field(description="Until the last redirect.")
    resolve_seconds: Seconds | None = None
    connect_seconds: Seconds | None = None
    tls_seconds: Seconds | None = None
    first_byte_seconds: Seconds | None = Field(
        None, description="From the request on an open connection to the first byte of media."
    )
    seconds: Seconds
    reused: bool = Field(description="The connection was that of an earlier request.")
    broken: bool = Field(description="It broke before its end.")


class MeasuredTransfer(_Part):
    """All requests for the media of one download."""

    requests: tuple[MeasuredRequest, ...] = Field((), max_length=MAX_REQUESTS, description="The first of them.")
    request_count: Count
    bytes: Bytes
    seconds: Seconds = Field(description="From the beginning of the first request to the end of the last.")
    waited_seconds: Seconds = Field(
        description="Of those, in which nothing was asked of the network: limits of our own, the disk, pauses."
    )
    transfer_seconds: Seconds = Field(description="In which media arrived, without what was waited.")
    average_rate: Rate | None = Field(None, description="Bytes per second, over the time in which media arrived.")
    peak_rate: Rate | None = Field(None, description="Bytes per second, over the best 10 ms.")
    interruptions: Count = Field(description="Requests that broke.")
    proxied: bool = Field(False, description="Through a proxy, so that no address of a server is known.")
    resolver: Word | None = Field(None, description="What resolved the host's name: system, or an address.")


class MeasuredPlayback(_Part):
    """What a player would have done with it."""

    startup_seconds: Seconds | None = Field(
        None, description="From the beginning of the download until it played; null: it never did."
    )
    startup_bytes: Bytes | None = Field(None, description="That had arrived then.")
    startup_buffer_seconds: Seconds | None = Field(None, description="Of media, that had arrived then.")
    stalls: Count
    stalled_seconds: Seconds
    played_seconds: Seconds = Field(description="Of media, until the download ended.")
    buffered_seconds: Seconds = Field(description="Of media that had arrived then and was not played.")


class MeasuredPing(_Part):
    """Round trips to the server that sent the media. Seconds; null: no packet came back."""

    method: Literal["icmp", "tcp"] = Field(description="icmp: echo requests; tcp: the times to open a connection.")
    sent: Count
    received: Count
    minimum_seconds: Seconds | None = None
    average_seconds: Seconds | None = None
    maximum_seconds: Seconds | None = None


class DownloadMeasured(Message):
    """How a download went. There is one for each attempt that came to its download, good or bad.

    Of a crawl there is one for each video and resolver; nothing of such a download is kept.
    """

    type: ClassVar[str] = "download.measured.v1"

    video_id: VideoId
    url: WebUrl
    token: int = Field(ge=1, le=MAX_COUNT, description="The fencing token of the attempt, which identifies it.")
    measured_at: Time = Field(description="When the download began.")
    purpose: Literal["archive", "probe"] = Field("archive", description="Whether the recording was wanted.")
    source: Word
    egress: Word
    provider: Word = Field("", description="The internet provider of the egress, as its operator calls it.")
    scraper: Word
    engine: Word
    engine_version: Word | None = None
    result: Literal["downloaded", "failed"]
    reason: Word | None = Field(None, description="Why it failed: see docs/failures.md.")
    title: SourceLine | None = None
    public_address: Word | None = Field(
        None, description="The IP address at which the source sees the egress. Only where SCRAPER_NO_IP is false."
    )
    media: MeasuredMedia | None = None
    transfer: MeasuredTransfer | None = Field(None, description="null: no media was requested.")
    playback: MeasuredPlayback | None = Field(None, description="null: without a duration nothing can be played.")
    crawl: CrawlName | None = Field(None, description="The crawl that it was made for.")
    task: TaskId | None = Field(None, description="The task of that crawl.")
    asked_resolver: Resolver | None = Field(None, description="The resolver that the crawl asked for.")
    wanted_seconds: Seconds | None = Field(
        None, description="The download was to end after that time; null: with the recording."
    )
    ping: MeasuredPing | None = None

    def identity(self) -> tuple[Any, ...]:
        if self.task is not None:
            return (self.purpose, self.task, self.asked_resolver)
        return (self.purpose, self.video_id, self.token)
