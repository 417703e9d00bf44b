"""Encodes a source: one strict FFmpeg pass makes the files of all wanted profiles, with tags and cover."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from services.scraper.media import tagging
from services.scraper.media.ffmpeg import Ffmpeg
from services.scraper.media.ffmpeg_files import Input, Output
from services.scraper.media.integrity import MediaInvalid
from services.scraper.media.length import Heard, heard_in
from services.scraper.media.tag_values import tags_of
from shared.catalog.documents import Metadata
from shared.contracts.reasons import Reason
from shared.profiles import ORIGINAL, Profile

#: MPEG-1 sample rates. Lower rates would make MPEG-2 frames, whose maximum is 160 kbit/s.
_MP3_RATES = "44100|48000|32000"
#: LAME's quality: 7 takes four fifths of the time of 5. docs/decisions/0010-profiles.md has the figures.
_LAME_QUALITY = "7"
#: Codec → FFmpeg's encoder and its own options.
_ENCODERS = {
    "mp3": ("libmp3lame", "-compression_level", _LAME_QUALITY),
    "opus": ("libopus",),
    "aac": ("aac",),
    "flac": ("flac",),
    "wav": ("pcm_s16le", "-rf64", "auto"),
}
_EXTENSIONS = {"mp3": "mp3", "opus": "opus", "aac": "m4a", "flac": "flac", "wav": "wav"}
#: Beginning of the source codec's name → extension of a container for it. Matroska takes every other codec.
_CONTAINERS = (("opus", "opus"), ("vorbis", "ogg"), ("mp4a", "m4a"), ("aac", "m4a"), ("mp3", "mp3"), ("flac", "flac"))
_ANY_CODEC = "mka"
#: The highest sample rate and number of channels of any audio; they bound the size of lossless files.
_MAX_RATE, _MAX_CHANNELS = 192_000, 8
#: Maximum overhead of containers, as a factor; and bytes for tags, a cover and slightly overlong recordings.
_OVERHEAD, _ROOM = 1.25, 64 * 2**20
#: Extensions of files that can hold a cover.
_WITH_COVER = {"mp3", "m4a", "flac"}


@dataclass(frozen=True)
class Encoded:
    """A file of one profile that FFmpeg wrote."""

    profile: Profile
    path: Path


class Encoder:
    """Encodes sources into the files of profiles."""

    def __init__(self, ffmpeg: Ffmpeg, *, tags: bool = True, longest_seconds: float = 0) -> None:
        """`longest_seconds`: maximum length of a recording; 0: no limit."""
        self._ffmpeg = ffmpeg
        self._tags = tags
        self._longest_seconds = longest_seconds

    async def is_intact_picture(self, path: Path) -> bool:
        """Whether an image decodes without errors."""
        try:
            await self._ffmpeg.run([Input.of_picture(path)], [Output(())])
        except MediaInvalid:
            return False
        return True

    async def encode(
        self,
        source: Path,
        source_codec: str | None,
        profiles: Sequence[Profile],
        metadata: Metadata,
        cover: Path | None = None,
    ) -> tuple[list[Encoded], Heard]:
        """Encode `source` into a file of each profile, in the same folder. Returns the files and the decoded length.

        `cover`: a JPEG for the files that can hold one. Raises MediaInvalid if the source is damaged.
        """
        try:
            return await self._encode(source, source_codec, profiles, metadata, cover)
        except MediaInvalid as error:
            if error.failure.reason != Reason.BROKEN_ENCODING or not any(p.codec == ORIGINAL for p in profiles):
                raise
        # The source declared a wrong codec, so the chosen container rejects it. Matroska takes any codec.
        return await self._encode(source, None, profiles, metadata, cover)

    async def _encode(
        self,
        source: Path,
        source_codec: str | None,
        profiles: Sequence[Profile],
        metadata: Metadata,
        cover: Path | None,
    ) -> tuple[list[Encoded], Heard]:
        tags = tags_of(metadata) if self._tags else None
        inputs = [Input.of_media(source), *((Input.of_picture(cover),) if cover is not None else ())]
        made, outputs = [], []
        for profile in profiles:
            extension = extension_of(profile, source_codec)
            target = source.with_name(f"{profile.name}.{extension}")
            with_cover = cover is not None and extension in _WITH_COVER
            options = [*_output(profile, with_cover=with_cover)]
            options += tagging.options(tags, extension) if tags is not None else ()
            outputs.append(Output(options, target))
            made.append(Encoded(profile, target))
        ran = await self._ffmpeg.run(inputs, outputs, largest_bytes=self._largest_bytes(source, profiles))
        if tags is not None:
            for encoded in made:
                await asyncio.to_thread(tagging.write, encoded.path, tags)
        return made, heard_in(ran.seconds, ran.log)

    def _largest_bytes(self, source: Path, profiles: Sequence[Profile]) -> int:
        """Return the maximum size of one file; 0: no limit. A few bytes of media can decode to hours of audio."""
        if not self._longest_seconds:
            return 0
        encoded = max((_bytes_per_second(profile) for profile in profiles if profile.codec != ORIGINAL), default=0)
        return int(_OVERHEAD * (self._longest_seconds * encoded + source.stat().st_size)) + _ROOM


def _bytes_per_second(profile: Profile) -> float:
    """Return the maximum size of one second of audio in a profile."""
    if profile.bitrate_kbps is not None:
        return profile.bitrate_kbps * 125
    return (profile.sample_rate or _MAX_RATE) * (profile.channels or _MAX_CHANNELS) * 2


def extension_of(profile: Profile, source_codec: str | None) -> str:
    """Return the extension of a profile's files. `source_codec`: the source's codec, as RFC 6381 names it."""
    if profile.codec != ORIGINAL:
        return _EXTENSIONS[profile.codec]
    name = (source_codec or "").lower()
    return next((extension for begin, extension in _CONTAINERS if name.startswith(begin)), _ANY_CODEC)


def _output(profile: Profile, *, with_cover: bool) -> Iterator[str]:
    """Yield FFmpeg's options for one output."""
    yield from ("-map", "0:a:0", "-map_metadata", "-1", "-map_metadata:s", "-1", "-map_chapters", "-1")
    if with_cover:
        yield from ("-map", "1:v:0", "-c:v", "copy", "-disposition:v:0", "attached_pic")
    if profile.codec == ORIGINAL:
        yield from ("-c:a", "copy")
        return
    yield from ("-af", f"aformat={_format(profile)}", "-c:a", *_ENCODERS[profile.codec], "-threads", "1")
    if profile.bitrate_kbps is not None:
        yield from ("-b:a", f"{profile.bitrate_kbps}k")


def _format(profile: Profile) -> str:
    """Return the sample format for the encoder: the wanted rate and channels, or the nearest it supports."""
    wanted = []
    if profile.sample_rate is not None:
        wanted.append(f"sample_rates={profile.sample_rate}")
    elif profile.codec == "mp3":
        wanted.append(f"sample_rates={_MP3_RATES}")
    if profile.channels is not None:
        wanted.append(f"channel_layouts={'mono' if profile.channels == 1 else 'stereo'}")
    elif profile.bitrate_kbps is not None:
        wanted.append("channel_layouts=mono|stereo")
    if profile.bitrate_kbps is None:
        # Sources decode to floating point; FLAC would keep 24 bits of it, half as large again without benefit.
        wanted.append("sample_fmts=s16")
    return ":".join(wanted)
