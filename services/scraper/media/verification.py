"""Verifies an encoded file by reading it again to its last byte. docs/decisions/0004-verification.md gives the reasons.

An MP3 is walked frame by frame; any other file is decoded and its samples are counted.
"""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from pathlib import Path

from services.scraper.media import ffmpeg_report, mp3
from services.scraper.media.encoding import Encoded
from services.scraper.media.ffmpeg import Ffmpeg
from services.scraper.media.ffmpeg_files import Input, Output
from services.scraper.media.integrity import MediaInvalid
from shared.contracts.reasons import Reason
from shared.profiles import ORIGINAL

#: Seconds by which a file may differ from the source's clock: encoder delay and padding, two to four frames.
FRAMES_TOLERANCE_SECONDS = 0.2
#: The format in which samples are counted.
_RATE, _CHANNELS = 48_000, 2
_COUNTED = f"aformat=sample_fmts=s16:sample_rates={_RATE}:channel_layouts=stereo,volumedetect"
#: The filter that counts.
_METER = "volumedetect"
#: The volume that volumedetect reports where every sample is zero.
_SILENCE_DB = -91.0


@dataclass(frozen=True)
class Verified:
    """An encoded file that is complete from its first to its last frame."""

    profile: str
    path: Path
    duration_seconds: float
    bitrate_kbps: int
    size_bytes: int
    sha256: str
    codec: str


@dataclass(frozen=True)
class _Found:
    """What the check of a file measured."""

    seconds: float
    silent: bool
    #: The bitrate of every frame; None where it may vary.
    bitrate_kbps: int | None = None


async def verify(
    ffmpeg: Ffmpeg,
    encoded: Encoded,
    source_codec: str | None,
    heard_seconds: float,
) -> Verified:
    """Check a file against the decoded length of its source. Returns its measurements. Raises MediaInvalid."""
    if encoded.path.suffix == ".mp3" and encoded.profile.bitrate_kbps is not None:
        found = await asyncio.to_thread(_walked, encoded)
    else:
        found = await _decoded(ffmpeg, encoded.path)
    _check_against(found.seconds, heard_seconds)
    if found.silent:
        raise MediaInvalid(Reason.SILENT_MEDIA, f"its {heard_seconds:.1f} s are silent throughout")
    size = encoded.path.stat().st_size
    return Verified(
        encoded.profile.name,
        encoded.path,
        round(heard_seconds, 3),
        found.bitrate_kbps or max(1, round(size * 8 / 1000 / heard_seconds)),
        size,
        await asyncio.to_thread(sha256_of, encoded.path),
        _codec(encoded, source_codec),
    )


def _walked(encoded: Encoded) -> _Found:
    wanted = encoded.profile.bitrate_kbps
    try:
        found = mp3.walk(encoded.path)
    except mp3.NotAnMp3 as error:
        raise MediaInvalid(Reason.BROKEN_ENCODING, f"the encoded file is broken: {error}") from error
    if found.bitrate_kbps != wanted:
        detail = f"the encoded file's frames are not all of {wanted} kbit/s"
        raise MediaInvalid(Reason.BROKEN_ENCODING, detail)
    return _Found(found.seconds, found.silent, wanted)


async def _decoded(ffmpeg: Ffmpeg, path: Path) -> _Found:
    """Decode a file to its end and count its samples."""
    log = (await ffmpeg.run([Input.of_media(path)], [Output(("-map", "0:a:0", "-af", _COUNTED))])).log
    # Where the audio format changes within a file, the filter restarts and reports again.
    samples = sum(ffmpeg_report.values(log, _METER, "n_samples"))
    loudest = max(ffmpeg_report.values(log, _METER, "max_volume"), default=_SILENCE_DB)
    return _Found(samples / _CHANNELS / _RATE, loudest <= _SILENCE_DB)


def _check_against(seconds: float, heard_seconds: float) -> None:
    if seconds < heard_seconds - FRAMES_TOLERANCE_SECONDS:
        # The decoder continued after a hole in the source: its clock ran on without audio. Or our disk lost the end.
        missing = heard_seconds - seconds
        raise MediaInvalid(Reason.DAMAGED_MEDIA, f"{missing:.2f} s of {heard_seconds:.2f} s are missing in the middle")
    if seconds > heard_seconds + FRAMES_TOLERANCE_SECONDS:
        detail = f"the encoded file lasts {seconds:.2f} s, but {heard_seconds:.2f} s were encoded"
        raise MediaInvalid(Reason.BROKEN_ENCODING, detail)


def _codec(encoded: Encoded, source_codec: str | None) -> str:
    return encoded.profile.codec if encoded.profile.codec != ORIGINAL else source_codec or "unknown"


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in lower-case hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
