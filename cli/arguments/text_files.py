"""Reads text files as common programs write them: UTF-8, UTF-16 or UTF-32, with a byte order mark or without."""

from __future__ import annotations

import codecs
import io
import shlex
import sys
import unicodedata
from pathlib import Path

from cli.errors import REFUSED, CliError

#: The file name that means standard input.
STDIN = "-"
_STANDARD_INPUT = "Standard input"
#: Greatest size of a file in bytes; a million addresses take half of it.
MAX_BYTES = 100 * 2**20
#: UTF-32 first: its mark begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WITHOUT_MARK = ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be")
#: Least share of ASCII in UTF-16 without a mark: addresses are ASCII; comments may be in any script.
_ASCII_SHARE = 0.3
#: Control characters that occur in text.
_LAYOUT = set("\t\n\r\f\v\x1a")
_CURE = "Save it as UTF-8 text, with one address or id per line."


def read_text(file: str, cure: str = _CURE) -> str:
    """Return the text of a file, or of standard input for `-`. Raises CliError; `cure`: what to do if it is no text."""
    name = _STANDARD_INPUT if file == STDIN else file
    try:
        if file == STDIN:
            data = sys.stdin.buffer.read(MAX_BYTES + 1)
        else:
            with Path(file).open("rb") as opened:
                data = opened.read(MAX_BYTES + 1)
    except IsADirectoryError as error:
        raise CliError(f"{name} is a folder. Name a text file.", REFUSED) from error
    except FileNotFoundError as error:
        raise CliError(f"There is no file {name}. Check its name, and the folder you are in.", REFUSED) from error
    except AttributeError as error:
        raise CliError("Standard input is closed. Give a file instead of -, or a pipe.", REFUSED) from error
    except (OSError, ValueError) as error:
        # A name with a NUL raises ValueError, which has no strerror.
        why = getattr(error, "strerror", None) or error
        raise CliError(f"{name} cannot be read: {why}. Name a readable text file.", REFUSED) from error
    if len(data) > MAX_BYTES:
        raise CliError(f"{name} has more than {MAX_BYTES // 2**20} MiB. Submit it in parts.", REFUSED)
    return decoded(data, name, cure)


def decoded(data: bytes, name: str, cure: str = _CURE) -> str:
    """Return the text in `data`, which comes from the file `name`. Raises CliError if it is no text."""
    encodings = [encoding for mark, encoding in _MARKS if data.startswith(mark)]
    if encodings:
        text = next((text for text in (_text(data, each) for each in encodings) if text is not None), None)
    elif b"\0" in data:
        text = _without_mark(data)
    else:
        text = _text(data, "utf-8")
    if text is None:
        if _looks_like_latin_1(data):
            # Guessing an encoding could corrupt addresses with non-ASCII letters.
            named = "" if name == _STANDARD_INPUT else f" {shlex.quote(name)} > utf-8.txt"
            convert = f"`iconv -f windows-1252 -t utf-8{named}` writes it as UTF-8."
            raise CliError(f"{name} is not UTF-8; it looks like Latin-1 (Windows-1252). {convert} {cure}", REFUSED)
        raise CliError(f"{name} is not text, or has an encoding other than UTF-8 and UTF-16. {cure}", REFUSED)
    # Old programs end files with Ctrl-Z.
    return text.rstrip("\x1a")


def _without_mark(data: bytes) -> str | None:
    """Return UTF-16 or UTF-32 text without a mark; None if it is neither. In the wrong byte order, nothing is ASCII."""
    found = [text for text in (_text(data, encoding) for encoding in _WITHOUT_MARK) if text is not None]
    likely = [text for text in found if _ascii_share(text) >= _ASCII_SHARE and not _categories(text) & {"Cn"}]
    return max(likely, key=_ascii_share, default=None)


def lines_of(text: str) -> list[str]:
    """Return the lines, with any line ends; numbered as editors number them."""
    return list(io.StringIO(text, newline=None))


def _text(data: bytes, encoding: str) -> str | None:
    """Return the text; None if it has another encoding, or contains control characters or lone surrogates."""
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return None
    return None if _categories(text) & {"Cc", "Cs"} else text


def _looks_like_latin_1(data: bytes) -> bool:
    """Whether most of it is ASCII, the rest Western European letters, and nothing a control character."""
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        return False
    return _ascii_share(text) > _ASCII_SHARE and not _categories(text) & {"Cc"}


def _categories(text: str) -> set[str]:
    return {unicodedata.category(letter) for letter in set(text) - _LAYOUT}


def _ascii_share(text: str) -> float:
    return sum(letter.isascii() for letter in text) / max(len(text), 1)
