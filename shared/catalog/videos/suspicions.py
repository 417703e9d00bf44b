"""Videos and playlists over which a source refused an egress while it served others to it; and who can witness that."""

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

#: Milliseconds for which a stored video of a host is looked for: no index knows hosts.
LOOK_MILLISECONDS = 2000


async def note_suspicions(catalog: Catalog, ids: Collection[str]) -> None:
    """Note that a breaker opened over these videos and playlists, and that the source served something else then.

    Or that it opened over one of them alone again, when nothing else of the source came that could have been tried.
    """
    if ids:
        suspected = {"_id": {"$in": sorted(ids)}}
        await catalog.videos.update_many(suspected, {"$inc": {"suspicions": 1}})
        await catalog.playlists.update_many(suspected, {"$inc": {"suspicions": 1}})


async def suspicions_of(catalog: Catalog, playlist_id: str) -> int:
    """How often a breaker opened over a playlist alone."""
    found = await catalog.playlists.find_one({"_id": playlist_id}, {"suspicions": 1})
    return found.get("suspicions", 0) if found is not None else 0


async def known_good(catalog: Catalog, source: str, how_many: int) -> list[Video]:
    """Some stored videos of a source, taken at random; fewer where there are fewer, or not found in time."""
    last = await last_number(catalog)
    begin = random.randint(1, max(1, last))
    stored = {"state": VideoState.STORED, **_of_source(source)}
    found: list[Video] = []
    for numbers in ({"$gte": begin}, {"$lt": begin}):
        missing = how_many - len(found)
        if missing:
            query = {**stored, "accession": numbers}
            looking = catalog.videos.find(query, max_time_ms=LOOK_MILLISECONDS).sort("accession", 1).limit(missing)
            try:
                found += await looking.to_list()
            except TimeLimitReached:
                break
    return found


def _of_source(source: str) -> dict[str, Any]:
    if source in KNOWN_SOURCES:
        return {"extractor": source}
    # An address that was accepted is in its normal form, in which an unusual port alone is written.
    return {"extractor": {"$nin": KNOWN_SOURCES}, "url": {"$regex": rf"^https?://(www\.)?{re.escape(source)}([/?#]|$)"}}
