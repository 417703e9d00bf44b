"""The id of a video as yt-dlp tells it: one way for listings, downloads and addresses, so that they can be compared."""

from __future__ import annotations

from typing import Any

from shared.contracts.video_ids import video_id as id_of


class FoundOther(Exception):
    """The source led to another video than the one that was asked for."""

    def __init__(self, found_id: str) -> None:
        super().__init__(f"The source has {found_id} in its place")
        self.found_id = found_id


def id_in(info: dict[str, Any], extractor: str | None = None) -> str:
    """The id of a video that yt-dlp describes. `extractor`: where an entry is not looked into yet, its `ie_key`."""
    name = str(extractor or info.get("extractor_key") or info.get("extractor") or "unknown")
    return id_of(name.lower(), str(info["id"]))


def check_identity(info: dict[str, Any], asked: str | None) -> None:
    """Raise FoundOther unless this is the video with the id `asked`, or was until yt-dlp changed its ids.

    None: whatever is there was asked for.
    """
    if asked is None:
        return
    former = (str(each).partition(" ") for each in info.get("_old_archive_ids") or ())
    if asked not in {id_in(info), *(id_of(name.lower(), source_id) for name, _, source_id in former)}:
        raise FoundOther(id_in(info))
