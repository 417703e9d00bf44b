"""Sound in fragments, as finished live streams are served: a manifest, and pieces of a transport stream."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from dev.site.library import SiteVideo
from dev.site.media.holes import hole_of, without_bytes
from dev.site.media.made import MadeFiles
from dev.site.media.media import SoundMaker

#: Where FFmpeg states a fragment's duration, and its bytes in the one file.
_FRAGMENT = re.compile(r"#EXTINF:([\d.]+),\n#EXT-X-BYTERANGE:(\d+)@(\d+)")


class Fragment(NamedTuple):
    """A piece of a stream, in seconds and in bytes of the file with all pieces."""

    begins: float
    lasts: float
    offset: int
    size: int


class FragmentMaker:
    """Makes the streams, once per sound, length and take."""

    def __init__(self, sounds: SoundMaker, folder: Path) -> None:
        self._sounds = sounds
        self._files = MadeFiles(folder)

    async def manifest(self, video: SiteVideo) -> str:
        """Return the playlist of a video's fragments."""
        lines = ["#EXTM3U", "#EXT-X-VERSION:3", f"#EXT-X-TARGETDURATION:{round(video.fragment_seconds) + 1}"]
        for number, fragment in enumerate(await self._fragments(video)):
            lines += [f"#EXTINF:{fragment.lasts:.6f},", f"/fragments/{video.id}/{number}.ts"]
        return "\n".join([*lines, "#EXT-X-ENDLIST", ""])

    async def fragment(self, video: SiteVideo, number: int) -> bytes | None:
        """Return the bytes of one fragment, without the video's hole; None for a missing fragment."""
        fragments = await self._fragments(video)
        if number in {n % len(fragments) for n in video.fragments_missing}:
            return None
        begins, lasts, offset, size = fragments[number]
        with (await self._stream(video)).open("rb") as file:
            file.seek(offset)
            data = file.read(size)
        hole = hole_of(video)
        return data if hole is None else without_bytes(data, begins, lasts, hole)

    async def _stream(self, video: SiteVideo) -> Path:
        whole = await self._sounds.whole_file(video, "m4a")
        target = f"{whole.stem}-{video.fragment_seconds:g}s"
        arguments = ["-i", str(whole), "-c", "copy", "-f", "hls", "-hls_time", f"{video.fragment_seconds:g}"]
        arguments += ["-hls_list_size", "0", "-hls_flags", "single_file"]
        playlist = await self._files.file(f"{target}.m3u8", arguments)
        return playlist.with_name(f"new-{target}.ts")

    async def _fragments(self, video: SiteVideo) -> list[Fragment]:
        told = (await self._stream(video)).with_suffix(".m3u8")
        found, begins = [], 0.0
        for lasts, size, offset in _FRAGMENT.findall(told.with_name(told.name.removeprefix("new-")).read_text()):
            found.append(Fragment(begins, float(lasts), int(offset), int(size)))
            begins += float(lasts)
        return found
