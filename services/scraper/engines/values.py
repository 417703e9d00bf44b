"""The input and output of worker processes: plain values, independent of yt-dlp."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from services.scraper.engines.permits import PermitAddress
from services.scraper.failures import Evidence
from services.scraper.measuring.pings import Ping
from services.scraper.measuring.player import Thresholds
from services.scraper.measuring.transfer import Transfer
from services.scraper.media.length import PromisedLength
from services.scraper.sites.routes import SiteRoute
from shared.catalog.documents import Metadata, SidecarKind
from shared.filters import Filters

#: Kinds of sidecars, as the setting names them.
BESIDE = ("info", "thumbnail", "subtitles", "automatic-subtitles", "chapters")


#: Names of the engines.
ENGINES = ("yt-dlp", "you-get", "converter")

#: The tabs of a channel that hold recordings of its own.
CHANNEL_TABS = ("videos", "streams", "shorts")


@dataclass(frozen=True)
class SourceRules:
    """How sources are requested, and what is downloaded from them."""

    #: Seconds between two requests.
    request_interval: float
    #: Patterns of the names of allowed extractors.
    extractors: tuple[str, ...]
    #: Whether hosts that are not on the public internet may be requested, for development.
    private_hosts: bool = False
    #: "original", or the code of the language whose track is downloaded if a video has several.
    language: str = "original"
    #: Maximum seconds and bytes of one video; 0: no limit.
    longest_seconds: float = 0
    largest_bytes: int = 0
    #: Maximum bytes per second of one download; 0: no limit.
    bytes_per_second: int = 0
    #: Maximum bytes of memory of one worker process; 0: no limit.
    worker_bytes: int = 0
    #: Kinds of sidecars to download (see `sidecars`); and whether the thumbnail is embedded in the files.
    beside: tuple[str, ...] = ()
    cover: bool = False
    #: Seconds before each request for subtitles, which sources limit more than others.
    subtitle_interval: float = 0
    #: The engines in the order in which they are tried; and the base address of the converter.
    engines: tuple[str, ...] = ("yt-dlp",)
    converter_url: str | None = None
    #: The egress: its proxy, the cookies of its account, the provider of its PO tokens.
    proxy: str | None = field(default=None, repr=False)
    cookies_file: Path | None = None
    po_token_provider: str | None = None
    #: Addresses (dns://…) of the resolvers that may be asked although they are not on the public internet.
    resolvers: tuple[str, ...] = ()
    #: The installed sites that may be used; they come before yt-dlp's extractors.
    sites: tuple[SiteRoute, ...] = ()
    #: Tabs of a channel that count as its recordings: videos, streams, shorts.
    channel_tabs: tuple[str, ...] = CHANNEL_TABS
    #: Id of the requested video: any other video at the address is refused. None: any video is accepted.
    video_id: str | None = None
    #: It is taken if one of these takes it, or if there are none.
    filters: tuple[Filters, ...] = ()
    #: Names of the profiles to be made of it, whose files need space besides the source.
    profiles: tuple[str, ...] = ()
    #: Where a worker asks for permits; None: it needs none.
    permits: PermitAddress | None = None
    #: The player for which downloads are measured; None: they are not measured.
    player: Thresholds | None = None


@dataclass(frozen=True)
class Sidecar:
    """A downloaded sidecar file."""

    kind: SidecarKind
    path: Path
    #: Language of subtitles; and whether a machine made them.
    language: str | None = None
    automatic: bool = False


@dataclass(frozen=True)
class Downloaded:
    """The downloaded audio, and what the source says of it."""

    path: Path
    metadata: Metadata
    #: The lengths that its source declares.
    promised: PromisedLength
    source_codec: str | None
    source_bitrate_kbps: float | None
    source_format: str | None
    size_bytes: int
    #: Pages and calls that were requested from the source for it.
    requests: int
    #: Sample rate in hertz and channels, if the source says them.
    sample_rate: int | None = None
    channels: int | None = None
    #: Id of the downloaded video, as its source says; None if the engine does not report it.
    found_id: str | None = None
    #: The engine that fetched it.
    engine: str = "yt-dlp"
    beside: tuple[Sidecar, ...] = ()
    #: Wanted sidecars that are unavailable, one sentence each.
    missing: tuple[str, ...] = ()
    #: Set if the source refused further requests after the audio was downloaded.
    refused: Evidence | None = None


@dataclass(frozen=True)
class Fetched:
    """What a worker returns of a download: how it ended, and what was measured of it."""

    result: Downloaded | Evidence
    #: None: no media was requested, or nothing is measured.
    transfer: Transfer | None = None
    #: The engine that measures, and its version.
    engine: str = "yt-dlp"
    engine_version: str | None = None
    #: The IP address at which the source sees the egress, where it tells.
    public_address: str | None = None


@dataclass(frozen=True)
class ProbePlan:
    """How a download is measured for a crawl."""

    #: After so many seconds each download ends; None: with the recording.
    seconds: float | None
    #: The resolvers that name the server of the media, one after the other.
    resolvers: tuple[str, ...]
    #: Packets that measure the round trip to each server.
    pings: int


@dataclass(frozen=True)
class ProbedDownload:
    """One download of which nothing was kept."""

    #: The resolver that was asked.
    resolver: str
    #: None: no media was requested.
    transfer: Transfer | None
    ping: Ping | None = None
    #: Why it did not come to its end; None: it did.
    trouble: Evidence | None = None


@dataclass(frozen=True)
class Probed:
    """The downloads of one video, one for each resolver."""

    downloads: tuple[ProbedDownload, ...]
    title: str | None
    engine_version: str | None
    #: Pages and calls that were requested.
    requests: int
    #: The IP address at which the source sees the egress, where it tells.
    public_address: str | None = None


@dataclass(frozen=True)
class Served:
    """A source served a video's pages and the beginning of its media; nothing of them is kept."""

    #: Pages and calls that were requested.
    requests: int


@dataclass(frozen=True)
class ListedPlaylist:
    """The playlist itself: the first item of a listing."""

    title: str | None
    channel: str | None
    #: Number of entries by the source's word; None if it gives none.
    expected: int | None = None
    #: The id of its channel, where the source names it.
    channel_id: str | None = None


@dataclass(frozen=True)
class ListedVideo:
    """An entry of a listing."""

    video_id: str
    url: str
    title: str | None
    #: Seconds, if the listing says them.
    duration: float | None = None
    #: Its channel, if the listing says it.
    channel: str | None = None
    #: When, where the listing says so: UTC; midnight, if only the day is known.
    published: datetime | None = None
    #: Whether it is or was a live stream, where the listing says so.
    live: bool | None = None


@dataclass(frozen=True)
class ListingGap:
    """Why a listing that ended does not count as complete."""

    #: One sentence, for people.
    detail: str
    #: Whether the source contradicted itself or failed. False: the list only ended before the promised number of
    #: entries, which is believed if it happens twice.
    proven: bool = True


@dataclass(frozen=True)
class ListingEnded:
    """The last item of a listing that ended without an error."""

    #: Pages and calls that were requested from the source.
    requests: int
    #: Why it does not count as complete; None: it does.
    gap: ListingGap | None = None
    #: Parts that were left out on purpose, one sentence each.
    left_out: tuple[str, ...] = ()
    #: Whether reading stopped where no more was wanted: the list may have more.
    stopped: bool = False


def gap_of(ended: ListingEnded | None) -> ListingGap | None:
    """Return why a listing that ended so does not count as complete; None: it does. `ended` is None without an end."""
    return ended.gap if ended is not None else ListingGap("The listing ended without an end.")


@dataclass(frozen=True)
class LookPlan:
    """How a followed source is looked at: what is known of it, and where reading may stop."""

    #: The address of its feed; None: it has none, or the list is to be read.
    feed: str | None = None
    #: What the feed's server sent with the last answer, to be told that nothing has changed.
    etag: str | None = None
    modified: str | None = None
    #: Ids of the newest entries at the last look.
    recent: frozenset[str] = frozenset()
    #: The list is read until so many of those come in a row; 0: to its end.
    known_run: int = 0
    #: Entries read at most; None: as many as there are.
    limit: int | None = None


@dataclass(frozen=True)
class NamedHub:
    """The hub that tells of a feed's changes, and the address by which it knows the feed; None: there is no hub."""

    hub: str | None = None
    topic: str | None = None


@dataclass(frozen=True)
class FeedRead:
    """What reading a feed has shown. A feed is a hint: what it does not say may be all the same."""

    #: The server said that nothing has changed.
    unchanged: bool = False
    entries: tuple[ListedVideo, ...] = ()
    etag: str | None = None
    modified: str | None = None
    requests: int = 0
    #: Why it says nothing: 404, 500, no feed, no entries.
    unknown: str | None = None
    #: None: it was not read, or has not changed.
    named_hub: NamedHub | None = None

    def answers(self, recent: frozenset[str]) -> bool:
        """Whether no more need be read: nothing has changed, or what is new stands above something that is known."""
        return self.unchanged or any(entry.video_id in recent for entry in self.entries)


#: The items of a listing; the last one is Evidence or ListingEnded.
Listed = ListedPlaylist | ListedVideo | Evidence | ListingEnded
#: What a look yields: perhaps a feed, and where that does not answer, a listing.
Looked = FeedRead | Listed
