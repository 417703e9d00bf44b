"""The documents of `keys` and `sessions`."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from shared.catalog.documents.field_types.members import member_of
from shared.catalog.documents.field_types.typed import TypedDict


class Scope(StrEnum):
    """What a key allows; each scope includes those before it."""

    #: Hear recordings: feeds of playlists and the files they name, for players that keep a password.
    LISTEN = "listen"
    #: Also see everything, change nothing.
    READ = "read"
    #: Also submit playlists.
    SUBMIT = "submit"
    #: Also decide about videos and messages, resume scrapers, make and revoke keys.
    ADMIN = "admin"

    def allows(self, wanted: Scope) -> bool:
        """Return whether a key of this scope may do what requires `wanted`."""
        order = list(Scope)
        return order.index(self) >= order.index(wanted)


class Key(TypedDict):
    """A document of `keys`: somebody's access to the API."""

    _id: str
    #: For people: whose it is, what for.
    name: str
    #: SHA-256 of the whole key, hexadecimal.
    sha256: str
    scope: Annotated[Scope, member_of(Scope)]
    created_at: datetime
    #: None: it never expires.
    expires_at: datetime | None
    revoked_at: datetime | None
    #: When it was last used, to the minute.
    used_at: datetime | None


class Session(TypedDict):
    """A document of `sessions`: somebody signed in to the dashboard."""

    #: SHA-256 of its token, hexadecimal.
    _id: str
    #: The key it was begun with, and the proof that it is still the same: a session ends with its key.
    key_id: str
    key_proof: str
    #: What the dashboard must send with every request that changes something.
    csrf: str
    began_at: datetime
    #: The server removes it then.
    expires_at: datetime
