"""A stored recording as players are told of it: texts without what could steer them. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from services.api.salvage import UNSOUND
from shared.catalog.documents import Audio, Video
from shared.storage.keys import content_type_of
from shared.untrusted.text import printable

#: As yt-dlp has days, and as others have them.
_DAY = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})")


class Recording(NamedTuple):
    """One profile of a stored video."""

    video_id: str
    title: str
    channel: str
    url: str
    licence: str
    published_at: datetime
    #: Last part of the key.
    file_name: str
    content_type: str
    size_bytes: int
    seconds: float


def recording_of(video: Video, profile: str | None) -> Recording | None:
    """The recording in a profile, or in the main one; None if it is not stored in that one.

    None too for a document that is not as it must be: a feed must not fail over one entry.
    """
    try:
        return _recording_of(video, profile)
    except UNSOUND:
        return None


def _recording_of(video: Video, profile: str | None) -> Recording | None:
    sounds: Sequence[Audio] = [video["audio"], *video.get("further", ())] if "audio" in video else []
    audio = next((sound for sound in sounds if profile in (None, sound["profile"])), None)
    if audio is None:
        return None
    metadata = video.get("metadata", {})
    return Recording(
        video_id=video["_id"],
        title=line(video["title"]) or video["_id"],
        channel=line(metadata.get("channel")),
        url=line(video["url"]),
        licence=line(metadata.get("licence")),
        published_at=_day(metadata.get("upload_date")) or audio["stored_at"],
        file_name=audio["key"].rpartition("/")[2],
        content_type=content_type_of(audio["key"]),
        size_bytes=audio["size_bytes"],
        seconds=audio["duration_seconds"],
    )


def line(text: str | None) -> str:
    """A source's text on one line, of letters that XML and players take: no controls, no marks of direction."""
    return " ".join(str(printable(text or "")).split())


def _day(text: str | None) -> datetime | None:
    """Noon of a day, so that it is the same day in most places; None for what is none."""
    found = _DAY.match(text or "")
    if found is None:
        return None
    year, month, day = map(int, found.groups())
    try:
        return datetime(year, month, day, 12, tzinfo=UTC)
    except ValueError:
        return None
