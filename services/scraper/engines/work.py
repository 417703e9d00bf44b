"""The work at a source: a video to fetch, or a playlist to list. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from shared.addresses.sources import YOUTUBE, host_named, source_of
from shared.addresses.video_addresses import asked_address

#: Hosts that YouTube's extractors request besides YouTube's own; a refusal by one of them is YouTube's refusal.
_OF_YOUTUBE = (
    "youtube.com",
    "youtube-nocookie.com",
    "youtu.be",
    "googlevideo.com",
    "ytimg.com",
    "ggpht.com",
    "google.com",
    "googleapis.com",
    "googleusercontent.com",
    "gstatic.com",
)

#: Matches patterns that can match only names of YouTube's extractors: they have no alternative branch.
_YOUTUBES = re.compile(r"youtube[^|()]*", re.IGNORECASE)


@dataclass(frozen=True)
class Work:
    """A video or playlist, and its source."""

    id: str
    source: str
    #: Whether it is a playlist: a served listing does not show whether videos would be served.
    listing: bool = False

    @classmethod
    def video(cls, id_: str, url: str) -> Work:
        """The work of fetching a video."""
        return cls(id_, source_of(id_, asked_address(id_, url)))

    @classmethod
    def playlist(cls, id_: str, url: str) -> Work:
        """The work of listing a playlist."""
        return cls(id_, source_of(id_, url), listing=True)


def only_source(extractors: Sequence[str]) -> str | None:
    """The only source that work with these patterns of extractors may request; None if there may be several."""
    allowed = [pattern for pattern in extractors if not pattern.startswith("-")]
    return YOUTUBE if allowed and all(_YOUTUBES.fullmatch(pattern) for pattern in allowed) else None


def source_of_redirect(source: str, url: str | None) -> str:
    """The source of a request after a redirect from the work's own source; each foreign host is a source of its own."""
    return source_of_request(source, url) if source == YOUTUBE else source_of(source, url)


def answered_at(asked: str, answered: str | None) -> str | None:
    """The address that shows which source answered a request: usually `answered`, the end of all redirects.

    If YouTube redirects to one of Google's hosts, it is `asked`: then YouTube refuses.
    """
    if source_of_request("", asked) == YOUTUBE and source_of_request(YOUTUBE, answered) == YOUTUBE:
        return asked
    return answered


def source_of_request(source: str, url: str | None) -> str:
    """The source of one request of some work: its address may lead to YouTube, or away from it."""
    if url is None or (host := host_named(url)) is None:
        return source
    if (asked := source_of("", url)) == YOUTUBE or source != YOUTUBE:
        return YOUTUBE if asked == YOUTUBE else source
    bare = host.partition(":")[0]
    return YOUTUBE if any(bare == own or bare.endswith(f".{own}") for own in _OF_YOUTUBE) else asked
