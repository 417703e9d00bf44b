"""Cleans untrusted text, so that every store and every message can represent it. Pure functions."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, StringConstraints

#: Characters kept of a line, and of any other text. YouTube's limits are 100 for titles and 5,000 for descriptions.
MAX_LINE, MAX_TEXT = 2_000, 200_000
#: C0 and C1 control characters and DEL, except line feed and tab.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
#: Line breaks of terminals, Unicode (UAX #14) and old systems; and the tab.
_BREAKS = re.compile(r"\r\n|[\t\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
#: Zero-width joiners: Python calls them unprintable, but text in some scripts needs them.
_JOINERS = "\u200c\u200d"
_SURROGATE = re.compile(r"[\ud800-\udfff]")


def clean_text(text: str) -> str:
    """Make `text` encodable and free of control characters, except line feeds and tabs.

    A surrogate pair, as in badly decoded JSON, becomes its character; a lone surrogate becomes U+FFFD.
    """
    return _CONTROLS.sub("", _joined(text))


def clean_line(text: str) -> str:
    """`clean_text` on one line: line breaks and tabs become spaces, and the ends are trimmed."""
    if text.isascii() and text.isprintable():
        return text.strip()
    return clean_text(_BREAKS.sub(" ", text)).strip()


def printable(value: object, *, lines: bool = False) -> object:
    """Make a value safe for a terminal: unprintable characters of its strings become spaces, in lists and dicts too.

    This removes escape codes and direction marks. `lines`: keep line feeds and tabs.
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
    """Whether `text` can be encoded as UTF-8, that is, contains no surrogate."""
    return text.isascii() or _SURROGATE.search(text) is None


def has_controls(text: str) -> bool:
    """Whether `text` contains a control character, line feeds and tabs included."""
    return _CONTROLS.search(text) is not None or "\n" in text or "\t" in text


def _joined(text: str) -> str:
    # In UTF-16 a character and its surrogate pair are the same bytes, so decoding gives the character.
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace") if not is_encodable(text) else text


def _cleaned(value: object) -> object:
    return clean_text(value)[:MAX_TEXT] if isinstance(value, str) else value


def _cleaned_line(value: object) -> object:
    return clean_line(value)[:MAX_LINE] if isinstance(value, str) else value


def _only_encodable(text: str) -> str:
    if not is_encodable(text):
        raise ValueError("it contains an incomplete character (a lone surrogate)")
    return text


def _trimmed(text: str) -> str:
    trimmed = text.strip()
    if not trimmed:
        raise ValueError("it contains only white space")
    return trimmed


TRIMMED = AfterValidator(_trimmed)
"""Trims white space from both ends of a text, after its length was checked.

The bounds of a schema apply to the text as it was sent. `strip_whitespace` would trim before it counts, and therefore
accept texts that the schema rejects.
"""

SourceText = Annotated[str, BeforeValidator(_cleaned), StringConstraints(max_length=MAX_TEXT)]
"""Text from a source; `clean_text` cleans it, and it is cut to MAX_TEXT characters."""

SourceLine = Annotated[str, BeforeValidator(_cleaned_line), StringConstraints(max_length=MAX_LINE)]
"""A title or another single line from a source; `clean_line` cleans it, and it is cut to MAX_LINE characters."""

Encodable = Annotated[str, AfterValidator(_only_encodable), StringConstraints(max_length=MAX_LINE)]
"""Text of our own, which is never changed."""
