"""Text from outside, made such that every store and every message can carry it. Pure functions."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, StringConstraints

#: Characters kept of a line, then of any other text. YouTube ends titles at 100 and descriptions at 5,000.
MAX_LINE, MAX_TEXT = 2_000, 200_000
#: C0 and C1 control characters and DEL, but for the line feed and the tab.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
#: What ends a line somewhere: in terminals, in Unicode (UAX #14), or in old systems; and the tab.
_BREAKS = re.compile(r"\r\n|[\t\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
#: What joins and separates the letters of some scripts; it is no control character, though it is not printed.
_JOINERS = "\u200c\u200d"
_SURROGATE = re.compile(r"[\ud800-\udfff]")


def clean_text(text: str) -> str:
    """`text` as it can be encoded and shown.

    Two surrogates that are the halves of one character, as badly decoded JSON has them, become that character; a lone
    one becomes U+FFFD. Control characters go, but for line feeds and tabs.
    """
    return _CONTROLS.sub("", _joined(text))


def clean_line(text: str) -> str:
    """`text` as `clean_text` leaves it, on one line: what breaks lines, and tabs, become spaces; none at the ends."""
    return clean_text(_BREAKS.sub(" ", text)).strip()


def printable(value: object, *, lines: bool = False) -> object:
    """A value as a terminal may have it: in texts, what is not printed becomes a space, also in lists and dicts.

    Escape codes go, and marks that turn the direction of what follows. `lines`: whether line feeds stay.
    """
    if isinstance(value, dict):
        return {printable(key): printable(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [printable(inner) for inner in value]
    if not isinstance(value, str) or value.isprintable():
        return value
    kept = f"{_JOINERS}\n\t" if lines else _JOINERS
    return "".join(letter if letter.isprintable() or letter in kept else " " for letter in value)


def is_encodable(text: str) -> bool:
    """Whether `text` can be written as UTF-8: no surrogate is in it."""
    return _SURROGATE.search(text) is None


def has_controls(text: str) -> bool:
    """Whether `text` holds a control character, line feeds and tabs included."""
    return _CONTROLS.search(text) is not None or "\n" in text or "\t" in text


def _joined(text: str) -> str:
    # UTF-16 writes both ways of having a character the same, so that reading it again leaves one.
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace") if not is_encodable(text) else text


def _cleaned(value: object) -> object:
    return clean_text(value)[:MAX_TEXT] if isinstance(value, str) else value


def _cleaned_line(value: object) -> object:
    return clean_line(value)[:MAX_LINE] if isinstance(value, str) else value


def _only_encodable(text: str) -> str:
    if not is_encodable(text):
        raise ValueError("it holds half a character, which no text has")
    return text


def _trimmed(text: str) -> str:
    trimmed = text.strip()
    if not trimmed:
        raise ValueError("it holds nothing but white space")
    return trimmed


TRIMMED = AfterValidator(_trimmed)
"""Takes white space off both ends of a text somebody typed, after its length was checked.

The bounds that a schema names are those of the text as it was sent: `strip_whitespace` would trim before it counts, and
so accept what the schema refuses.
"""

SourceText = Annotated[str, BeforeValidator(_cleaned), StringConstraints(max_length=MAX_TEXT)]
"""Text that came from a source; `clean_text` cleans it, and what is too long is cut."""

SourceLine = Annotated[str, BeforeValidator(_cleaned_line), StringConstraints(max_length=MAX_LINE)]
"""A title or another single line that came from a source; `clean_line` cleans it, and what is too long is cut."""

Encodable = Annotated[str, AfterValidator(_only_encodable), StringConstraints(max_length=MAX_LINE)]
"""Text of our own, which must be as it was written."""
