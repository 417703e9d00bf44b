"""What was stored in a period, by followed source, for the digest of people; and the state of the archive."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from shared.catalog.connection import Catalog
from shared.catalog.documents import Source
from shared.catalog.parts import IDS_AT_ONCE
from shared.untrusted.text import clean_line

#: Titles of each source that a digest names.
MAX_TITLES = 10
#: Characters of a title.
MAX_TITLE = 100


class SourceDigest(NamedTuple):
    """The new recordings of one followed source."""

    source: str
    recordings: int
    #: Of the newest of them.
    titles: list[str]


class Digest(NamedTuple):
    """The new recordings of a period."""

    #: A recording of two sources counts once.
    recordings: int
    sources: list[SourceDigest]


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


async def stored_by_source(catalog: Catalog, lists: Mapping[str, Source], begin: datetime, end: datetime) -> Digest:
    """Return what was stored for the first time from `begin` until before `end` of these lists, by source."""
    counts: dict[str, int] = {}
    videos: set[str] = set()
    titles: dict[str, list[str]] = {}
    ids: list[str] = []

    async def count() -> None:
        before = {"video_id": {"$in": ids}, "timestamp": {"$lt": begin}, "status": "stored"}
        again = {entry["video_id"] async for entry in catalog.logs.find(before, {"video_id": 1})}
        first = [id_ for id_ in ids if id_ not in again and id_ not in videos]
        query = {"_id": {"$in": first}, "playlists": {"$in": list(lists)}}
        async for video in catalog.videos.find(query, {"title": 1, "playlists": 1}):
            videos.add(video["_id"])
            for playlist_id in video["playlists"]:
                if playlist_id in lists:
                    name = lists[playlist_id]["_id"]
                    counts[name] = counts.get(name, 0) + 1
                    if len(named := titles.setdefault(name, [])) < MAX_TITLES:
                        named.append(clean_line(video["title"] or video["_id"])[:MAX_TITLE])
        ids.clear()

    stored = {"timestamp": {"$gte": begin, "$lt": end}, "status": "stored"}
    async for entry in catalog.logs.find(stored, {"video_id": 1}).sort("timestamp", -1):
        ids.append(entry["video_id"])
        if len(ids) == IDS_AT_ONCE:
            await count()
    await count()
    return Digest(len(videos), [SourceDigest(name, counts[name], titles[name]) for name in sorted(counts)])
