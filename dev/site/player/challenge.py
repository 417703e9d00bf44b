"""The challenge in media addresses: an `n` that the player's script must transform. Pure functions."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

_DIGITS = "0123456789abcdef"
#: The player's script, and one that contains no solution; and their paths in pages.
SOLVABLE = (Path(__file__).parent / "challenge.js").read_text()
UNSOLVABLE = "var _yt_player={signatureTimestamp:20000};"
SOLVABLE_PATH = "/s/player/50171ab1/player_ias.vflset/en_US/base.js"
UNSOLVABLE_PATH = "/s/player/00000000/player_ias.vflset/en_US/base.js"


def challenge(*parts: str) -> str:
    """Return the `n` in the address of the media that the `parts` name."""
    return sha256(":".join(parts).encode()).hexdigest()[:16]


def solution(given: str) -> str:
    """Return the script's solution of a challenge: reversed, with each digit raised by its place."""
    turned = enumerate(reversed(given))
    return "".join(_DIGITS[(_DIGITS.index(digit) + place) % len(_DIGITS)] for place, digit in turned)
