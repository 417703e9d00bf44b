"""Keys of the API, each with a scope and an expiry. Only a hash of a key is stored; its creator sees it once."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import timedelta
from typing import NamedTuple

from shared.catalog.connection import Catalog
from shared.catalog.documents import Key, Scope
from shared.catalog.reading.bounded import Page
from shared.catalog.reading.ordered import Order, Position, ordered_page

#: How every key begins, so that people and secret scanners recognise a leaked one.
PREFIX = "fonoteca"
#: Random bytes in a key: 256 bits cannot be guessed, so a plain hash is enough.
SECRET_BYTES = 32
#: Minimum time between two notes of a key's use: one write per minute instead of one per request.
NOTED_EVERY = timedelta(minutes=1)


#: The oldest first.
BY_AGE = Order("created_at", "date", 1)


class NewKey(NamedTuple):
    """A key that was just made. `secret` is shown once, and never again."""

    document: Key
    secret: str


async def make_key(catalog: Catalog, name: str, scope: Scope, valid: timedelta | None) -> NewKey:
    """Make a key. `valid`: for how long; None: until it is revoked. Returns it with its secret."""
    id_, now = secrets.token_hex(4), await catalog.now()
    secret = f"{PREFIX}_{id_}_{secrets.token_urlsafe(SECRET_BYTES)}"
    document: Key = {
        "_id": id_,
        "name": name,
        "sha256": _hash(secret),
        "scope": scope,
        "created_at": now,
        "expires_at": now + valid if valid is not None else None,
        "revoked_at": None,
        "used_at": None,
    }
    await catalog.keys.insert_one(document)
    return NewKey(document, secret)


async def key_of(catalog: Catalog, secret: str) -> Key | None:
    """Return the valid key that a client has sent; None for one that is unknown, revoked or expired."""
    parts = secret.split("_", 2)
    if len(parts) != 3 or parts[0] != PREFIX:
        return None
    return await valid_key(catalog, parts[1], _hash(secret))


async def valid_key(catalog: Catalog, key_id: str, sha256: str) -> Key | None:
    """Return the key with this id and hash, and note its use; None if it is unknown, revoked or expired."""
    found = await catalog.keys.find_one({"_id": key_id})
    if found is None or not hmac.compare_digest(found["sha256"], sha256):
        return None
    now = await catalog.now()
    if found["revoked_at"] is not None or (found["expires_at"] is not None and found["expires_at"] <= now):
        return None
    if found["used_at"] is None or now - found["used_at"] > NOTED_EVERY:
        await catalog.keys.update_one({"_id": found["_id"]}, {"$set": {"used_at": now}})
    return found


async def key_page(catalog: Catalog, *, after: Position | None = None, limit: int) -> Page[Key]:
    """Return up to `limit` keys, the oldest first, including revoked and expired ones.

    `after`: the position of the last key of the previous page; None: the first page.
    """
    return await ordered_page(catalog.keys, {}, BY_AGE, after, limit)


async def revoke(catalog: Catalog, key_id: str) -> Key | None:
    """Revoke a key for good; revoking it again changes nothing. Returns the key; None if it is unknown."""
    await catalog.keys.update_one({"_id": key_id, "revoked_at": None}, {"$set": {"revoked_at": await catalog.now()}})
    return await catalog.keys.find_one({"_id": key_id})


def _hash(secret: str) -> str:
    """Return what is kept of a key. Keys are random enough for a plain hash."""
    return hashlib.sha256(secret.encode()).hexdigest()
