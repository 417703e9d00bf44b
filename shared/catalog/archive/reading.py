"""Reads the catalog for an archive while services continue to write it.

Nothing stops for a backup, and servers may have no snapshots. So each video is read once, and the rest of it must match
what was read: its objects are copied and compared with it (see `cli.backup`), and only the log entries of attempts that
had ended by then are archived. An archive holds each video as it was at one moment.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from shared.catalog.archive.collections import LOGS, VIDEOS
from shared.catalog.archive.extended_json import Document
from shared.catalog.connection import Catalog
from shared.catalog.documents import VideoState
from shared.errors import Unavailable

#: Videos read at once. Small, since between two batches their objects are copied.
BATCH = 200


async def documents(catalog: Catalog, collection: str) -> AsyncIterator[Document]:
    """Yield all documents of a collection, in the order of their ids."""
    async for document in catalog.collection_as_it_is(collection).find({}).sort("_id", 1).batch_size(BATCH):
        yield document


async def video_pages(catalog: Catalog) -> AsyncIterator[list[Document]]:
    """Yield all videos in the order of their ids, up to BATCH at a time.

    Raises Unavailable if the server lists them out of order.
    """
    videos = catalog.collection_as_it_is(VIDEOS)
    after = ""
    while page := await videos.find({"_id": {"$gt": after}}).sort("_id", 1).limit(BATCH).to_list():
        ids = [after, *(document["_id"] for document in page)]
        if ids != sorted(set(ids)):
            # The previous archive is read side by side with the catalog, so both must be in the same order.
            raise Unavailable(f"MongoDB lists videos out of order near {after!r}: its order is not that of their ids.")
        yield page
        after = ids[-1]


async def video_now(catalog: Catalog, video_id: str) -> Document | None:
    """Return a video as it is now; None if it is gone."""
    return await catalog.collection_as_it_is(VIDEOS).find_one({"_id": video_id})


async def attempts_of(catalog: Catalog, page: Sequence[Document]) -> AsyncIterator[Document]:
    """Yield the log entries of these videos, of the attempts that had ended when the videos were read."""
    seen = {video["_id"]: video for video in page}
    entries = catalog.collection_as_it_is(LOGS).find({"video_id": {"$in": list(seen)}}).sort("_id", 1)
    async for entry in entries.batch_size(BATCH):
        if had_ended(entry, seen[entry["video_id"]]):
            yield entry


def had_ended(entry: Document, video: Document) -> bool:
    """Return whether an attempt had ended when its video was read. Later ones have a higher token, or the lease's."""
    token, known = entry.get("token"), video.get("token")
    if not isinstance(token, int) or not isinstance(known, int):
        # Malformed documents are the audit's concern, and no reason to lose an entry.
        return True
    return token < known or (token == known and video.get("state") != VideoState.RUNNING)
