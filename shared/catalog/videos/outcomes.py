"""The outcomes of attempts, and the retry service's decisions after failures: compare-and-set with the attempt's token.

running ──finish──▶ stored
running ──fail──▶ waiting (undecided) ──schedule──▶ waiting (decided)
                                      ──abandon──▶ abandoned

`claims` has the changes that make a video running; `requeue` and `operator.decisions` have those of the sweeper and of
people.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from shared.catalog.connection import Catalog
from shared.catalog.documents import Audio, LogEntry, Metadata, StoredFailure, StoredSidecar, Video, VideoState
from shared.catalog.reading.expressions import seconds_from_now
from shared.catalog.search.terms import spelled, words_of
from shared.catalog.videos.claims import held_by
from shared.contracts import Failure

#: The licence of a video whose source names none.
UNKNOWN_LICENCE = "unknown"
#: Until the retry service decides, a failed video is said to be due after this: a guess, for people to read.
UNDECIDED_SECONDS = 300


class Stored(NamedTuple):
    """A successful attempt: the metadata from the source, and the objects that are now in the store."""

    metadata: Metadata
    audio: Audio
    #: Renditions in other profiles, and sidecar files.
    further: Sequence[Audio] = ()
    beside: Sequence[StoredSidecar] = ()


class Failed(NamedTuple):
    """A failed attempt."""

    failure: Failure
    #: What the source says the video is called; None if the attempt did not come that far.
    title: str | None = None
    #: The number of expired leases in a row from which counting continues.
    expired_leases: int = 0


async def finish(catalog: Catalog, video_id: str, token: int, stored: Stored, entry: LogEntry) -> Video | None:
    """Note that all objects of a video are stored. Returns it after the change; None if the lease was lost."""
    metadata = stored.metadata
    change = {
        "state": VideoState.STORED,
        "state_since": "$$NOW",
        "attempts": {"$add": ["$attempts", 1]},
        "title": {"$ifNull": [{"$literal": metadata.get("title")}, "$title"]},
        **_found_by(metadata.get("title"), metadata.get("channel")),
        "licence": {"$literal": metadata.get("licence") or UNKNOWN_LICENCE},
        "duration_seconds": {"$ifNull": [{"$literal": metadata.get("duration_seconds")}, "$duration_seconds"]},
        "metadata": {"$literal": metadata},
        "audio": {"$literal": stored.audio},
        "further": {"$literal": list(stored.further)},
        "beside": {"$literal": list(stored.beside)},
        "unannounced": {"$literal": entry},
    }
    return await catalog.change_video(
        held_by(video_id, token),
        [{"$set": change}, {"$unset": ["lease", "retry", "mirror", "desertions", "suspicions", "defects"]}],
    )


async def fail(catalog: Catalog, video_id: str, token: int, failed: Failed, entry: LogEntry) -> Video | None:
    """Note that an attempt failed; the retry service will decide. Returns the video; None if the lease was lost."""
    failure, title = failed.failure, failed.title
    same_reason = {"$eq": [{"$ifNull": ["$retry.failure.reason", ""]}, failure.reason]}
    change = {
        "state": VideoState.WAITING,
        "state_since": "$$NOW",
        "attempts": {"$add": ["$attempts", 1]},
        "title": {"$ifNull": [{"$literal": title}, "$title"]},
        **_found_by(title),
        "retry": {
            "failure": {"$literal": stored_failure(failure)},
            "due_at": seconds_from_now(UNDECIDED_SECONDS),
            "decided": False,
            "charged": {"$ifNull": ["$retry.charged", 0]},
            "in_a_row": {"$cond": [same_reason, {"$add": [{"$ifNull": ["$retry.in_a_row", 0]}, 1]}, 1]},
            "first_failed_at": {"$ifNull": ["$retry.first_failed_at", "$$NOW"]},
            "last_failed_at": "$$NOW",
        },
        "unannounced": {"$literal": entry},
        "desertions": failed.expired_leases,
    }
    return await catalog.change_video(held_by(video_id, token), [{"$set": change}, {"$unset": ["lease", "defects"]}])


def stored_failure(failure: Failure) -> StoredFailure:
    """Return a failure as documents keep it."""
    return {
        "failure_class": failure.failure_class,
        "reason": failure.reason,
        "detail": failure.detail,
        "retry_at": failure.retry_at,
        "media_sha256": failure.media_sha256,
    }


def _found_by(title: str | None, channel: str | None = None) -> dict[str, Any]:
    """Return the words by which a video is found from now on; without a title it is found as before."""
    if title is None:
        return {}
    words = words_of(title, channel)
    return {"words": {"$literal": words}, "spelled": {"$literal": spelled(words)}}


def _undecided(video_id: str, token: int) -> dict[str, Any]:
    return {"_id": video_id, "token": token, "state": VideoState.WAITING, "retry.decided": False}


async def schedule(catalog: Catalog, video_id: str, token: int, delay_seconds: float, charged: int) -> bool:
    """Decide that a failed video is tried again after `delay_seconds`. Returns False if it was decided before."""
    result = await catalog.videos.update_one(
        _undecided(video_id, token),
        [
            {
                "$set": {
                    "retry.due_at": seconds_from_now(delay_seconds),
                    "retry.decided": True,
                    "retry.charged": charged,
                }
            },
            {"$unset": "defects"},
        ],
    )
    return result.matched_count == 1


async def abandon(catalog: Catalog, video_id: str, token: int, charged: int) -> bool:
    """Decide that a failed video is abandoned. Returns False if it was decided before."""
    change = {
        "state": VideoState.ABANDONED,
        "state_since": "$$NOW",
        "retry.decided": True,
        "retry.charged": charged,
    }
    result = await catalog.videos.update_one(_undecided(video_id, token), [{"$set": change}, {"$unset": "defects"}])
    return result.matched_count == 1
