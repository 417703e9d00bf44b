"""Profiles: the audio format stored of a video. A profile's name defines it completely, so no service needs a list.

`original`                               the source's own audio, not re-encoded
`mp3-320`, `mp3-128-mono`                codec, kbit/s, and optionally sample rate and channels
`opus-96`, `aac-192-stereo`
`wav-16k-mono`, `flac`, `flac-48k`       lossless ones have no bitrate
"""

from __future__ import annotations

import re
from dataclasses import dataclass

#: The profile stored unless another is requested.
DEFAULT_PROFILE = "mp3-320"
ORIGINAL = "original"

#: Codec → its valid kbit/s; empty for lossless codecs. MP3 has the bitrates of MPEG-1 Layer III, Opus those that are
#: valid for a single channel.
_BITRATES: dict[str, tuple[int, ...]] = {
    "mp3": (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    "opus": tuple(range(6, 257)),
    "aac": tuple(range(16, 513)),
    "flac": (),
    "wav": (),
}
#: Codec → its valid sample rates in Hz. Lower rates of MP3 would need MPEG-2 frames, whose maximum is 160 kbit/s.
_RATES: dict[str, tuple[int, ...]] = {
    "mp3": (32_000, 44_100, 48_000),
    "opus": (48_000,),
    "aac": (8000, 16_000, 22_050, 32_000, 44_100, 48_000),
    "flac": (8000, 16_000, 22_050, 32_000, 44_100, 48_000, 96_000),
    "wav": (8000, 16_000, 22_050, 32_000, 44_100, 48_000, 96_000),
}
_NAME = re.compile(
    r"(?P<codec>[a-z0-9]{1,16}?)(-(?P<bitrate>[1-9]\d{0,3}))?(-(?P<rate>[1-9]\d?(\.\d{1,2})?)k)?(-(?P<channels>mono|stereo))?"
)


class BadProfile(ValueError):
    """No profile has this name; the text lists the valid ones."""


@dataclass(frozen=True)
class Profile:
    """The audio format of one stored file. None: as in the source."""

    name: str
    #: mp3, opus, aac, flac, wav; or original.
    codec: str
    bitrate_kbps: int | None = None
    #: Hertz.
    sample_rate: int | None = None
    channels: int | None = None


def parse_profile(name: str) -> Profile:
    """Parse a profile's name. Raises BadProfile."""
    if name == ORIGINAL:
        return Profile(name, ORIGINAL)
    parts = _NAME.fullmatch(name)
    if parts is None or (codec := parts["codec"]) not in _BITRATES:
        raise BadProfile(
            f"{name!r} is not a profile. Write original, or <codec>[-<kbit/s>][-<kHz>k][-mono or -stereo] with "
            f"{', '.join(_BITRATES)}: mp3-320, opus-96, wav-16k-mono, flac."
        )
    bitrate = int(parts["bitrate"]) if parts["bitrate"] else None
    rate = round(float(parts["rate"]) * 1000) if parts["rate"] else None
    _check_bitrate(name, codec, bitrate)
    if rate is not None and rate not in _RATES[codec]:
        raise BadProfile(f"{name!r}: choose one of {', '.join(f'{hertz / 1000:g}k' for hertz in _RATES[codec])}.")
    channels = {"mono": 1, "stereo": 2}.get(parts["channels"] or "")
    return Profile(name, codec, bitrate, rate, channels)


def _check_bitrate(name: str, codec: str, bitrate: int | None) -> None:
    known = _BITRATES[codec]
    if not known and bitrate is not None:
        raise BadProfile(f"{name!r}: {codec} is lossless and has no bitrate. Write {codec} alone.")
    if known and bitrate not in known:
        listed = ", ".join(map(str, known)) if len(known) < 20 else f"{known[0]} to {known[-1]}"
        raise BadProfile(f"{name!r}: {codec} needs a bitrate of {listed} kbit/s, as in {codec}-{known[-1]}.")


def parse_profiles(text: str) -> tuple[Profile, ...]:
    """Parse a comma-separated list of profiles. Returns each once, the main one first. Raises BadProfile."""
    names = list(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    if not names:
        raise BadProfile("It names no profile. The usual one is mp3-320.")
    return tuple(parse_profile(name) for name in names)
