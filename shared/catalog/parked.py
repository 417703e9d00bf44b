"""Parked messages, where people can read, replay and drop them; the broker's parking queues are only the way here."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from datetime import datetime

from pymongo.errors import DuplicateKeyError

from shared.catalog.connection import Catalog
from shared.catalog.documents import Parked

#: Bytes kept of a body. Nothing over 256 KiB can be a message of ours; the beginning tells whose it is.
KEPT_BYTES = 1024 * 1024


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
        "reason": reason,
        "parked_at": parked_at,
        "body": body[:KEPT_BYTES],
        "size_bytes": len(body) if size_bytes is None else size_bytes,
    }
    with suppress(DuplicateKeyError):
        await catalog.parked.insert_one(document)
    return digest


async def parked_page(
    catalog: Catalog, *, queue: str | None = None, after: str | None = None, limit: int
) -> list[Parked]:
    """Up to `limit` messages in the order of their ids."""
    match: dict[str, object] = {"queue": queue} if queue is not None else {}
    if after is not None:
        match["_id"] = {"$gt": after}
    return await catalog.parked.find(match).sort("_id", 1).limit(limit).to_list()


async def parked_message(catalog: Catalog, parked_id: str) -> Parked | None:
    """One message."""
    return await catalog.parked.find_one({"_id": parked_id})


async def drop(catalog: Catalog, parked_id: str) -> bool:
    """Forget a message. False: there is none."""
    return (await catalog.parked.delete_one({"_id": parked_id})).deleted_count == 1
