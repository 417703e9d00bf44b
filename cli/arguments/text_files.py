"""Text as people's programs write it: UTF-8, or UTF-16 and UTF-32 as Windows' do, with a mark before it or not."""

from __future__ import annotations

import codecs
import io
import shlex
import sys
import unicodedata
from pathlib import Path

from cli.errors import REFUSED, CliError

#: The name that means standard input.
STDIN = "-"
_STANDARD_INPUT = "Standard input"
#: Bytes of a file; a million addresses take half of it.
MAX_BYTES = 100 * 2**20
#: UTF-32's mark begins with UTF-16's.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WITHOUT_MARK = ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be")
#: Share of ASCII in what is taken for UTF-16 without a mark: addresses are of ASCII, and comments leave room for them.
_ASCII_SHARE = 0.3
#: Control characters that texts have.
_LAYOUT = set("\t\n\r\f\v\x1a")
_CURE = "Save it as UTF-8 text, with one address or id a line."


def read_text(file: str, cure: str = _CURE) -> str:
    """What a file holds, or standard input for `-`. `cure`: what to do about no text. Raises CliError."""
    name = _STANDARD_INPUT if file == STDIN else file
    try:
        if file == STDIN:
            data = sys.stdin.buffer.read(MAX_BYTES + 1)
        else:
            with Path(file).open("rb") as opened:
                data = opened.read(MAX_BYTES + 1)
    except IsADirectoryError as error:
        raise CliError(f"{name} is a folder. Name a text file in it.", REFUSED) from error
    except FileNotFoundError as error:
        raise CliError(f"There is no file {name}. Check its name, and the folder you are in.", REFUSED) from error
    except AttributeError as error:
        raise CliError("Standard input is closed. Give a file instead of -, or a pipe.", REFUSED) from error
    except (OSError, ValueError) as error:
        # Of a name with a NUL in it there is no strerror.
        why = getattr(error, "strerror", None) or error
        raise CliError(f"{name} cannot be read: {why}. Name a text file that you may read.", REFUSED) from error
    if len(data) > MAX_BYTES:
        raise CliError(f"{name} has more than {MAX_BYTES // 2**20} MiB. Submit it in parts.", REFUSED)
    return decoded(data, name, cure)


def decoded(data: bytes, name: str, cure: str = _CURE) -> str:
    """The text in some bytes. Raises CliError if they are none; `name`: of where they come from."""
    encodings = [encoding for mark, encoding in _MARKS if data.startswith(mark)]
    if encodings:
        text = next((text for text in (_text(data, each) for each in encodings) if text is not None), None)
    elif b"\0" in data:
        text = _without_mark(data)
    else:
        text = _text(data, "utf-8")
    if text is None:
        if _looks_like_latin_1(data):
            # No guess is made: a wrong one would make false names of addresses with other letters.
            named = "" if name == _STANDARD_INPUT else f" {shlex.quote(name)} > utf-8.txt"
            convert = f"`iconv -f windows-1252 -t utf-8{named}` writes it as UTF-8."
            raise CliError(f"{name} is not UTF-8; it looks like Latin-1 (Windows-1252). {convert} {cure}", REFUSED)
        raise CliError(f"{name} is not text, or in an encoding other than UTF-8 and UTF-16. {cure}", REFUSED)
    # Ctrl-Z ends the files of old programs.
    return text.rstrip("\x1a")


def _without_mark(data: bytes) -> str | None:
    """UTF-16 or UTF-32 that can be recognised: read with the wrong order of bytes, nothing of it is ASCII."""
    found = [text for text in (_text(data, encoding) for encoding in _WITHOUT_MARK) if text is not None]
    likely = [text for text in found if _ascii_share(text) >= _ASCII_SHARE and not _categories(text) & {"Cn"}]
    return max(likely, key=_ascii_share, default=None)


def lines_of(text: str) -> list[str]:
    """Its lines, ended in whatever way; their numbers are those that editors show."""
    return list(io.StringIO(text, newline=None))


def _text(data: bytes, encoding: str) -> str | None:
    """None if it is not in this encoding, or holds what nobody writes: control characters, halves of characters."""
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return None
    return None if _categories(text) & {"Cc", "Cs"} else text


def _looks_like_latin_1(data: bytes) -> bool:
    """Whether most of it is ASCII, the rest is letters of Western Europe, and no byte is a control character's."""
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        return False
    return _ascii_share(text) > _ASCII_SHARE and not _categories(text) & {"Cc"}


def _categories(text: str) -> set[str]:
    return {unicodedata.category(letter) for letter in set(text) - _LAYOUT}


def _ascii_share(text: str) -> float:
    return sum(letter.isascii() for letter in text) / max(len(text), 1)
