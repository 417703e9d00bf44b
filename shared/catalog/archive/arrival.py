"""Changes documents for their restoration. Pure: the server's time is passed in.

The new broker is empty, no scraper works yet, and there may be another mirror or none. Work that was under way or
queued is restored as accepted and not yet published, so that the sweeper publishes it; what was due is due now; and no
copy in a mirror is assumed, since the sync service checks for each one before it copies.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from shared.catalog.archive.extended_json import Document
from shared.catalog.documents import PlaylistState, VideoState
from shared.catalog.videos.stored_objects import OBJECT_FIELDS

#: Fields of a deleted video that are about the stores it was archived from.
_OF_THE_OLD_STORES = ("kept", "tries", "again_at")


def arriving_video(video: Document, now: datetime, bucket: str, *, complete: bool = True) -> Document:
    """Return a video as it is restored.

    `bucket`: where its objects are now. `complete`: whether all of them are there; otherwise it is fetched again.
    """
    found = {**video}
    if not complete and found.get("state") == VideoState.STORED:
        found = {name: value for name, value in found.items() if name not in OBJECT_FIELDS}
        found["state"] = VideoState.QUEUED.value
    if found.get("state") in (VideoState.RUNNING, VideoState.QUEUED):
        found |= {"state": VideoState.QUEUED.value, "state_since": now}
        found.pop("requested_at", None)
        found.pop("lease", None)
    found.pop("mirror", None)
    found.pop("copies", None)
    for name, moved in _moved(found, bucket):
        found[name] = moved
    if isinstance(found.get("tombstone"), dict):
        found["tombstone"] = {n: v for n, v in found["tombstone"].items() if n not in _OF_THE_OLD_STORES}
    return _due_now(found, now)


def arriving_playlist(playlist: Document, now: datetime) -> Document:
    """Return a playlist as it is restored: one that was being listed is listed again."""
    found = {**playlist}
    if found.get("state") in (PlaylistState.EXPANDING, PlaylistState.ACCEPTED):
        found |= {"state": PlaylistState.ACCEPTED.value, "state_since": now}
        found.pop("lease", None)
    return _due_now(found, now)


def _due_now(document: Document, now: datetime) -> Document:
    """Return the document with a due time of now if it was due before."""
    retry = document.get("retry")
    if not isinstance(retry, dict) or document.get("state") != VideoState.WAITING:
        return document
    due_at = retry.get("due_at")
    if isinstance(due_at, datetime) and due_at < now:
        return {**document, "retry": {**retry, "due_at": now}}
    return document


def _moved(video: Document, bucket: str) -> Iterator[tuple[str, Any]]:
    """Yield the fields that name the bucket, with the new one."""
    if isinstance(video.get("audio"), dict):
        yield "audio", {**video["audio"], "bucket": bucket}
    if isinstance(video.get("further"), list):
        yield "further", [{**each, "bucket": bucket} if isinstance(each, dict) else each for each in video["further"]]
