"""Whether an address belongs to the video whose id it comes with. Pure functions.

An id decides where a recording is stored, an address decides what is fetched. Where the two speak of different videos,
one recording would be stored under the name of another. Only YouTube's addresses can be read without asking; for all
other sources the id that is found there is compared.
"""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from shared.addresses import youtube
from shared.addresses.normal_form import host_of
from shared.addresses.video_ids import video_id as id_of

YOUTUBE = "youtube"
#: Hosts whose addresses yt-dlp reads as YouTube's; only some of them are canonical (see `youtube.is_youtube`).
_FAMILY = re.compile(
    r"(?:[\w.-]{0,253}\.)?(?:youtube(?:-nocookie|kids|education)?\.com|youtube\.googleapis\.com|youtu\.be)"
)
#: First steps of a path after which a video's id comes.
_BEFORE_ID = {"shorts", "live", "embed", "v", "vi", "e", "watch"}
#: What stands after these is no id but another page.
_NO_ID = {"", "videoseries", "live_stream"}
#: The parameter that names a video, wherever readers look for it: also after a `;` or in the fragment.
_WATCHED = re.compile(r"(?:^|[?&;#!/])v=([^&;#]*)")


class OtherVideo(ValueError):
    """An address leads to another video than the one whose id it comes with; the text names both."""


def videos_meant(url: str) -> frozenset[str] | None:
    """The source ids that readers of a YouTube address may take it to mean; none for a list or a channel.

    None: it is no address of YouTube, and only its page can tell.
    """
    try:
        parts = urlsplit(url)
        host = host_of(parts)
    except ValueError:
        return None
    if not _FAMILY.fullmatch(host):
        return None
    steps = [unquote(step) for step in parts.path.split("/") if step]
    found = set(_WATCHED.findall(f"?{unquote(parts.query)}#{unquote(parts.fragment)}"))
    if host.endswith("youtu.be"):
        found.update(steps[:1])
    elif steps and steps[0] in _BEFORE_ID:
        found.update(step for step in steps[1:2] if step not in _NO_ID)
    return frozenset(found)


def check_address(video_id: str, url: str) -> None:
    """Raise OtherVideo unless the address can be that of the video."""
    extractor, _, source_id = video_id.partition(":")
    meant = videos_meant(url)
    if extractor == YOUTUBE:
        if meant is None:
            raise OtherVideo(f"{url} is not an address of YouTube, but {video_id} is a video there")
        if meant != {source_id}:
            raise OtherVideo(f"{url} leads to {_named(meant)}, not to {video_id}")
    elif meant or (meant is not None and not extractor.startswith(YOUTUBE)):
        raise OtherVideo(f"{url} is an address of YouTube, but {video_id} is a video elsewhere")


def asked_address(video_id: str, url: str) -> str:
    """Where a video is asked for: the address that its id makes, where it makes one, else `url`."""
    extractor, _, source_id = video_id.partition(":")
    return youtube.watch_url(source_id) if extractor == YOUTUBE and youtube.is_video_id(source_id) else url


def true_identity(video_id: str, url: str) -> tuple[str, str]:
    """Id and address of an entry of a listing: an address that plainly means one video decides. Raises OtherVideo."""
    if video_id.startswith(f"{YOUTUBE}:") and youtube.is_video_id(url):
        # A bare id, which extractors hand on to YouTube's.
        return id_of(YOUTUBE, url), youtube.watch_url(url)
    meant = videos_meant(url) or frozenset()
    if len(meant) == 1 and youtube.is_video_id(source_id := next(iter(meant))):
        found = id_of(YOUTUBE, source_id)
        return found, url if found == video_id else youtube.watch_url(source_id)
    check_address(video_id, url)
    return video_id, url


def _named(meant: frozenset[str]) -> str:
    return " and ".join(sorted(f"{YOUTUBE}:{source_id}" for source_id in meant)) or "no video"
