"""A stored recording as players see it, with texts free of control characters. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from services.api.serializers.malformed import MALFORMED
from shared.catalog.documents import Audio, Video
from shared.storage.keys import content_type_of
from shared.untrusted.text import printable

#: A date as yt-dlp writes it, 20260314, or with hyphens.
_DAY = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})")


class Recording(NamedTuple):
    """One profile of a stored video."""

    video_id: str
    title: str
    channel: str
    url: str
    licence: str
    published_at: datetime
    #: The last part of its key.
    file_name: str
    content_type: str
    size_bytes: int
    seconds: float


def recording_of(video: Video, profile: str | None) -> Recording | None:
    """The recording in `profile`, or in the main one (None).

    Returns None if it is not stored in that profile, or its document is malformed: one entry must not break a feed.
    """
    try:
        return _recording_of(video, profile)
    except MALFORMED:
        return None


def _recording_of(video: Video, profile: str | None) -> Recording | None:
    renditions: Sequence[Audio] = [video["audio"], *video.get("further", ())] if "audio" in video else []
    audio = next((each for each in renditions if profile in (None, each["profile"])), None)
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
    """A source's text on one line, without control characters and marks of direction, as XML and players need it."""
    return " ".join(str(printable(text or "")).split())


def _day(text: str | None) -> datetime | None:
    """Noon of a day in UTC, so that most time zones show the same day; None if `text` is no date."""
    found = _DAY.match(text or "")
    if found is None:
        return None
    year, month, day = map(int, found.groups())
    try:
        return datetime(year, month, day, 12, tzinfo=UTC)
    except ValueError:
        return None
