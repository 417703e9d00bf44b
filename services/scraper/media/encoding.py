"""Encoding: one FFmpeg pass decodes the source strictly and makes every wanted profile; tags and cover go in."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from services.scraper.media import tagging
from services.scraper.media.ffmpeg import Ffmpeg
from services.scraper.media.ffmpeg_files import Input, Output
from services.scraper.media.integrity import MediaInvalid
from services.scraper.media.length import Heard, heard_of
from services.scraper.media.tag_values import tags_of
from shared.catalog.documents import Metadata
from shared.contracts.reasons import Reason
from shared.profiles import ORIGINAL, Profile

#: MPEG-1 sample rates. Lower ones would make MPEG-2 frames, which end at 160 kbit/s.
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
#: Beginning of the source codec's name → file that can hold it as it is; Matroska holds whatever else there is.
_CONTAINERS = (("opus", "opus"), ("vorbis", "ogg"), ("mp4a", "m4a"), ("aac", "m4a"), ("mp3", "mp3"), ("flac", "flac"))
_ANY_CODEC = "mka"
#: The highest sample rate and the most channels of any sound: for the largest file that may be made of it.
_MAX_RATE, _MAX_CHANNELS = 192_000, 8
#: What containers add at most, as a factor; and bytes for tags, a picture, and what is longer than allowed by a little.
_OVERHEAD, _ROOM = 1.25, 64 * 2**20
#: Files that can hold a picture.
_WITH_COVER = {"mp3", "m4a", "flac"}


@dataclass(frozen=True)
class Encoded:
    """A file that FFmpeg has written."""

    profile: Profile
    path: Path


class Encoder:
    """Makes the files of profiles."""

    def __init__(self, ffmpeg: Ffmpeg, *, tags: bool = True, longest_seconds: float = 0) -> None:
        """`longest_seconds`: what a recording may last; 0: any length."""
        self._ffmpeg = ffmpeg
        self._tags = tags
        self._longest_seconds = longest_seconds

    async def is_whole_picture(self, path: Path) -> bool:
        """Whether a picture can be decoded."""
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
        """Make a file of each profile beside `source`. Returns them and what was heard of the source.

        `cover`: a JPEG for the files that can hold one. Raises MediaInvalid if the source is damaged.
        """
        try:
            return await self._encode(source, source_codec, profiles, metadata, cover)
        except MediaInvalid as error:
            if error.failure.reason != Reason.BROKEN_ENCODING or not any(p.codec == ORIGINAL for p in profiles):
                raise
        # The source was wrong about its codec, so that its container takes no such sound: Matroska takes any.
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
        return made, heard_of(ran.seconds, ran.told)

    def _largest_bytes(self, source: Path, profiles: Sequence[Profile]) -> int:
        """What one file may have; 0: no limit. A few bytes of media can unfold to hours of sound."""
        if not self._longest_seconds:
            return 0
        encoded = max((_bytes_per_second(profile) for profile in profiles if profile.codec != ORIGINAL), default=0)
        return int(_OVERHEAD * (self._longest_seconds * encoded + source.stat().st_size)) + _ROOM


def _bytes_per_second(profile: Profile) -> float:
    """The most that a second of sound takes in a profile."""
    if profile.bitrate_kbps is not None:
        return profile.bitrate_kbps * 125
    return (profile.sample_rate or _MAX_RATE) * (profile.channels or _MAX_CHANNELS) * 2


def extension_of(profile: Profile, source_codec: str | None) -> str:
    """The file name extension of a profile's files, for a source whose sound has this codec (RFC 6381 names)."""
    if profile.codec != ORIGINAL:
        return _EXTENSIONS[profile.codec]
    name = (source_codec or "").lower()
    return next((extension for begin, extension in _CONTAINERS if name.startswith(begin)), _ANY_CODEC)


def _output(profile: Profile, *, with_cover: bool) -> Iterator[str]:
    """FFmpeg's options for one output."""
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
    """What the encoder is given: the wanted rate and channels, or those nearest to the source's that it takes."""
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
        # Sources decode to floating point, of which FLAC would keep 24 bits: half as large again for nothing.
        wanted.append("sample_fmts=s16")
    return ":".join(wanted)
