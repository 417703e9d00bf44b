"""The contents of the site: videos with their troubles, playlists with their order, and the counted requests."""

from __future__ import annotations

import dataclasses
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any, Literal

from dev.site.broken_listing import BrokenPage, How
from dev.site.conditions import Conditions
from dev.site.trouble import Trouble, trouble_named

#: Number of requests in the log; older ones are only counted.
LOG_LENGTH = 100_000


#: Fields of a video that are lists in JSON.
_LISTS = ("codecs", "dubs", "subtitles", "fragments_missing")


@dataclass(frozen=True)
class SiteVideo:
    """One video of the site. `id` has 11 characters of `[0-9A-Za-z_-]`, as on YouTube."""

    id: str
    title: str
    seconds: float = 5
    sound: Literal["speech", "music"] = "speech"
    #: Selects one of several recordings of a sound and length; videos with the same number share their bytes.
    take: int = 0
    #: "opus" and "m4a" as YouTube offers them; opus, the better one, is chosen if both exist.
    codecs: tuple[str, ...] = ("opus", "m4a")
    #: Language of the sound; with `dubs` it is the original.
    language: str | None = None
    #: Languages of its dubs; they are listed before the original, and the first is the default track.
    dubs: tuple[str, ...] = ()
    #: Whether the original is among the tracks, and whether it is labelled as the original.
    original_offered: bool = True
    original_named: bool = True
    #: Language of the automatic captions, if there are any; and the languages of those that people wrote.
    captions: str | None = None
    subtitles: tuple[str, ...] = ()
    #: HTTP status of the answer to requests for any of them.
    captions_status: int = 200
    #: Whether it has a picture.
    cover: bool = True
    #: Sample rate of the m4a sound in Hz; opus always has 48 000.
    sample_rate: int = 44_100
    channel: str = "Local Site"
    licence: str | None = None
    description: str = ""
    upload_date: str = "2026-03-14"
    #: Unix time at which it was published, as its feed says; 0: at the beginning of that day.
    published_at: float = 0
    trouble: Trouble = "none"
    #: The trouble affects this many first attempts (page requests); None: every one.
    trouble_tries: int | None = None
    #: Whether listings show a placeholder for a private or removed video, as YouTube's do.
    placeholder: bool = True
    #: Unix time at which a premiere begins.
    premieres_at: float = 0
    #: Unix time at which a live event ends; 0: no live event. And at which its recording is ready; 0: at once.
    live_until: float = 0
    processed_at: float = 0
    #: Seconds of the advertisement before it; until then its media is refused with a 403.
    advertisement_seconds: int = 0
    #: Whether addresses contain a challenge; media is refused with a 403 unless the player's script has solved it.
    challenge: bool = False
    #: Speed of the media in bytes a second; 0: no limit.
    bytes_per_second: int = 0
    #: Seconds of each fragment of the sound; 0: one piece. And the numbers of missing fragments, from 0.
    fragment_seconds: float = 0
    fragments_missing: tuple[int, ...] = ()
    #: A text that replaces the playlist of the fragments; and one that replaces the media, its bytes as Latin-1.
    manifest: str = ""
    media_text: str = ""
    #: Seconds that are missing in the sound, although everything else states that it is whole; and their place.
    hole_seconds: float = 0
    hole_at: Literal["begin", "middle", "end"] = "middle"
    #: Duration in seconds that the page states; None: that of its sound.
    page_seconds: float | None = None
    #: The stated address of the media, instead of one on the site; and the target to which the site's media redirects.
    media_url: str = ""
    media_redirect: str = ""
    #: Seconds in the Retry-After header of a 429; 0: no header.
    retry_after: int = 0

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> SiteVideo:
        """Return a video from its JSON object. Raises ValueError for unknown fields or troubles."""
        known = {f.name for f in dataclasses.fields(cls)}
        if unknown := set(data) - known:
            raise ValueError(f"unknown fields {sorted(unknown)}; known are {sorted(known)}")
        trouble = trouble_named(data.get("trouble", "none"))
        lists: dict[str, Any] = {name: tuple(data[name]) for name in _LISTS if name in data}
        return cls(**{**data, "trouble": trouble, **lists})

    def stage(self, now: float) -> Trouble:
        """Return the trouble of a live event at a Unix time; `none` when its recording is ready."""
        if now < self.live_until:
            return "live"
        return "post-live" if now < self.processed_at else "none"

    def heard_in(self, language: str) -> SiteVideo:
        """Return the video with the sound of a language; each dub is a separate recording."""
        if language not in self.dubs:
            return self
        return dataclasses.replace(self, take=self.take + 1 + self.dubs.index(language))

    @property
    def channel_id(self) -> str:
        """Return a channel id in YouTube's form, derived from the channel's name."""
        return ("UC" + self.channel.encode(errors="replace").hex() + "0" * 22)[:24]


@dataclass(frozen=True)
class SitePlaylist:
    """A list of videos.

    `id`: of YouTube's forms (PL…, UU…, RD…); or `@name/videos` or another tab of a channel; or `search:words`.
    """

    id: str
    title: str
    video_ids: tuple[str, ...]
    channel: str = "Local Site"
    #: Ids of playlists, for a channel's tab of playlists.
    playlist_ids: tuple[str, ...] = ()


@dataclass
class Library:
    """Everything that the site serves; one for each process."""

    videos: dict[str, SiteVideo] = field(default_factory=dict)
    playlists: dict[str, SitePlaylist] = field(default_factory=dict)
    #: Id of a list or channel, or * for all → the HTTP status of its feed.
    feed_status: dict[str, int] = field(default_factory=dict)
    #: Id of a list or channel → the hub that its feed names, and whether its header does and not its content.
    feed_hubs: dict[str, tuple[str, bool]] = field(default_factory=dict)
    #: (kind of request, id) → count. Kinds: playlist, continuation, search, page, player, thumbnail, captions,
    #: feed, and of it also feed-unchanged;
    #: media, and of it also early-media (during the advertisement), unsolved-media (with the challenge unsolved);
    #: asked, for `pages`: all pages and calls together;
    #: over-budget, by path, for pages and calls that were refused because the site's budget was spent.
    requests: Counter[tuple[str, str]] = field(default_factory=Counter)
    #: Media requests that are being answered, and the most at any time.
    media_open: int = 0
    media_open_peak: int = 0
    #: (seconds since the epoch, kind, id) of the latest requests, oldest first.
    log: deque[tuple[float, str, str]] = field(default_factory=lambda: deque(maxlen=LOG_LENGTH))
    conditions: Conditions = field(default_factory=Conditions)
    broken_pages: list[BrokenPage] = field(default_factory=list)

    def add(self, playlist: SitePlaylist, videos: list[SiteVideo]) -> None:
        """Add or replace a playlist and its videos."""
        self.playlists[playlist.id] = playlist
        self.videos.update({video.id: video for video in videos})

    def broken(self, list_id: str, page: int) -> How | None:
        """Return how a page of a list is broken this time; None if it is not."""
        return next((found.how for found in self.broken_pages if found.takes(list_id, page)), None)

    def video(self, id_: str) -> SiteVideo:
        """Return the video of this id; an unavailable one if there is none."""
        return self.videos.get(id_) or SiteVideo(id_, "Unknown video", trouble="unavailable")

    def count(self, kind: str, id_: str) -> None:
        """Count one request, and log it."""
        self.requests[kind, id_] += 1
        self.log.append((time.time(), kind, id_))

    def trouble_of(self, video: SiteVideo) -> Trouble:
        """Return the video's trouble in this attempt. An attempt begins with a request for the video's page."""
        if self.conditions.trouble is not None:
            return self.conditions.trouble
        now = self.conditions.now()
        if video.trouble == "premiere":
            return "premiere" if now < video.premieres_at else video.stage(now)
        if (stage := video.stage(now)) != "none":
            return stage
        tries = self.requests["page", video.id]
        if video.trouble_tries is not None and tries > video.trouble_tries:
            return "none"
        return video.trouble
