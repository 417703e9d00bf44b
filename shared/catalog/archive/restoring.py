"""Writes an archive into an empty catalog. Each document is written once, as it arrives: services may run meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from shared.catalog.archive.collections import COUNTERS, RESTORES, VIDEOS, collections_in_use
from shared.catalog.archive.extended_json import Document
from shared.catalog.archive.version import VERSION_COLLECTIONS
from shared.catalog.connection import Catalog

_ID = "restore"
#: Where an archive takes the place of what a fresh installation began with.
REPLACED = (*VERSION_COLLECTIONS, COUNTERS)


class NotEmpty(Exception):
    """The catalog holds something else. The text says what."""


async def begin_restore(catalog: Catalog, archive_id: str) -> str:
    """Note that this archive is restored here. Returns the id of the last video of an interrupted restore of it, or "".

    Raises NotEmpty.
    """
    restores = catalog.collection_as_it_is(RESTORES)
    known = await restores.find_one({"_id": _ID})
    if known is not None and known.get("finished_at") is None:
        if known.get("archive") != archive_id:
            raise NotEmpty(f"the restore of another archive ({known.get('archive')}) was begun here and did not end")
        return str(known.get("after", ""))
    if in_use := await collections_in_use(catalog):
        raise NotEmpty(f"it has {' and '.join(in_use).replace('_', ' ')}")
    document = {"_id": _ID, "archive": archive_id, "began_at": await catalog.now(), "after": "", "finished_at": None}
    await restores.replace_one({"_id": _ID}, document, upsert=True)
    return ""


async def write_documents(catalog: Catalog, collection: str, found: Sequence[Document]) -> list[str]:
    """Insert documents; one that is there stays. Returns the ids of the videos among those that somebody else made."""
    target = catalog.collection_as_it_is(collection)
    if collection in REPLACED:
        for document in found:
            await target.replace_one({"_id": document["_id"]}, document, upsert=True)
        return []
    if not found:
        return []
    there = await target.insert_new(found)
    if there and collection == VIDEOS:
        return await _of_others(catalog, [found[position] for position in there])
    return []


async def _of_others(catalog: Catalog, duplicates: Sequence[Document]) -> list[str]:
    """Those that an interrupted restore did not write: they were accepted at another moment."""
    ours = {document["_id"]: document.get("accepted_at") for document in duplicates}
    there = catalog.collection_as_it_is(VIDEOS).find({"_id": {"$in": list(ours)}}, {"accepted_at": 1})
    return [document["_id"] async for document in there if document.get("accepted_at") != ours[document["_id"]]]


async def note_place(catalog: Catalog, video_id: str) -> None:
    """All videos up to this one are restored."""
    await catalog.collection_as_it_is(RESTORES).update_one({"_id": _ID}, {"$set": {"after": video_id}})


async def end_restore(catalog: Catalog, now: datetime) -> None:
    """Everything is restored."""
    await catalog.collection_as_it_is(RESTORES).update_one({"_id": _ID}, {"$set": {"finished_at": now}})
