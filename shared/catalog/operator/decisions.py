"""What a person decides: try again, give up, delete; for one video or for all that failed for one reason."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from shared.catalog.connection import Catalog
from shared.catalog.documents import Video, VideoState
from shared.catalog.operator.other_reasons import (
    NO_MOMENT_KNOWN,
    class_or_unknown,
    moment_in,
    reasons_of_playlists,
    reasons_of_resting,
)
from shared.catalog.reading.batches import video_batches
from shared.catalog.videos.stored_objects import OBJECT_FIELDS
from shared.errors import FailureClass

#: Reason of a video that a person gave up before anything failed.
BY_A_PERSON = "given-up-by-a-person"
#: Reason of a video that a person deleted.
DELETED = "deleted-by-a-person"


@dataclass(frozen=True)
class Selection:
    """Which videos a decision is about. All that is given must fit."""

    video_id: str | None = None
    reason: str | None = None
    playlist_id: str | None = None
    #: Last failed at or after this moment.
    since: datetime | None = None

    def query(self, states: tuple[VideoState, ...]) -> dict[str, Any]:
        """As a query for videos in `states`; deleted ones never fit."""
        query: dict[str, Any] = {"state": {"$in": list(states)}, "tombstone": None}
        if self.video_id is not None:
            query["_id"] = self.video_id
        if self.reason is not None:
            query["retry.failure.reason"] = self.reason
        if self.playlist_id is not None:
            query["playlists"] = self.playlist_id
        if self.since is not None:
            query["retry.last_failed_at"] = {"$gte": self.since}
        return query


class ReasonCount(NamedTuple):
    """How many videos are not stored for one reason."""

    reason: str
    failure_class: str
    #: Videos that wait or are queued again, and those given up.
    open: int
    abandoned: int
    oldest: datetime
    #: When the next of those that wait is due; None if none waits.
    next_due: datetime | None
    #: Playlists that wait or are refused for it.
    playlists: int = 0


async def reasons(catalog: Catalog, playlist_id: str | None = None) -> list[ReasonCount]:
    """Counts by reason, the most frequent first. What is stored and rests for a defect of ours is open."""
    # What a person deleted is no problem any more.
    match: dict[str, Any] = {"retry.failure.reason": {"$type": "string"}, "tombstone": None}
    if playlist_id is not None:
        match["playlists"] = playlist_id
    waiting = {"$and": [{"$eq": ["$state", VideoState.WAITING]}, {"$eq": [{"$type": "$retry.due_at"}, "date"]}]}
    abandoned = {"$eq": ["$state", VideoState.ABANDONED]}
    group = {
        "_id": {"reason": "$retry.failure.reason", "failure_class": class_or_unknown("retry.failure.failure_class")},
        "open": {"$sum": {"$cond": [abandoned, 0, 1]}},
        "abandoned": {"$sum": {"$cond": [abandoned, 1, 0]}},
        "oldest": {"$min": moment_in("retry.first_failed_at", "state_since")},
        "next_due": {"$min": {"$cond": [waiting, "$retry.due_at", None]}},
    }
    rows: list[Any] = await (await catalog.videos.aggregate([{"$match": match}, {"$group": group}])).to_list()
    counts = [
        ReasonCount(
            row["_id"]["reason"],
            row["_id"]["failure_class"],
            row["open"],
            row["abandoned"],
            row["oldest"] or NO_MOMENT_KNOWN,
            row["next_due"],
        )
        for row in rows
    ]
    merged = {(count.reason, count.failure_class): count for count in counts}
    others = await reasons_of_playlists(catalog, playlist_id) + await reasons_of_resting(catalog, playlist_id)
    for other in others:
        key = other.reason, other.failure_class
        known = merged.get(key, ReasonCount(*key, 0, 0, other.oldest, None))
        merged[key] = known._replace(
            open=known.open + other.open,
            playlists=known.playlists + other.playlists,
            oldest=min(known.oldest, other.oldest),
        )
    return sorted(merged.values(), key=lambda c: (-(c.open + c.abandoned + c.playlists), c.reason))


def selected(catalog: Catalog, selection: Selection, states: tuple[VideoState, ...]) -> AsyncIterator[list[Video]]:
    """The videos a decision is about, in batches."""
    return video_batches(catalog, selection.query(states))


def _as_seen(video: Video) -> dict[str, Any]:
    return {"_id": video["_id"], "state": video["state"], "token": video["token"]}


async def requeue(catalog: Catalog, video: Video) -> Video | None:
    """Queue a waiting or abandoned video again with all its attempts. None: it changed meanwhile."""
    fresh = {"retry.charged": 0, "retry.in_a_row": 0, "retry.first_failed_at": "$$NOW", "retry.decided": True}
    return await catalog.change_video(
        _as_seen(video),
        [
            {"$set": {"state": VideoState.QUEUED, "state_since": "$$NOW", **(fresh if "retry" in video else {})}},
            {"$unset": ["requested_at", "defects"]},
        ],
    )


async def refetch(catalog: Catalog, video: Video) -> Video | None:
    """Queue a stored video again, because no whole copy of it is left. None: it changed meanwhile."""
    return await catalog.change_video(
        {**_as_seen(video), "state": VideoState.STORED},
        [
            {"$set": {"state": VideoState.QUEUED, "state_since": "$$NOW"}},
            {"$unset": [*OBJECT_FIELDS, "requested_at"]},
        ],
    )


async def give_up(catalog: Catalog, video: Video) -> Video | None:
    """Abandon a waiting or queued video; the reason of its last failure stays. None: it changed meanwhile."""
    change: dict[str, Any] = {"state": VideoState.ABANDONED, "state_since": "$$NOW"}
    if "retry" in video:
        change["retry.decided"] = True
    else:
        change["retry"] = _decided(BY_A_PERSON, "A person gave it up before it was tried.")
    return await catalog.change_video(_as_seen(video), [{"$set": change}, {"$unset": "placeholder"}])


async def bury(catalog: Catalog, video: Video) -> Video | None:
    """Delete a video in whatever state it is: abandoned, never fetched again. None: it changed meanwhile.

    The sync service removes all there is of it from both stores: see `deletions`. A running attempt loses its lease by
    the higher token.
    """
    change = {
        "state": VideoState.ABANDONED,
        "state_since": "$$NOW",
        "token": video["token"] + 1,
        "retry": _decided(DELETED, "A person deleted it."),
        # Where a copy is must be known also when the mirror is off, or is another one, by the time of the purge.
        "tombstone": {"at": "$$NOW", "purged_at": None, "bucket": "$audio.bucket", "container": "$mirror.container"},
    }
    return await catalog.change_video(
        _as_seen(video), [{"$set": change}, {"$unset": ["lease", "defects", *OBJECT_FIELDS]}]
    )


def _decided(reason: str, detail: str) -> dict[str, Any]:
    failure = {
        "failure_class": FailureClass.PERMANENT.value,
        "reason": reason,
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


async def purge_again(catalog: Catalog, video_id: str) -> None:
    """Somebody wrote a copy of a video that may have been deleted meanwhile: if it was, let it be removed once more."""
    await catalog.videos.update_one(
        {"_id": video_id, "tombstone.at": {"$exists": True}},
        [{"$set": {"tombstone.purged_at": None, "tombstone.at": "$$NOW"}}, {"$unset": "tombstone.again_at"}],
    )
