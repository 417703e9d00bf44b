"""Decisions about a video: abandon it, or delete it. `videos.requeue` has the third decision."""

from __future__ import annotations

from typing import Any

from shared.catalog.connection import Catalog
from shared.catalog.documents import Video, VideoState
from shared.catalog.videos.mirroring import COPIES
from shared.catalog.videos.stored_objects import OBJECT_FIELDS
from shared.contracts.reasons import Reason


def _as_seen(video: Video) -> dict[str, Any]:
    return {"_id": video["_id"], "state": video["state"], "token": video["token"]}


async def abandon_video(catalog: Catalog, video: Video) -> Video | None:
    """Abandon a waiting or queued video; the reason of its last failure stays.

    Returns the video after the change; None if it has changed since it was read.
    """
    change: dict[str, Any] = {"state": VideoState.ABANDONED, "state_since": "$$NOW"}
    if "retry" in video:
        change["retry.decided"] = True
    else:
        change["retry"] = _decided(Reason.GIVEN_UP_BY_A_PERSON, "A person abandoned it before it was tried.")
    return await catalog.change_video(_as_seen(video), [{"$set": change}, {"$unset": "placeholder"}])


async def delete_video(catalog: Catalog, video: Video) -> Video | None:
    """Delete a video in any state: it is abandoned, and never fetched again.

    The sync service removes its objects from all stores: see `videos.deletions`. A running attempt loses its lease by
    the higher token. Returns the video after the change; None if it has changed since it was read.
    """
    return await _delete(catalog, video, _as_seen(video), _decided(Reason.DELETED_BY_A_PERSON, "A person deleted it."))


async def expire_video(catalog: Catalog, video: Video, detail: str) -> Video | None:
    """Delete a stored video that its followed sources keep no longer; see `delete_video`.

    Returns the video after the change; None if it has changed, or joined another list, since it was read.
    """
    seen = _as_seen(video) | {"playlists": video["playlists"]}
    return await _delete(catalog, video, seen, _decided(Reason.EXPIRED, detail))


async def _delete(catalog: Catalog, video: Video, seen: dict[str, Any], retry: dict[str, Any]) -> Video | None:
    change = {
        "state": VideoState.ABANDONED,
        "state_since": "$$NOW",
        "token": video["token"] + 1,
        "retry": retry,
        # By the time of the purge the mirror may be off, or another one; the places of the copies must still be known.
        "tombstone": {"at": "$$NOW", "purged_at": None, "bucket": "$audio.bucket", "copies": COPIES},
    }
    return await catalog.change_video(seen, [{"$set": change}, {"$unset": ["lease", "defects", *OBJECT_FIELDS]}])


def _decided(reason: Reason, detail: str) -> dict[str, Any]:
    failure = {
        "failure_class": reason.failure_class.value,
        "reason": reason.value,
        "detail": {"$literal": detail},
        "retry_at": None,
    }
    return {
        "failure": failure,
        "due_at": "$$NOW",
        "decided": True,
        "charged": 0,
        "in_a_row": 1,
        "first_failed_at": "$$NOW",
        "last_failed_at": "$$NOW",
    }
