"""The pictures of the videos: one colour each, made of the video's id."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zlib import crc32

from dev.site.library import SiteVideo
from dev.site.media.made import MadeFiles

PICTURE_HOST = "i.ytimg.com"
#: Names under which a video's picture is had → width and height in pixels. YouTube has more, and webp beside jpg.
SIZES = {"hqdefault.jpg": (480, 360), "maxresdefault.jpg": (1280, 720)}

Json = dict[str, Any]


class Covers:
    """The folder of made pictures."""

    def __init__(self, folder: Path) -> None:
        self._files = MadeFiles(folder)

    async def file(self, video: SiteVideo, name: str) -> Path:
        """The JPEG of `video` under one of the names in `SIZES`."""
        width, height = SIZES[name]
        colour = f"{crc32(video.id.encode()) & 0xFFFFFF:06x}"
        source = f"color=c=0x{colour}:size={width}x{height}"
        arguments = ["-f", "lavfi", "-i", source, "-frames:v", "1", "-update", "1"]
        return await self._files.file(f"{colour}-{name}", arguments)


def thumbnails(video: SiteVideo) -> Json:
    """What `videoDetails` says of the video's picture; empty if it has none."""
    if not video.cover:
        return {}
    listed = [
        {"url": f"https://{PICTURE_HOST}/vi/{video.id}/{name}", "width": width, "height": height}
        for name, (width, height) in SIZES.items()
    ]
    return {"thumbnail": {"thumbnails": listed}}
