"""Videos that filters leave out: abandoned as `filtered`, until a filter of one of their playlists changes.

The document of a video holds the rules of each playlist that takes it on conditions. A playlist that takes everything
removes them all, since the video is then wanted as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from pymongo import UpdateOne

from shared.catalog.connection import Catalog
from shared.catalog.documents import PlaylistFilters, Video, VideoState
from shared.contracts.reasons import Reason
from shared.filters import Filters

#: What is read of a known video to decide whether other rules change anything.
_SEEN = {"filters": 1, "state": 1, "retry.failure.reason": 1, "tombstone": 1}


class Conditions(NamedTuple):
    """The rules by which a playlist takes its entries."""

    playlist_id: str
    #: As documents keep them; None: it takes all.
    rules: dict[str, Any] | None = None

    @property
    def stored(self) -> list[PlaylistFilters]:
        """The conditions in the form for a new document; empty if there are none."""
        return [{"playlist": self.playlist_id, "rules": self.rules}] if self.rules is not None else []


async def note_conditions(
    catalog: Catalog, conditions: Conditions, video_ids: Sequence[str], now: datetime, *, taken: bool
) -> None:
    """Note the rules by which a playlist takes known videos, or leaves them out, if they are other ones than before.

    `taken`: whether these rules take the videos, as far as a list shows it. Then those that a filter had left out are
    queued again; they have no `requested_at`. Videos that some playlist takes unconditionally do not change.
    """
    while True:
        conditional = catalog.videos.find({"_id": {"$in": list(video_ids)}, "filters": {"$exists": True}}, _SEEN)
        changes = [_change(video, conditions, now, taken=taken) async for video in conditional]
        updates = [change for change in changes if change is not None]
        # One that changed in between is read again: its attempt may just have ended.
        if not updates or (await catalog.videos.bulk_write(updates, ordered=False)).matched_count == len(updates):
            return


def _change(video: Video, conditions: Conditions, now: datetime, *, taken: bool) -> UpdateOne | None:
    known = video["filters"]
    if any(each["playlist"] == conditions.playlist_id and each["rules"] == conditions.rules for each in known):
        return None
    seen: dict[str, Any] = {"_id": video["_id"], "filters": known, "state": video["state"]}
    change: dict[str, Any] = {}
    over: dict[str, str] = {}
    if taken and conditions.rules is None:
        over["filters"] = ""
    else:
        others = [each for each in known if each["playlist"] != conditions.playlist_id]
        change["filters"] = others + conditions.stored
    if taken and is_filtered(video):
        change |= {"state": VideoState.QUEUED, "state_since": now}
        over["requested_at"] = ""
    update = {name: fields for name, fields in (("$set", change), ("$unset", over)) if fields}
    return UpdateOne(seen, update) if update else None


def is_filtered(video: Video) -> bool:
    """Return whether a filter has left a video out, and nothing has changed that since."""
    failure = video.get("retry", {}).get("failure", {})
    abandoned = video["state"] == VideoState.ABANDONED and "tombstone" not in video
    return abandoned and failure.get("reason") == Reason.FILTERED


def filters_of_video(video: Video) -> tuple[Filters, ...]:
    """Return the rules of which one must take a video; none: it is taken as it is."""
    return tuple(Filters.model_validate(each["rules"]) for each in video.get("filters", ()))
