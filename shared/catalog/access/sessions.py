"""Sessions of the dashboard: somebody signed in with a key. Only a hash of the session's token is kept."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

from shared.catalog.connection import Catalog
from shared.catalog.documents import Session

#: Bytes of chance in a token.
TOKEN_BYTES = 32


class NewSession(NamedTuple):
    """A session that just began. `token` is what its browser holds."""

    document: Session
    token: str


async def begin_session(catalog: Catalog, key_id: str, prove: Callable[[str], str], lasts: timedelta) -> NewSession:
    """Begin a session of whoever holds a key. `prove`: what ties a token to the key, by which its end is noticed."""
    token, now = secrets.token_urlsafe(TOKEN_BYTES), await catalog.now()
    document: Session = {
        "_id": _hash(token),
        "key_id": key_id,
        "key_proof": prove(token),
        "csrf": secrets.token_urlsafe(TOKEN_BYTES),
        "began_at": now,
        "expires_at": now + lasts,
    }
    await catalog.sessions.insert_one(document)
    return NewSession(document, token)


async def session_of(catalog: Catalog, token: str) -> Session | None:
    """The session that a browser holds; None for one that is unknown or over. Whether its key is valid is not asked."""
    found = await catalog.sessions.find_one({"_id": _hash(token)})
    return found if found is not None and found["expires_at"] > await catalog.now() else None


async def end_session(catalog: Catalog, token: str) -> None:
    """Sign out, on every replica at once."""
    await catalog.sessions.delete_one({"_id": _hash(token)})


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
