"""Videos and playlists over which a source refused an egress while it served others to it; and who can witness that."""

from __future__ import annotations

import random
from collections.abc import Collection

from shared.catalog.accessions import last_number
from shared.catalog.connection import Catalog
from shared.catalog.documents import Video, VideoState


async def note_suspicions(catalog: Catalog, ids: Collection[str]) -> None:
    """Note that a breaker opened over these videos and playlists, and that the source served something else then."""
    if ids:
        suspected = {"_id": {"$in": sorted(ids)}}
        await catalog.videos.update_many(suspected, {"$inc": {"suspicions": 1}})
        await catalog.playlists.update_many(suspected, {"$inc": {"suspicions": 1}})


async def suspicions_of(catalog: Catalog, playlist_id: str) -> int:
    """How often a breaker opened over a playlist alone."""
    found = await catalog.playlists.find_one({"_id": playlist_id}, {"suspicions": 1})
    return found.get("suspicions", 0) if found is not None else 0


async def known_good(catalog: Catalog, source: str, how_many: int) -> list[Video]:
    """Some stored videos of a source, taken at random; fewer where there are fewer."""
    last = await last_number(catalog)
    begin = random.randint(1, max(1, last))
    stored = {"state": VideoState.STORED, "extractor": source}
    found: list[Video] = []
    for numbers in ({"$gte": begin}, {"$lt": begin}):
        missing = how_many - len(found)
        if missing:
            query = {**stored, "accession": numbers}
            found += await catalog.videos.find(query).sort("accession", 1).limit(missing).to_list()
    return found
