"""What goes into the worker processes and comes out of them: plain values, free of yt-dlp."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from services.scraper.engines.permits import PermitAddress
from services.scraper.failures import Evidence
from services.scraper.media.length import PromisedLength
from shared.catalog.documents import Metadata, SidecarKind
from shared.filters import Filters

#: What can be taken beside the sound, as the setting names it.
BESIDE = ("info", "thumbnail", "subtitles", "automatic-subtitles", "chapters")


#: What can fetch a video; see `engines`.
ENGINES = ("yt-dlp", "you-get", "converter")

#: The tabs of a channel that hold recordings of its own.
CHANNEL_TABS = ("videos", "streams", "shorts")


@dataclass(frozen=True)
class SourceRules:
    """How sources are asked, and what is taken of them."""

    #: Seconds between two requests.
    request_interval: float
    #: Patterns of extractor names.
    extractors: tuple[str, ...]
    #: Whether hosts that are not on the public internet may be asked, for development.
    private_hosts: bool = False
    #: "original", or the code of the language whose track is taken where a video has several.
    language: str = "original"
    #: Seconds and bytes that one video may have; 0: no limit.
    longest_seconds: float = 0
    largest_bytes: int = 0
    #: Bytes a second that one download may take; 0: as many as it gets.
    bytes_per_second: int = 0
    #: Bytes of memory that one worker process may have; 0: no limit.
    worker_bytes: int = 0
    #: Kinds of what is taken beside the sound (see `beside`); and whether its picture goes into the files.
    beside: tuple[str, ...] = ()
    cover: bool = False
    #: Seconds before each request for subtitles, which sources limit more than others.
    subtitle_interval: float = 0
    #: What fetches, in this order; and the base address of the converter.
    engines: tuple[str, ...] = ("yt-dlp",)
    converter_url: str | None = None
    #: The egress: its proxy, an account's cookies, the provider of its PO tokens.
    proxy: str | None = field(default=None, repr=False)
    cookies_file: Path | None = None
    po_token_provider: str | None = None
    #: Tabs of a channel that count as its recordings: videos, streams, shorts.
    channel_tabs: tuple[str, ...] = CHANNEL_TABS
    #: The video that is asked for: anything else that an address leads to is not taken. None: whatever is there.
    video_id: str | None = None
    #: It is taken if one of these takes it, or if there are none.
    filters: tuple[Filters, ...] = ()
    #: Names of the profiles that will be made of it, for which there must be room beside it.
    profiles: tuple[str, ...] = ()
    #: Where a worker asks for leave to ask the source; None: it may ask what it likes.
    permits: PermitAddress | None = None


@dataclass(frozen=True)
class Sidecar:
    """A file that lies beside the sound."""

    kind: SidecarKind
    path: Path
    #: Of subtitles; and whether a machine made them.
    language: str | None = None
    automatic: bool = False


@dataclass(frozen=True)
class Downloaded:
    """The source's audio as it lies on disk, and what the source says of it."""

    path: Path
    metadata: Metadata
    #: How long its sound must be.
    promised: PromisedLength
    source_codec: str | None
    source_bitrate_kbps: float | None
    source_format: str | None
    size_bytes: int
    #: Pages and calls that were asked of the source for it.
    requests: int
    #: Of its sound, where the source tells: hertz, channels.
    sample_rate: int | None = None
    channels: int | None = None
    #: The id of the video that came, by its source's word; None from an engine that tells nothing of it.
    found_id: str | None = None
    #: What fetched it.
    engine: str = "yt-dlp"
    beside: tuple[Sidecar, ...] = ()
    #: What was wanted beside it and could not be had, one sentence each.
    missing: tuple[str, ...] = ()
    #: The sound came, but then the source refused to be asked more.
    refused: Evidence | None = None


@dataclass(frozen=True)
class Served:
    """A source has served a video's pages and the beginning of its media; nothing of it is kept."""

    #: Pages and calls that were asked.
    requests: int


@dataclass(frozen=True)
class ListedPlaylist:
    """What a listing begins with."""

    title: str | None
    channel: str | None
    #: Entries that the source says it has; None where it says nothing.
    expected: int | None = None
    #: The id of its channel, where the source names it.
    channel_id: str | None = None


@dataclass(frozen=True)
class ListedVideo:
    """An entry of a listing."""

    video_id: str
    url: str
    title: str | None
    #: Seconds, where the listing says so.
    duration: float | None = None
    #: Who published it, where the listing says so.
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
    #: Whether the source contradicted itself or failed. False: it only ended where more was promised, which the same
    #: answer a second time makes believable.
    proven: bool = True


@dataclass(frozen=True)
class ListingEnded:
    """What a listing ends with that no error ended."""

    #: Pages and calls that were asked of the source.
    requests: int
    #: None: the source has shown its end.
    gap: ListingGap | None = None
    #: What was left out on purpose, a sentence each.
    left_out: tuple[str, ...] = ()


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

    def answers(self, recent: frozenset[str]) -> bool:
        """Whether no more need be read: nothing has changed, or what is new stands above something that is known."""
        return self.unchanged or any(entry.video_id in recent for entry in self.entries)


#: What a listing yields; its last item is one of the last two.
Listed = ListedPlaylist | ListedVideo | Evidence | ListingEnded
#: What a look yields: perhaps a feed, and where that does not answer, a listing.
Looked = FeedRead | Listed
