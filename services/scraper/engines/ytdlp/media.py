"""What yt-dlp says of the media that it downloads, as measurements describe it."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Any
from urllib.parse import parse_qs, urlsplit

from services.scraper.measuring.transfer import Media
from shared.untrusted.bounds import MAX_INTEGER, MAX_KBPS, MAX_SECONDS, number_within

_RANGE = re.compile(r"bytes=(\d{1,15})-")
#: Of the hosts that serve YouTube's media.
_MEDIA_DOMAIN = ".googlevideo.com"
#: Characters of a word of the source's; real ones are far shorter.
_MAX_WORD = 100


def media_of(info: dict[str, Any]) -> Media:
    """Describe the chosen format."""
    size = number_within(info.get("filesize"), 1, MAX_INTEGER)
    return Media(
        format=_word(info.get("format_id")),
        extension=_word(info.get("ext")),
        protocol=_word(info.get("protocol")),
        codec=_word(info.get("acodec")),
        encoding_rate=_rate(info.get("abr")) or _rate(info.get("tbr")),
        duration=number_within(info.get("duration"), 0.001, MAX_SECONDS),
        size=int(size) if size is not None else None,
    )


def offset_of(range_: object) -> int | None:
    """The first byte that a Range header asks for; None: it is missing, or says something else."""
    found = _RANGE.match(range_) if isinstance(range_, str) else None
    return int(found[1]) if found is not None else None


def public_address_in(url: object) -> str | None:
    """The IP address that YouTube writes into an address of media: that of whom it serves."""
    if not isinstance(url, str):
        return None
    try:
        parts = urlsplit(url)
        if not (parts.hostname or "").endswith(_MEDIA_DOMAIN):
            return None
        return str(ip_address(parse_qs(parts.query)["ip"][0]))
    except (ValueError, KeyError):
        return None


def _rate(value: object) -> float | None:
    return number_within(value, 0.001, MAX_KBPS)


def _word(value: object) -> str | None:
    return value[:_MAX_WORD] if isinstance(value, str) and value else None
