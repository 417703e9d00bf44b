"""Makes file names from a source's texts that every file system accepts. Pure functions."""

from __future__ import annotations

import re
import unicodedata

from shared.untrusted.text import printable

#: Bytes of a name on Linux, macOS and most others. Windows allows 255 UTF-16 units, which are never fewer bytes.
MAX_BYTES = 255
#: Path separators, characters that Windows reserves, and shell wild cards.
_RESERVED = re.compile(r'[/\\:*?"<>|]')
#: Device names of Windows, with any extension. Source: "Naming Files, Paths, and Namespaces".
_DEVICES = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])\s*(\..*)?", re.IGNORECASE | re.DOTALL)
#: Zero-width joiners: they join letters of some scripts, so they have no use at the end of a name.
_JOINERS = "\u200c\u200d"


def safe_part(text: str) -> str:
    """`text` as part of a file name: NFC, on one line, without invisible or reserved characters.

    The result can be empty; its length is not limited.
    """
    seen = str(printable(unicodedata.normalize("NFC", text)))
    return " ".join(_RESERVED.sub("_", seen).split())


def safe_name(text: str, max_bytes: int = MAX_BYTES) -> str:
    """`text` as the name of a file or folder, of at most `max_bytes` bytes of UTF-8.

    The result is never empty, `.`, `..`, a hidden file, a command-line option or a Windows device.
    """
    # Windows drops trailing dots and spaces, so two names could become one file.
    name = cut(safe_part(text), max_bytes).rstrip(". ")
    if name == "" or name[0] in ".-~" or _DEVICES.fullmatch(name):
        name = cut(f"_{name}", max_bytes).rstrip(". ")
    return name


def cut(text: str, max_bytes: int) -> str:
    """The longest beginning of `text` with at most `max_bytes` bytes of UTF-8 and no incomplete character."""
    data = text.encode(errors="replace")
    if len(data) <= max_bytes:
        return text
    kept = data[: max(0, max_bytes)].decode(errors="ignore")
    # Combining marks belong to the letter before them: without all of its marks, it would be a different letter.
    rest = text[len(kept) : len(kept) + 1]
    while kept and rest and unicodedata.combining(rest):
        rest, kept = kept[-1], kept[:-1]
    return kept.rstrip(_JOINERS + " ")
