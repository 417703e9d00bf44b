"""Submissions under an Idempotency-Key: a submission that is sent twice is made once."""

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
from shared.catalog.playlists.acceptance import SubmissionOptions, stored_filters
from shared.errors import AlreadyThere, CatalogError

#: Seconds after which another process may make a submission that was begun and not ended: its own process died.
ABANDONED_SECONDS = 10
#: Seconds between two checks whether the same submission, sent at the same time, has ended.
POLL_SECONDS = 0.1


@dataclass(frozen=True)
class OtherRequest:
    """The key was sent before with another playlist, or other options."""

    #: The names of the fields that differ.
    fields: Sequence[str]


@dataclass(frozen=True)
class Slip:
    """A submission under an Idempotency-Key."""

    #: A hash of the key and of its sender, so that senders cannot meet each other's keys.
    id: str
    playlist_id: str
    options: SubmissionOptions
    #: Identifies this request, so that one that took too long does not end another's.
    token: str

    @classmethod
    def of(cls, holder: str, key: str, playlist_id: str, options: SubmissionOptions) -> Slip:
        """Return the slip of one request. `holder`: the id of its sender. `key`: the Idempotency-Key as it was sent."""
        digest = hashlib.sha256(f"{len(holder)} {holder} {key}".encode()).hexdigest()
        return cls(digest, playlist_id, options, secrets.token_hex(8))

    def asked(self) -> dict[str, Any]:
        """Return what two requests must have in common to be the same."""
        profiles = list(self.options.profiles) if self.options.profiles is not None else None
        filters = stored_filters(self.options.filters)
        return {"playlist_id": self.playlist_id, **self.options._asdict(), "profiles": profiles, "filters": filters}


async def begin(catalog: Catalog, slip: Slip) -> Playlist | OtherRequest | None:
    """Begin a submission. Returns the playlist if it was made before; None: make it now, within `made_once`.

    Returns OtherRequest if the key was used for another request. Waits while the same request is under way.
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
        await asyncio.sleep(POLL_SECONDS)


@asynccontextmanager
async def made_once(catalog: Catalog, slip: Slip | None) -> AsyncIterator[None]:
    """Make a submission that was begun. `slip`: None for a submission without a key.

    If the process dies inside, the submission is made again, which does no harm. If it fails, it may be sent again at
    once.
    """
    if slip is None:
        yield
        return
    ours = {"_id": slip.id, "token": slip.token}
    completed = False
    try:
        yield
        completed = True
    finally:
        if not completed:
            with suppress(CatalogError):
                await catalog.submissions.delete_one({**ours, "done": False})
    await catalog.submissions.update_one(ours, {"$set": {"done": True}})


async def submitted_playlist(
    catalog: Catalog, address: PlaylistAddress, named: str | None
) -> tuple[str, Playlist | None]:
    """Return the id of a submitted playlist, and its document; None if the catalog does not know it.

    `named`: the id that the sender gives. An older version may have given this address another id; a known playlist
    keeps its id.
    """
    if named not in (None, address.playlist_id):
        known = await catalog.playlists.find_one({"_id": named})
        with suppress(BadAddress):
            if known is not None and canonical_url(known["url"]) == address.url:
                return known["_id"], known
    return address.playlist_id, await catalog.playlists.find_one({"_id": address.playlist_id})
