"""Checks that an address belongs to the video whose id accompanies it. Pure functions.

The id decides where audio is stored, and the address decides what is fetched. If they belong to different videos, one
video's audio is stored under the id of another. Only YouTube's addresses reveal the id without a request; for all other
sources, the id found at the source is compared.
"""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from shared.addresses import youtube
from shared.addresses.normal_form import host_of
from shared.addresses.video_ids import video_id as id_of

YOUTUBE = "youtube"
#: Hosts that yt-dlp treats as YouTube's; only some of them are canonical (see `youtube.is_youtube`).
_FAMILY = re.compile(
    r"(?:[\w.-]{0,253}\.)?(?:youtube(?:-nocookie|kids|education)?\.com|youtube\.googleapis\.com|youtu\.be)"
)
#: First path segments that precede a video's id.
_BEFORE_ID = {"shorts", "live", "embed", "v", "vi", "e", "watch"}
#: Segments after these that are pages, not ids.
_NO_ID = {"", "videoseries", "live_stream"}
#: The parameter that names a video, wherever clients accept it: also after a `;` or in the fragment.
_WATCHED = re.compile(r"(?:^|[?&;#!/])v=([^&;#]*)")


class OtherVideo(ValueError):
    """An address belongs to a different video than its id; the text names both."""


def source_ids_in(url: str) -> frozenset[str] | None:
    """All video ids that clients could read in a YouTube address; empty for a list or a channel.

    None if it is not a YouTube address: then only a request reveals the id.
    """
    try:
        parts = urlsplit(url)
        host = host_of(parts)
    except ValueError:
        return None
    if not _FAMILY.fullmatch(host):
        return None
    steps = [unquote(step) for step in parts.path.split("/") if step]
    ids = set(_WATCHED.findall(f"?{unquote(parts.query)}#{unquote(parts.fragment)}"))
    if host.endswith("youtu.be"):
        ids.update(steps[:1])
    elif steps and steps[0] in _BEFORE_ID:
        ids.update(step for step in steps[1:2] if step not in _NO_ID)
    return frozenset(ids)


def check_address(video_id: str, url: str) -> None:
    """Raise OtherVideo if the address cannot belong to the video."""
    extractor, _, source_id = video_id.partition(":")
    found = source_ids_in(url)
    if extractor == YOUTUBE:
        if found is None:
            raise OtherVideo(f"{url} is not a YouTube address, but {video_id} is a YouTube video")
        if found != {source_id}:
            raise OtherVideo(f"{url} leads to {_named(found)}, not to {video_id}")
    elif found or (found is not None and not extractor.startswith(YOUTUBE)):
        raise OtherVideo(f"{url} is a YouTube address, but {video_id} is a video of another source")


def asked_address(video_id: str, url: str) -> str:
    """The address to request a video from: the canonical one of a YouTube id, else `url`."""
    extractor, _, source_id = video_id.partition(":")
    return youtube.watch_url(source_id) if extractor == YOUTUBE and youtube.is_video_id(source_id) else url


def true_identity(video_id: str, url: str) -> tuple[str, str]:
    """The id and address of a listing's entry; an address that names exactly one video overrides the id.

    Raises OtherVideo.
    """
    if video_id.startswith(f"{YOUTUBE}:") and youtube.is_video_id(url):
        # Other extractors pass a bare id on to YouTube's.
        return id_of(YOUTUBE, url), youtube.watch_url(url)
    found = source_ids_in(url) or frozenset()
    if len(found) == 1 and youtube.is_video_id(source_id := next(iter(found))):
        found_id = id_of(YOUTUBE, source_id)
        return found_id, url if found_id == video_id else youtube.watch_url(source_id)
    check_address(video_id, url)
    return video_id, url


def _named(source_ids: frozenset[str]) -> str:
    return " and ".join(sorted(f"{YOUTUBE}:{source_id}" for source_id in source_ids)) or "no video"
