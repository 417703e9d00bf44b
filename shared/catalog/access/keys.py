"""Keys of the API: who may do what, until when. Only a hash of a key is kept; whoever made it has seen it once."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple

from shared.catalog.connection import Catalog
from shared.catalog.documents import Key
from shared.catalog.reading.bounded import Page
from shared.catalog.reading.ordered import Order, Place, ordered_page

#: What a key begins with, so that people and scanners recognise one that lies about.
PREFIX = "fonoteca"
#: Bytes of chance in a key: 256 bits, far beyond guessing, so that a plain hash of it is enough.
SECRET_BYTES = 32
#: A use is noted at most this often: one write a minute, not one a request.
NOTED_EVERY = timedelta(minutes=1)


#: The oldest first.
BY_AGE = Order("created_at", "date", 1)


class Scope(StrEnum):
    """What a key allows; each includes those before it."""

    #: Hear recordings: feeds of playlists and the files they name, for players that keep a password.
    LISTEN = "listen"
    #: Also see everything, change nothing.
    READ = "read"
    #: Also submit playlists.
    SUBMIT = "submit"
    #: Also decide about videos and messages, resume scrapers, make and revoke keys.
    ADMIN = "admin"

    def allows(self, wanted: Scope) -> bool:
        """Whether a key of this scope may do what wants `wanted`."""
        order = list(Scope)
        return order.index(self) >= order.index(wanted)


class NewKey(NamedTuple):
    """A key that was just made. `secret` is told once, and never again."""

    document: Key
    secret: str


async def make_key(catalog: Catalog, name: str, scope: Scope, valid: timedelta | None) -> NewKey:
    """Make a key. `valid`: for how long; None: until it is revoked."""
    id_, now = secrets.token_hex(4), await catalog.now()
    secret = f"{PREFIX}_{id_}_{secrets.token_urlsafe(SECRET_BYTES)}"
    document: Key = {
        "_id": id_,
        "name": name,
        "sha256": _hash(secret),
        "scope": scope.value,
        "created_at": now,
        "expires_at": now + valid if valid is not None else None,
        "revoked_at": None,
        "used_at": None,
    }
    await catalog.keys.insert_one(document)
    return NewKey(document, secret)


async def key_of(catalog: Catalog, secret: str) -> Key | None:
    """The valid key that a client has sent; None for one that is unknown, revoked or expired."""
    parts = secret.split("_", 2)
    if len(parts) != 3 or parts[0] != PREFIX:
        return None
    return await valid_key(catalog, parts[1], _hash(secret))


async def valid_key(catalog: Catalog, key_id: str, sha256: str) -> Key | None:
    """The key with this id and hash; None if there is none, or it is revoked or expired. Its use is noted."""
    found = await catalog.keys.find_one({"_id": key_id})
    if found is None or not hmac.compare_digest(found["sha256"], sha256):
        return None
    now = await catalog.now()
    if found["revoked_at"] is not None or (found["expires_at"] is not None and found["expires_at"] <= now):
        return None
    if found["used_at"] is None or now - found["used_at"] > NOTED_EVERY:
        await catalog.keys.update_one({"_id": found["_id"]}, {"$set": {"used_at": now}})
    return found


async def key_page(catalog: Catalog, *, after: Place | None = None, limit: int) -> Page[Key]:
    """Up to `limit` keys, the oldest first, revoked and expired ones included; `after`: the place of the last one."""
    return await ordered_page(catalog.keys, {}, BY_AGE, after, limit)


async def revoke(catalog: Catalog, key_id: str) -> Key | None:
    """Revoke a key, at once and for good; doing it again changes nothing. None: there is no such key."""
    await catalog.keys.update_one({"_id": key_id, "revoked_at": None}, {"$set": {"revoked_at": await catalog.now()}})
    return await catalog.keys.find_one({"_id": key_id})


def _hash(secret: str) -> str:
    """What is kept of a key. It has enough chance in it that a plain hash is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()
