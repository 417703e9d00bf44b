"""How many bytes of disk a video takes while it is worked on: its source and all files made of it lie there at once.

Pure. Some of it is known exactly, some only between bounds: FLAC may make a tenth of silence and nothing less of noise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shared.profiles import ORIGINAL, Profile, parse_profile

#: Bytes for headers, tags and what a file system takes beside the files themselves.
_SMALL_BYTES = 2**20
#: Bytes a second of a source whose size nobody tells: 32 and 192 kbit/s.
_SOURCE_BYTES_PER_SECOND = (4_000, 24_000)
#: Shares of a size that a source's bitrate makes.
_GUESSED_SHARES = (0.5, 1.2)
#: Hertz and channels of a source that tells none.
_RATES, _CHANNELS = (8_000, 48_000), (1, 2)
#: Bytes of a sample; the encoder is given 16 bits.
_SAMPLE_BYTES = 2
#: Codec → shares of the size that its bitrate, or its samples, would make.
_SHARES = {"mp3": (1.0, 1.02), "opus": (0.3, 1.2), "aac": (0.3, 1.1), "wav": (1.0, 1.01), "flac": (0.1, 1.05)}


@dataclass(frozen=True)
class Need:
    """Bytes: `low` at least, `high` at most."""

    low: int
    high: int


@dataclass(frozen=True)
class Sound:
    """What is known of a source's sound; None: nothing."""

    seconds: float | None
    size_bytes: int | None = None
    #: Whether that is only computed from a bitrate.
    size_is_guessed: bool = False
    sample_rate: int | None = None
    channels: int | None = None
    #: Of the picture that goes into the files.
    cover_bytes: int = 0


def needed(profiles: Sequence[str], sound: Sound) -> Need | None:
    """What a video takes in these profiles; None if neither its size nor its length is known."""
    seconds = _seconds(sound)
    if seconds is None:
        return None
    if sound.size_bytes is not None:
        least, most = _GUESSED_SHARES if sound.size_is_guessed else (1.0, 1.0)
        source = (sound.size_bytes * least, sound.size_bytes * most)
    else:
        source = (seconds[0] * _SOURCE_BYTES_PER_SECOND[0], seconds[1] * _SOURCE_BYTES_PER_SECOND[1])
    parts = [source, *(_made(parse_profile(name), sound, source, seconds) for name in profiles)]
    low, high = (sum(part[bound] for part in parts) for bound in (0, 1))
    covers = sound.cover_bytes * (1 + len(profiles))
    return Need(int(low), int(high) + covers + _SMALL_BYTES)


def _seconds(sound: Sound) -> tuple[float, float] | None:
    if sound.seconds is not None and sound.seconds > 0:
        return sound.seconds, sound.seconds
    if sound.size_bytes is None:
        return None
    # Of sound that is as large as a source usually is.
    return sound.size_bytes / _SOURCE_BYTES_PER_SECOND[1], sound.size_bytes / _SOURCE_BYTES_PER_SECOND[0]


def _made(
    profile: Profile, sound: Sound, source: tuple[float, float], seconds: tuple[float, float]
) -> tuple[float, float]:
    """The least and the most that a profile's file takes."""
    if profile.codec == ORIGINAL:
        return source
    shares = _SHARES[profile.codec]
    if profile.bitrate_kbps is not None:
        per_second = (profile.bitrate_kbps * 125.0,) * 2
    else:
        rates = _known(profile.sample_rate, sound.sample_rate, _RATES)
        channels = _known(profile.channels, sound.channels, _CHANNELS)
        per_second = (
            float(rates[0] * channels[0] * _SAMPLE_BYTES),
            float(rates[1] * channels[1] * _SAMPLE_BYTES),
        )
    return seconds[0] * per_second[0] * shares[0], seconds[1] * per_second[1] * shares[1]


def _known(wanted: int | None, of_source: int | None, bounds: tuple[int, int]) -> tuple[int, int]:
    found = wanted or of_source
    return (found, found) if found else bounds
