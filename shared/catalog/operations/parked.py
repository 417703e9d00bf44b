"""Parked messages, where people can read, replay and drop them; the broker's parking queues are only the way here."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from datetime import datetime

from shared.catalog.connection import Catalog
from shared.catalog.documents import Parked
from shared.catalog.reading.bounded import Page, page_of
from shared.errors import AlreadyThere

#: Bytes kept of a body. Nothing over 256 KiB can be a message of ours; the beginning tells whose it is.
KEPT_BYTES = 1024 * 1024
#: Bytes of it that lists show.
PREVIEW_BYTES = 2048
#: Characters kept of a reason; whoever publishes to a parking queue gives any.
MAX_REASON = 2000


async def keep(
    catalog: Catalog, queue: str, body: bytes, reason: str, parked_at: datetime, size_bytes: int | None = None
) -> str:
    """Keep a parked message; keeping one delivery twice leaves one. Returns its id.

    `size_bytes`: of the message as it came, if `body` is only its beginning.
    """
    digest = hashlib.sha256(f"{queue}\0{parked_at.isoformat()}\0".encode() + body).hexdigest()[:16]
    document: Parked = {
        "_id": digest,
        "queue": queue,
        "reason": reason[:MAX_REASON],
        "parked_at": parked_at,
        "body": body[:KEPT_BYTES],
        "preview": body[:PREVIEW_BYTES],
        "size_bytes": len(body) if size_bytes is None else size_bytes,
    }
    with suppress(AlreadyThere):
        await catalog.parked.insert_one(document)
    return digest


async def parked_page(
    catalog: Catalog, *, queue: str | None = None, after: str | None = None, limit: int
) -> Page[Parked]:
    """Up to `limit` messages in the order of their ids, with no more of their bodies than the beginning."""
    match: dict[str, object] = {"queue": queue} if queue is not None else {}
    if after is not None:
        match["_id"] = {"$gt": after}
    found = await page_of(catalog.parked.find(match, {"body": 0}).sort("_id", 1), limit)
    for parked in found.items:
        parked["body"] = parked["preview"] if "preview" in parked else await _preview(catalog, parked["_id"])
    return found


async def _preview(catalog: Catalog, parked_id: str) -> bytes:
    """The beginning of a body that was kept before there were previews; noted for the next time."""
    parked = await parked_message(catalog, parked_id)
    preview = parked["body"][:PREVIEW_BYTES] if parked is not None else b""
    await catalog.parked.update_one({"_id": parked_id}, {"$set": {"preview": preview}})
    return preview


async def parked_message(catalog: Catalog, parked_id: str) -> Parked | None:
    """One message, with all of its body that was kept."""
    return await catalog.parked.find_one({"_id": parked_id})


async def drop(catalog: Catalog, parked_id: str) -> bool:
    """Forget a message. False: there is none."""
    return (await catalog.parked.delete_one({"_id": parked_id})).deleted_count == 1
