"""What was stored in a period, by followed source, for the digest of people; and the state of the archive."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from shared.catalog.connection import Catalog
from shared.catalog.documents import Source

#: Titles of each source that a digest names.
MAX_TITLES = 10
#: Videos that are read at once.
_AT_ONCE = 500


class SourceDigest(NamedTuple):
    """The new recordings of one followed source."""

    source: str
    recordings: int
    #: Of the newest of them.
    titles: list[str]


async def followed_lists(catalog: Catalog, labels: Mapping[str, str]) -> dict[str, Source]:
    """Return the followed sources that have these labels, by the id of their list."""
    return {
        source["playlist_id"]: source
        async for source in catalog.sources.find().sort("_id", -1)
        if labels.items() <= labels_of(source).items()
    }


def labels_of(source: Source) -> dict[str, str]:
    """The labels of a followed source."""
    labels: dict[str, str] = source["definition"].get("labels", {})
    return labels


async def sources_of(catalog: Catalog, video_id: str) -> list[Source]:
    """Return the followed sources that a video is of, by name."""
    video = await catalog.videos.find_one({"_id": video_id}, {"playlists": 1})
    if video is None:
        return []
    return await catalog.sources.find({"playlist_id": {"$in": video["playlists"]}}).sort("_id", 1).to_list()


async def stored_by_source(
    catalog: Catalog, lists: Mapping[str, Source], begin: datetime, end: datetime
) -> list[SourceDigest]:
    """Return what was stored from `begin` until before `end` of these lists, by the source's name."""
    counts: dict[str, int] = {}
    titles: dict[str, list[str]] = {}
    ids: list[str] = []

    async def count() -> None:
        query = {"_id": {"$in": ids}, "playlists": {"$in": list(lists)}}
        async for video in catalog.videos.find(query, {"title": 1, "playlists": 1}):
            for playlist_id in video["playlists"]:
                if playlist_id in lists:
                    name = lists[playlist_id]["_id"]
                    counts[name] = counts.get(name, 0) + 1
                    if len(named := titles.setdefault(name, [])) < MAX_TITLES:
                        named.append(video["title"] or video["_id"])
        ids.clear()

    stored = {"timestamp": {"$gte": begin, "$lt": end}, "status": "stored"}
    async for entry in catalog.logs.find(stored, {"video_id": 1}).sort("timestamp", -1):
        ids.append(entry["video_id"])
        if len(ids) == _AT_ONCE:
            await count()
    await count()
    return [SourceDigest(name, counts[name], titles[name]) for name in sorted(counts)]
