"""Submissions by their Idempotency-Key, so that one sent twice is answered twice and done once."""

from __future__ import annotations

from contextlib import suppress

from pymongo.errors import DuplicateKeyError

from shared.catalog.connection import Catalog
from shared.catalog.documents import Playlist


class OtherRequest:
    """The key was sent with another playlist."""


async def answered_before(catalog: Catalog, key: str, playlist_id: str) -> Playlist | OtherRequest | None:
    """The playlist that was submitted under `key`; None if the key is new."""
    known = await catalog.submissions.find_one({"_id": key})
    if known is None:
        return None
    return (
        await catalog.playlists.find_one({"_id": playlist_id})
        if known["playlist_id"] == playlist_id
        else OtherRequest()
    )


async def remember(catalog: Catalog, key: str, playlist_id: str) -> None:
    """Note that a submission is published. What dies before it publishes once more, which harms nobody."""
    with suppress(DuplicateKeyError):
        await catalog.submissions.insert_one({"_id": key, "playlist_id": playlist_id, "at": await catalog.now()})
