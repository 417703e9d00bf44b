"""Makes video ids: unique for each video of each source, in a form that every store accepts. Pure functions.

An id becomes part of object keys, blob names, addresses and file names. Percent signs would be quoted again there, so
each UTF-8 byte of any character other than letters, digits and `_ - .` is written as `~` and two hexadecimal digits.
"""

from __future__ import annotations

import hashlib
import re

#: Characters after the colon; the limit of VideoId and PlaylistId.
MAX_ID = 200
#: Characters of an extractor's name; yt-dlp's have fewer than 40. The API accepts ids of 300 in its paths.
MAX_EXTRACTOR = 96
_KEPT = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_.-")
_KEPT_OF_EXTRACTOR = frozenset("0123456789abcdefghijklmnopqrstuvwxyz_.-")
#: A character that is written as its bytes.
_TO_QUOTE = re.compile(f"[^{re.escape(''.join(sorted(_KEPT)))}]")
_TO_QUOTE_IN_EXTRACTOR = re.compile(f"[^{re.escape(''.join(sorted(_KEPT_OF_EXTRACTOR)))}]")
#: Dots that would form a `..` path segment, or that Azure's clients drop at its end.
_DOTS = re.compile(r"^\.{2,}|\.+$")


def video_id(extractor: str, source_id: str) -> str:
    """`<extractor>:<id at the source>`, e.g. `youtube:dQw4w9WgXcQ`: a valid VideoId for any source id.

    Different source ids give different ids. Ordinary characters stay; others are quoted reversibly, and a result longer
    than MAX_ID is cut and ends with the SHA-256 of the full text. The case of an extractor's name is ignored.
    """
    # A VideoId has no `~` and no capitals before its colon.
    name = _quoted(extractor.lower(), _TO_QUOTE_IN_EXTRACTOR, "+").lower()
    quoted = _quoted(source_id, _TO_QUOTE, "~")
    return f"{bounded(name or '+', MAX_EXTRACTOR, '+')}:{bounded(quoted or '~', MAX_ID)}"


def is_well_formed(id_: str) -> bool:
    """Whether `video_id` could have made this id. Any other id cannot exist at a source."""
    extractor, _, source_id = id_.partition(":")
    return (
        0 < len(extractor) <= MAX_EXTRACTOR
        and 0 < len(source_id) <= MAX_ID
        and set(extractor) <= _KEPT_OF_EXTRACTOR | {"+"}
        and set(source_id) <= _KEPT | {"~"}
        and not any(_DOTS.search(part) for part in (extractor, source_id))
    )


def bounded(quoted: str, longest: int, mark: str = "~") -> str:
    """`quoted` if it has at most `longest` characters (at least 67); else its beginning, two marks and its SHA-256.

    `mark` is the quoting character of `quoted`, which never contains two in a row.
    """
    if len(quoted) <= longest:
        return quoted
    digest = hashlib.sha256(quoted.encode()).hexdigest()
    return f"{quoted[: longest - len(digest) - 2 * len(mark)]}{mark}{mark}{digest}"


def _quoted(text: str, to_quote: re.Pattern[str], sign: str) -> str:
    plain = to_quote.sub(lambda character: _bytes(character[0], sign), text)
    return _DOTS.sub(lambda dots: _bytes(dots[0], sign), plain)


def _bytes(characters: str, sign: str) -> str:
    # A lone surrogate, as in badly decoded text, is quoted too, so that ids stay different.
    return sign + characters.encode("utf-8", "surrogatepass").hex(sign).upper()
