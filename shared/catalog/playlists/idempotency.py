"""Submissions: one sent twice under an Idempotency-Key is done once; one of a known playlist is that playlist's."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from shared.addresses.parse import BadAddress, canonical_url
from shared.addresses.youtube import PlaylistAddress
from shared.catalog.connection import Catalog
from shared.catalog.documents import Playlist
from shared.catalog.playlists.lifecycle import SubmissionOptions
from shared.errors import AlreadyThere, CatalogError

#: Seconds after which a submission that was begun and not ended is somebody else's to make: its process died.
ABANDONED_SECONDS = 10
#: Seconds between two looks whether the same submission, sent at the same time, has ended.
LOOK_EVERY_SECONDS = 0.1


@dataclass(frozen=True)
class OtherRequest:
    """The key was sent with another playlist, or other options."""

    #: The names of what is different.
    fields: Sequence[str]


@dataclass(frozen=True)
class Slip:
    """A submission under an Idempotency-Key."""

    #: A hash of the key and of who sent it: nobody meets anybody else's.
    id: str
    playlist_id: str
    wishes: SubmissionOptions
    #: Of this request alone, so that one that took too long does not end another's.
    token: str

    @classmethod
    def of(cls, holder: str, key: str, playlist_id: str, wishes: SubmissionOptions) -> Slip:
        """A slip for one request. `holder`: the id of who sent it, `key`: as it was sent."""
        digest = hashlib.sha256(f"{len(holder)} {holder} {key}".encode()).hexdigest()
        return cls(digest, playlist_id, wishes, secrets.token_hex(8))

    def asked(self) -> dict[str, Any]:
        """What makes it the same request as another one."""
        profiles = list(self.wishes.profiles) if self.wishes.profiles is not None else None
        return {"playlist_id": self.playlist_id, **self.wishes._asdict(), "profiles": profiles}


async def begin(catalog: Catalog, slip: Slip) -> Playlist | OtherRequest | None:
    """Begin a submission. Returns the playlist if it was made before; None: make it now, within `made_once`.

    Waits while the same request, sent at the same time, is under way.
    """
    while True:
        now = await catalog.now()
        claim = {"at": now, "token": slip.token, "done": False}
        try:
            await catalog.submissions.insert_one({"_id": slip.id, "asked": slip.asked(), **claim})
            return None
        except AlreadyThere:
            known = await catalog.submissions.find_one({"_id": slip.id})
        if known is None:
            continue
        if other := [name for name, value in slip.asked().items() if known["asked"].get(name) != value]:
            return OtherRequest(other)
        if known["done"]:
            return await catalog.playlists.find_one({"_id": slip.playlist_id})
        if known["at"] <= now - timedelta(seconds=ABANDONED_SECONDS):
            same = {"_id": slip.id, "token": known["token"], "done": False}
            if (await catalog.submissions.update_one(same, {"$set": claim})).matched_count == 1:
                return None
        await asyncio.sleep(LOOK_EVERY_SECONDS)


@asynccontextmanager
async def made_once(catalog: Catalog, slip: Slip | None) -> AsyncIterator[None]:
    """Make a submission that was begun; None: one without a key. What dies in it is made once more, which harms nobody.

    What fails in it may be sent again at once.
    """
    if slip is None:
        yield
        return
    ours = {"_id": slip.id, "token": slip.token}
    try:
        yield
    except BaseException:
        with suppress(CatalogError):
            await catalog.submissions.delete_one({**ours, "done": False})
        raise
    await catalog.submissions.update_one(ours, {"$set": {"done": True}})


async def submitted_playlist(
    catalog: Catalog, address: PlaylistAddress, named: str | None
) -> tuple[str, Playlist | None]:
    """The id of a playlist that was submitted, and its document if the catalog knows it.

    `named`: the id that the sender gives. An older version may have given this address another id than the one it has
    now: a playlist that is known keeps it.
    """
    if named not in (None, address.playlist_id):
        known = await catalog.playlists.find_one({"_id": named})
        with suppress(BadAddress):
            if known is not None and canonical_url(known["url"]) == address.url:
                return known["_id"], known
    return address.playlist_id, await catalog.playlists.find_one({"_id": address.playlist_id})
