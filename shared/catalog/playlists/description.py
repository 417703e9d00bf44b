"""Stores the facts that a listing finds about its playlist."""

from __future__ import annotations

from collections.abc import Sequence

from shared.catalog.connection import Catalog
from shared.catalog.documents import Video
from shared.untrusted.excerpts import within_bounds


async def describe(
    catalog: Catalog, playlist_id: str, title: str | None, channel: str | None, expected: int | None = None
) -> None:
    """Note the source's facts about a playlist. A title or channel that is missing this time stays as it was.

    `expected`: how many entries the source says it has; None: it does not say.
    """
    said = {name: value for name, value in (("title", title), ("channel", channel)) if value is not None}
    await catalog.playlists.update_one({"_id": playlist_id}, {"$set": {**said, "expected": expected}})


async def leave_out(catalog: Catalog, playlist_id: str, left_out: Sequence[str]) -> None:
    """Note what the listing left out on purpose, a sentence each."""
    await catalog.playlists.update_one({"_id": playlist_id}, {"$set": {"left_out": within_bounds(left_out)}})


async def name_after_video(catalog: Catalog, video: Video) -> None:
    """Give a playlist of one video the video's title, which its listing did not ask for."""
    if video["title"] is not None:
        channel = video.get("metadata", {}).get("channel")
        await catalog.playlists.update_one(
            {"_id": video["_id"], "title": None}, {"$set": {"title": video["title"], "channel": channel}}
        )


async def add_found(catalog: Catalog, playlist_id: str, number: int, owner: str | None = None) -> bool:
    """Count entries that the listing has seen. Returns False if the listing of `owner` has lost its lease."""
    held = {"_id": playlist_id, **({"lease.owner": owner} if owner is not None else {})}
    return (await catalog.playlists.update_one(held, {"$inc": {"found": number}})).matched_count == 1
