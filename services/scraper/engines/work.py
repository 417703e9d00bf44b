"""What is asked of a source: a video that is fetched, or a playlist that is listed. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from shared.addresses.sources import YOUTUBE, host_named, source_of
from shared.addresses.video_addresses import asked_address

#: Hosts that YouTube's extractors ask beside YouTube's own; what any of them refuses, YouTube refuses.
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

#: A pattern that fits the names of YouTube's extractors alone: it has no other branch.
_YOUTUBES = re.compile(r"youtube[^|()]*", re.IGNORECASE)


@dataclass(frozen=True)
class Work:
    """A video or playlist, and whom it asks."""

    id: str
    source: str
    #: Whether it is a playlist: one that is served shows nothing of what videos would be answered.
    listing: bool = False

    @classmethod
    def video(cls, id_: str, url: str) -> Work:
        """A video to be fetched."""
        return cls(id_, source_of(id_, asked_address(id_, url)))

    @classmethod
    def playlist(cls, id_: str, url: str) -> Work:
        """A playlist to be listed."""
        return cls(id_, source_of(id_, url), listing=True)


def only_source(extractors: Sequence[str]) -> str | None:
    """The one source that work of these patterns of extractors may ask; None: there is no telling how many."""
    allowed = [pattern for pattern in extractors if not pattern.startswith("-")]
    return YOUTUBE if allowed and all(_YOUTUBES.fullmatch(pattern) for pattern in allowed) else None


def source_of_redirect(source: str, url: str | None) -> str:
    """Who is asked where work of a source is redirected by whoever it asked: somebody else, each host for itself."""
    return source_of_request(source, url) if source == YOUTUBE else source_of(source, url)


def answered_at(asked: str, answered: str | None) -> str | None:
    """The address by which the source that answered a request is found: `answered`, the end of all redirections.

    Where YouTube redirects to a host of Google's, `asked` it is: there it is YouTube that refuses.
    """
    if source_of_request("", asked) == YOUTUBE and source_of_request(YOUTUBE, answered) == YOUTUBE:
        return asked
    return answered


def source_of_request(source: str, url: str | None) -> str:
    """Who is asked by one request of work of a source: an address may lead on to YouTube, or away from it."""
    if url is None or (host := host_named(url)) is None:
        return source
    if (asked := source_of("", url)) == YOUTUBE or source != YOUTUBE:
        return YOUTUBE if asked == YOUTUBE else source
    bare = host.partition(":")[0]
    return YOUTUBE if any(bare == own or bare.endswith(f".{own}") for own in _OF_YOUTUBE) else asked
