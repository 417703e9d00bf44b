"""Suspicions: videos and playlists that a source refused while it served others; and stored videos to test it with."""

from __future__ import annotations

import random
import re
from collections.abc import Collection
from typing import Any

from shared.addresses.sources import KNOWN_SOURCES
from shared.catalog.connection import Catalog
from shared.catalog.documents import Video, VideoState
from shared.catalog.search.accessions import last_number
from shared.errors import TimeLimitReached

#: Milliseconds for which stored videos of a host are searched: no index has hosts.
SEARCH_MILLISECONDS = 2000


async def note_suspicions(catalog: Catalog, ids: Collection[str]) -> None:
    """Note that a breaker opened over these videos and playlists although the source served something else.

    Also called for one of them over which a breaker opened again while nothing else of the source could be tried.
    """
    if ids:
        suspected = {"_id": {"$in": sorted(ids)}}
        await catalog.videos.update_many(suspected, {"$inc": {"suspicions": 1}})
        await catalog.playlists.update_many(suspected, {"$inc": {"suspicions": 1}})


async def suspicions_of(catalog: Catalog, playlist_id: str) -> int:
    """Return how often a breaker opened over this playlist alone."""
    found = await catalog.playlists.find_one({"_id": playlist_id}, {"suspicions": 1})
    return found.get("suspicions", 0) if found is not None else 0


async def known_good(catalog: Catalog, source: str, how_many: int) -> list[Video]:
    """Return up to `how_many` stored videos of a source, chosen at random; fewer if they are not found in time."""
    last = await last_number(catalog)
    begin = random.randint(1, max(1, last))
    stored = {"state": VideoState.STORED, **_of_source(source)}
    found: list[Video] = []
    for numbers in ({"$gte": begin}, {"$lt": begin}):
        missing = how_many - len(found)
        if missing:
            query = {**stored, "accession": numbers}
            search = catalog.videos.find(query, max_time_ms=SEARCH_MILLISECONDS).sort("accession", 1).limit(missing)
            try:
                found += await search.to_list()
            except TimeLimitReached:
                break
    return found


def _of_source(source: str) -> dict[str, Any]:
    if source in KNOWN_SOURCES:
        return {"extractor": source}
    # Accepted addresses are in their normal form, which names a port only if it is unusual.
    return {"extractor": {"$nin": KNOWN_SOURCES}, "url": {"$regex": rf"^https?://(www\.)?{re.escape(source)}([/?#]|$)"}}
