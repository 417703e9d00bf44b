"""Queues a video for another attempt, for any reason. Every change is a compare-and-set on the video as it was read."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from shared.catalog.connection import Catalog
from shared.catalog.documents import Video, VideoState
from shared.catalog.videos.stored_objects import OBJECT_FIELDS


class RequeueReason(StrEnum):
    """Why a video or playlist is queued again."""

    #: It was due, or its lease expired, and nobody acted. Nothing is charged, and no count is reset.
    OVERDUE = "overdue"
    #: A person asked for it. It gets all its attempts again.
    PERSON = "person"
    #: A stored video of which no good copy is left. Its objects are forgotten.
    CONTENT_LOST = "content-lost"


async def requeue_video(catalog: Catalog, video: Video, reason: RequeueReason) -> Video | None:
    """Queue a video as it was seen. Returns it after the change; None if it has changed meanwhile.

    CONTENT_LOST also returns None for a video that is not stored.
    """
    seen: dict[str, Any] = {"_id": video["_id"], "state": video["state"], "token": video["token"]}
    change: dict[str, Any] = {"state": VideoState.QUEUED, "state_since": "$$NOW"}
    over = ["requested_at"]
    match reason:
        case RequeueReason.OVERDUE:
            over.append("lease")
            if "lease" in video:
                seen["lease.expires_at"] = video["lease"]["expires_at"]
                change["desertions"] = video.get("desertions", 0) + 1
        case RequeueReason.PERSON:
            # Whoever asks for this one wants it, whatever its playlists' filters say.
            over += ["defects", "filters"]
            if "retry" in video:
                change |= {"retry.charged": 0, "retry.in_a_row": 0, "retry.decided": True}
                change["retry.first_failed_at"] = "$$NOW"
        case RequeueReason.CONTENT_LOST:
            seen["state"] = VideoState.STORED
            over += OBJECT_FIELDS
    return await catalog.change_video(seen, [{"$set": change}, {"$unset": over}])
