"""Names of files made of a source's texts, such that every file system takes them. Pure functions."""

from __future__ import annotations

import re
import unicodedata

from shared.untrusted.text import printable

#: Bytes of one name that Linux, macOS and most others take. Windows counts 255 UTF-16 units, which are never more.
MAX_BYTES = 255
#: Separators of paths, what Windows reserves, and what a shell would read as a wild card.
_RESERVED = re.compile(r'[/\\:*?"<>|]')
#: Names of devices in Windows, whatever follows their first dot. Source: "Naming Files, Paths, and Namespaces".
_DEVICES = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])\s*(\..*)?", re.IGNORECASE | re.DOTALL)
#: Joins the letters of some scripts; at the end of a name it joins nothing.
_JOINERS = "\u200c\u200d"


def safe_part(text: str) -> str:
    """`text` for a place inside a file name: in Unicode's form NFC, on one line, without what is not seen or reserved.

    May be empty; it is not cut.
    """
    seen = str(printable(unicodedata.normalize("NFC", text)))
    return " ".join(_RESERVED.sub("_", seen).split())


def safe_name(text: str, max_bytes: int = MAX_BYTES) -> str:
    """`text` as the name of one file or folder: never empty, `.`, `..`, hidden, an option, or a device of Windows."""
    # Windows drops dots and spaces at the end, so that two names would be one file.
    name = cut(safe_part(text), max_bytes).rstrip(". ")
    if name == "" or name[0] in ".-~" or _DEVICES.fullmatch(name):
        name = cut(f"_{name}", max_bytes).rstrip(". ")
    return name


def cut(text: str, max_bytes: int) -> str:
    """The beginning of `text` that fits into so many bytes of UTF-8, without half a character at its end."""
    data = text.encode(errors="replace")
    if len(data) <= max_bytes:
        return text
    kept = data[: max(0, max_bytes)].decode(errors="ignore")
    # A mark belongs to the letter before it; without all of its marks the letter would be another one.
    rest = text[len(kept) : len(kept) + 1]
    while kept and rest and unicodedata.combining(rest):
        rest, kept = kept[-1], kept[:-1]
    return kept.rstrip(_JOINERS + " ")
