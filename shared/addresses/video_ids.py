"""The ids of videos: one for each video of each source, in a form that every store can carry. Pure functions.

An id becomes a part of object keys, blob names, addresses and file names. Percent signs would be quoted again there, so
what is not a letter, a digit or one of `_ - .` is written as `~` and two hexadecimal digits for each byte of UTF-8.
"""

from __future__ import annotations

import hashlib
import re

#: Characters of what follows the colon; VideoId and PlaylistId take no more.
MAX_ID = 200
#: Characters of an extractor's name, of which yt-dlp's have fewer than 40. The API takes ids of 300 in its paths.
MAX_EXTRACTOR = 96
_KEPT = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_.-")
_KEPT_OF_EXTRACTOR = frozenset("0123456789abcdefghijklmnopqrstuvwxyz_.-")
#: Dots that would make `..` of a part of a path, or that Azure's clients drop at its end.
_DOTS = re.compile(r"^\.{2,}|\.+$")


def video_id(extractor: str, source_id: str) -> str:
    """`<extractor>:<id at the source>`, e.g. `youtube:dQw4w9WgXcQ`: a VideoId, whatever the source's id holds.

    Two ids at a source never give one here. What is ordinary stays as it is; the rest is quoted reversibly, and what is
    then longer than MAX_ID ends with the SHA-256 of the whole. The case of an extractor's name says nothing.
    """
    # A VideoId has no `~` and no capitals before its colon.
    name = _quoted(extractor.lower(), _KEPT_OF_EXTRACTOR, "+").lower()
    quoted = _quoted(source_id, _KEPT, "~")
    return f"{bounded(name or '+', MAX_EXTRACTOR, '+')}:{bounded(quoted or '~', MAX_ID)}"


def is_well_formed(id_: str) -> bool:
    """Whether an id could have come out of `video_id`: no other one can ever be found at a source."""
    extractor, _, source_id = id_.partition(":")
    return (
        0 < len(extractor) <= MAX_EXTRACTOR
        and 0 < len(source_id) <= MAX_ID
        and set(extractor) <= _KEPT_OF_EXTRACTOR | {"+"}
        and set(source_id) <= _KEPT | {"~"}
        and not any(_DOTS.search(part) for part in (extractor, source_id))
    )


def bounded(quoted: str, longest: int, mark: str = "~") -> str:
    """`quoted` if it has at most `longest` characters (more than 66); else its beginning, two marks and a SHA-256.

    The SHA-256 is that of the whole.
    `mark` is the sign that quotes in it: two in a row cannot be in what was quoted.
    """
    if len(quoted) <= longest:
        return quoted
    digest = hashlib.sha256(quoted.encode()).hexdigest()
    return f"{quoted[: longest - len(digest) - 2 * len(mark)]}{mark}{mark}{digest}"


def _quoted(text: str, kept: frozenset[str], sign: str) -> str:
    plain = "".join(c if c in kept else _bytes(c, sign) for c in text)
    return _DOTS.sub(lambda dots: len(dots[0]) * _bytes(".", sign), plain)


def _bytes(character: str, sign: str) -> str:
    # Half a character, as badly decoded text has it, is quoted too: it makes another id than its like.
    return "".join(f"{sign}{byte:02X}" for byte in character.encode("utf-8", "surrogatepass"))
