"""The pictures of the videos: each of one colour, derived from the video's id."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zlib import crc32

from dev.site.library import SiteVideo
from dev.site.media.made import MadeFiles

PICTURE_HOST = "i.ytimg.com"
#: Name of a video's picture → width and height in pixels. YouTube has more, and webp besides jpg.
SIZES = {"hqdefault.jpg": (480, 360), "maxresdefault.jpg": (1280, 720)}

Json = dict[str, Any]


class Covers:
    """The folder of made pictures."""

    def __init__(self, folder: Path) -> None:
        self._files = MadeFiles(folder)

    async def file(self, video: SiteVideo, name: str) -> Path:
        """Return the JPEG of `video` for one of the names in `SIZES`."""
        width, height = SIZES[name]
        colour = f"{crc32(video.id.encode()) & 0xFFFFFF:06x}"
        source = f"color=c=0x{colour}:size={width}x{height}"
        arguments = ["-f", "lavfi", "-i", source, "-frames:v", "1", "-update", "1"]
        return await self._files.file(f"{colour}-{name}", arguments)


def thumbnails(video: SiteVideo) -> Json:
    """Return the part of `videoDetails` about the video's picture; empty if it has none."""
    if not video.cover:
        return {}
    listed = [
        {"url": f"https://{PICTURE_HOST}/vi/{video.id}/{name}", "width": width, "height": height}
        for name, (width, height) in SIZES.items()
    ]
    return {"thumbnail": {"thumbnails": listed}}
