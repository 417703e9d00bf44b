"""Reads the catalog for an archive while services go on writing it.

Nothing stops for a backup, and a server need not have snapshots. So each video is read once, and what belongs to it is
made to fit what was read: its objects are copied and compared with it (see `cli.backup`), and of its log only the
attempts are taken that had ended by then. What an archive holds of a video is thus true of one moment.
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
    """All documents of a collection, in the order of their ids."""
    async for document in catalog.collection_as_it_is(collection).find({}).sort("_id", 1).batch_size(BATCH):
        yield document


async def video_pages(catalog: Catalog) -> AsyncIterator[list[Document]]:
    """All videos in the order of their ids, up to BATCH at a time; each read when the one before was dealt with."""
    videos = catalog.collection_as_it_is(VIDEOS)
    after = ""
    while page := await videos.find({"_id": {"$gt": after}}).sort("_id", 1).limit(BATCH).to_list():
        ids = [after, *(document["_id"] for document in page)]
        if ids != sorted(set(ids)):
            # The archive before is read beside the catalog, so both must be in one order.
            raise Unavailable(f"MongoDB lists videos out of order near {after!r}: its order is not that of their ids.")
        yield page
        after = ids[-1]


async def video_now(catalog: Catalog, video_id: str) -> Document | None:
    """One video as it is now; None if it is gone."""
    return await catalog.collection_as_it_is(VIDEOS).find_one({"_id": video_id})


async def attempts_of(catalog: Catalog, page: Sequence[Document]) -> AsyncIterator[Document]:
    """The log entries of these videos: of the attempts that had ended when the videos were read."""
    seen = {video["_id"]: video for video in page}
    entries = catalog.collection_as_it_is(LOGS).find({"video_id": {"$in": list(seen)}}).sort("_id", 1)
    async for entry in entries.batch_size(BATCH):
        if had_ended(entry, seen[entry["video_id"]]):
            yield entry


def had_ended(entry: Document, video: Document) -> bool:
    """Whether an attempt had ended when its video was read. Later ones have a higher token, or the one of its lease."""
    token, known = entry.get("token"), video.get("token")
    if not isinstance(token, int) or not isinstance(known, int):
        # Malformed: that is for the audit to say, and no reason to lose something.
        return True
    return token < known or (token == known and video.get("state") != VideoState.RUNNING)
