"""The values of a file's tags: cleaned, bounded and only as exact as they are known. Pure functions."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

import langcodes

from shared.catalog.documents import Metadata
from shared.untrusted.bounds import MAX_ADDRESS
from shared.untrusted.text import clean_line

#: Maximum characters of a title, a name or a licence. Players show a hundred; some sources use long texts as titles.
MAX_TEXT = 500
#: Maximum characters of a language code (RFC 5646, 4.4.1).
MAX_LANGUAGE = 35


@dataclass(frozen=True)
class Tags:
    """The tags of a recording; None: not known."""

    title: str | None = None
    artist: str | None = None
    #: ISO 8601, as exact as known: 2020-01-31, 2020-01 or 2020.
    date: str | None = None
    address: str | None = None
    licence: str | None = None
    #: The source's code (RFC 5646), and the three-letter code (ISO 639-2 T, else ISO 639-3).
    language: str | None = None
    language_code: str | None = None


def tags_of(metadata: Metadata) -> Tags:
    """Return the tags of a recording, cleaned and bounded, without invalid values."""
    # A truncated address leads nowhere, so an overlong one is left out.
    address = clean_line(metadata.get("webpage_url") or "")
    language = clean_line(metadata.get("language") or "")
    return Tags(
        title=_bounded(metadata.get("title")),
        artist=_bounded(metadata.get("channel")),
        date=iso_date(metadata.get("upload_date")),
        address=address if 0 < len(address) <= MAX_ADDRESS else None,
        licence=_bounded(metadata.get("licence")),
        language=language if 0 < len(language) <= MAX_LANGUAGE else None,
        language_code=language_code(language),
    )


def iso_date(text: str | None) -> str | None:
    """Return a date such as 20200131 in ISO 8601, without unknown parts; None for an invalid date."""
    found = re.fullmatch(r"([1-9]\d{3})(?:-?(\d\d)(?:-?(\d\d))?)?", (text or "").strip(), re.ASCII)
    if found is None:
        return None
    year, month, day = found.groups("00")
    try:
        date(int(year), int(month) or 1, int(day) or 1)
    except ValueError:
        return None
    if month == "00":
        return year
    return f"{year}-{month}" if day == "00" else f"{year}-{month}-{day}"


def language_code(language: str) -> str | None:
    """Return the three-letter code of a language tag (RFC 5646: fr, en-US, fon); None for an unknown language."""
    try:
        spoken = langcodes.Language.make(language=langcodes.Language.get(language).language)
        return spoken.to_alpha3() if spoken.is_valid() and spoken.language not in (None, "und") else None
    except (ValueError, LookupError):
        return None


def _bounded(text: str | None) -> str | None:
    """Return a line of at most MAX_TEXT characters, truncated between letters and marked with an ellipsis."""
    line = clean_line(text or "")
    if len(line) > MAX_TEXT:
        end = MAX_TEXT - 1
        while end > 0 and (unicodedata.category(line[end])[0] == "M" or "\u200d" in line[end - 1 : end + 1]):
            end -= 1
        line = line[:end].rstrip() + "…"
    return line or None
