"""Submissions: one sent twice under an Idempotency-Key is done once; one of a known playlist is that playlist's."""

from __future__ import annotations

from contextlib import suppress

from pymongo.errors import DuplicateKeyError

from shared.catalog.connection import Catalog
from shared.catalog.documents import Playlist
from shared.contracts.addresses import BadAddress, canonical_url
from shared.contracts.youtube import PlaylistAddress


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
