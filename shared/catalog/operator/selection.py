"""Selects the videos and playlists for a person's decision."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.catalog.connection import Catalog
from shared.catalog.documents import Playlist, PlaylistState, Video, VideoState
from shared.catalog.reading.batches import BATCH, video_batches
from shared.catalog.videos.defects import RESTING

#: States of playlists that are not listed for some reason, as a condition.
UNLISTED = {"$in": [PlaylistState.WAITING, PlaylistState.REFUSED]}


@dataclass(frozen=True)
class Selection:
    """The items of a decision. Every given condition must match."""

    video_id: str | None = None
    reason: str | None = None
    playlist_id: str | None = None
    #: Last failed at or after this moment.
    since: datetime | None = None

    def query(self, states: tuple[VideoState, ...]) -> dict[str, Any]:
        """Return the query for the videos in `states`; deleted ones never match."""
        query: dict[str, Any] = {"state": {"$in": list(states)}, "tombstone": None}
        return query | self._conditions("retry.failure.reason", "retry.last_failed_at")

    def resting_query(self) -> dict[str, Any]:
        """Return the query for the videos that rest for a defect although they are stored, or were abandoned before."""
        return {**RESTING, **self._conditions("defects.failure.reason", "defects.at")}

    def playlists_query(self) -> dict[str, Any]:
        """Return the query for the playlists that wait or are refused."""
        query: dict[str, Any] = {"state": UNLISTED, "retry.failure.reason": self.reason}
        if self.playlist_id is not None:
            query["_id"] = self.playlist_id
        if self.since is not None:
            query["state_since"] = {"$gte": self.since}
        return query

    def _conditions(self, reason_field: str, moment_field: str) -> dict[str, Any]:
        query: dict[str, Any] = {}
        if self.video_id is not None:
            query["_id"] = self.video_id
        if self.reason is not None:
            query[reason_field] = self.reason
        if self.playlist_id is not None:
            query["playlists"] = self.playlist_id
        if self.since is not None:
            query[moment_field] = {"$gte": self.since}
        return query


def selected_videos(
    catalog: Catalog, selection: Selection, states: tuple[VideoState, ...]
) -> AsyncIterator[list[Video]]:
    """Yield the videos of a selection that are in `states`, in batches."""
    return video_batches(catalog, selection.query(states))


async def resting_videos(catalog: Catalog, selection: Selection) -> list[Video]:
    """Return up to BATCH videos of a selection that rest for a defect, stored or abandoned before."""
    return await catalog.videos.find(selection.resting_query()).sort("_id", 1).limit(BATCH).to_list()


async def unlisted_playlists(catalog: Catalog, selection: Selection) -> list[Playlist]:
    """Return up to BATCH playlists that wait or are refused for the reason of a selection."""
    return await catalog.playlists.find(selection.playlists_query()).sort("_id", 1).limit(BATCH).to_list()
