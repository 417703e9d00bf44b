"""Estimates the bytes of disk that a video needs during its attempt, for its source and all files made of it.

Pure. Some sizes are known exactly, others only between bounds: FLAC shrinks silence to a tenth, and noise not at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shared.profiles import ORIGINAL, Profile, parse_profile

#: Bytes for headers, tags and the file system's own use.
_SMALL_BYTES = 2**20
#: Bytes per second, at least and at most, of a source of unknown size: 32 and 192 kbit/s.
_SOURCE_BYTES_PER_SECOND = (4_000, 24_000)
#: Bounds of a size that is computed from a source's bitrate, as factors.
_GUESSED_SHARES = (0.5, 1.2)
#: Bounds of the hertz and channels of a source that reports none.
_RATES, _CHANNELS = (8_000, 48_000), (1, 2)
#: Bytes per sample; the encoder receives 16 bits.
_SAMPLE_BYTES = 2
#: Codec → bounds of its file's size, as factors of what its bitrate, or its samples, would make.
_SHARES = {"mp3": (1.0, 1.02), "opus": (0.3, 1.2), "aac": (0.3, 1.1), "wav": (1.0, 1.01), "flac": (0.1, 1.05)}


@dataclass(frozen=True)
class Need:
    """Bytes that are needed: `low` at least, `high` at most."""

    low: int
    high: int


@dataclass(frozen=True)
class SourceAudio:
    """What is known of a source's audio; None: nothing."""

    seconds: float | None
    size_bytes: int | None = None
    #: Whether the size is only computed from a bitrate.
    size_is_guessed: bool = False
    sample_rate: int | None = None
    channels: int | None = None
    #: Size of the picture that is embedded in the files.
    cover_bytes: int = 0


def needed(profiles: Sequence[str], audio: SourceAudio) -> Need | None:
    """Return the bytes that a video needs in these profiles; None if neither its size nor its duration is known."""
    seconds = _seconds(audio)
    if seconds is None:
        return None
    if audio.size_bytes is not None:
        least, most = _GUESSED_SHARES if audio.size_is_guessed else (1.0, 1.0)
        source = (audio.size_bytes * least, audio.size_bytes * most)
    else:
        source = (seconds[0] * _SOURCE_BYTES_PER_SECOND[0], seconds[1] * _SOURCE_BYTES_PER_SECOND[1])
    parts = [source, *(_made(parse_profile(name), audio, source, seconds) for name in profiles)]
    low, high = (sum(part[bound] for part in parts) for bound in (0, 1))
    covers = audio.cover_bytes * (1 + len(profiles))
    return Need(int(low), int(high) + covers + _SMALL_BYTES)


def _seconds(audio: SourceAudio) -> tuple[float, float] | None:
    if audio.seconds is not None and audio.seconds > 0:
        return audio.seconds, audio.seconds
    if audio.size_bytes is None:
        return None
    # Assumes the bitrate of a usual source.
    return audio.size_bytes / _SOURCE_BYTES_PER_SECOND[1], audio.size_bytes / _SOURCE_BYTES_PER_SECOND[0]


def _made(
    profile: Profile, audio: SourceAudio, source: tuple[float, float], seconds: tuple[float, float]
) -> tuple[float, float]:
    """Bytes of a profile's file, at least and at most."""
    if profile.codec == ORIGINAL:
        return source
    shares = _SHARES[profile.codec]
    if profile.bitrate_kbps is not None:
        per_second = (profile.bitrate_kbps * 125.0,) * 2
    else:
        rates = _known(profile.sample_rate, audio.sample_rate, _RATES)
        channels = _known(profile.channels, audio.channels, _CHANNELS)
        per_second = (
            float(rates[0] * channels[0] * _SAMPLE_BYTES),
            float(rates[1] * channels[1] * _SAMPLE_BYTES),
        )
    return seconds[0] * per_second[0] * shares[0], seconds[1] * per_second[1] * shares[1]


def _known(wanted: int | None, of_source: int | None, bounds: tuple[int, int]) -> tuple[int, int]:
    found = wanted or of_source
    return (found, found) if found else bounds
