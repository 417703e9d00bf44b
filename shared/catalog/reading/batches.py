"""Reading many videos with little memory: in batches, in the order of their ids."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from shared.catalog.connection import Catalog
from shared.catalog.documents import Video
from shared.catalog.reading.bounded import WITHOUT_DESCRIPTION

#: Documents read at once.
BATCH = 500


async def video_batches(catalog: Catalog, query: Mapping[str, Any]) -> AsyncIterator[list[Video]]:
    """All videos that fit `query`, without their descriptions, up to BATCH at a time.

    A batch is read when the one before was dealt with.
    """
    after: str | None = None
    while True:
        # A query that names an id has one answer, and no second batch.
        match = dict(query) if after is None else {**query, "_id": {"$gt": after}}
        batch = await catalog.videos.find(match, WITHOUT_DESCRIPTION).sort("_id", 1).limit(BATCH).to_list()
        if batch:
            yield batch
        if len(batch) < BATCH:
            return
        after = batch[-1]["_id"]
