"""Addresses of YouTube's searches for the most viewed videos of a time. Pure.

YouTube has no chart of all videos any more, so a search needs words.
"""

from __future__ import annotations

import base64
from enum import StrEnum
from urllib.parse import quote, urlencode


class TimeFrame(StrEnum):
    """How long ago a video was published at most."""

    TODAY = "today"
    WEEK = "week"
    MONTH = "month"
    ALL_TIME = "all_time"


#: YouTube's numbers in the parameter `sp`, a message of Protocol Buffers: sort by views, and the time of publication.
_BY_VIEWS = 3
_PUBLISHED = {TimeFrame.TODAY: 2, TimeFrame.WEEK: 3, TimeFrame.MONTH: 4}
_VIDEOS_ONLY = bytes((0x10, 1))


def most_viewed(words: str, frame: TimeFrame) -> str:
    """Return the address of a search for videos of a time, the most viewed first."""
    published = bytes((0x08, _PUBLISHED[frame])) if frame in _PUBLISHED else b""
    chosen = published + _VIDEOS_ONLY
    message = bytes((0x08, _BY_VIEWS, 0x12, len(chosen))) + chosen
    asked = {"search_query": words, "sp": base64.b64encode(message).decode()}
    return f"https://www.youtube.com/results?{urlencode(asked, quote_via=quote)}"
