"""Single playlists by id, and counts of them."""

from __future__ import annotations

from collections.abc import AsyncIterator

from shared.catalog.connection import Catalog
from shared.catalog.documents import Playlist, PlaylistState


async def get_playlist(catalog: Catalog, playlist_id: str) -> Playlist | None:
    """Read one playlist. Returns None if the catalog does not know it."""
    return await catalog.playlists.find_one({"_id": playlist_id})


async def playlist_exists(catalog: Catalog, playlist_id: str) -> bool:
    """Return whether the catalog knows a playlist."""
    return await catalog.playlists.find_one({"_id": playlist_id}, {"_id": 1}) is not None


async def count_playlists(catalog: Catalog) -> int:
    """Count all playlists, from the collection's metadata: quick, and exact unless the server has just crashed."""
    return await catalog.playlists.estimated_document_count()


async def count_found(catalog: Catalog, playlist_id: str) -> int:
    """Return how many entries the current or last listing of a playlist has seen; 0 for an unknown playlist."""
    found = await catalog.playlists.find_one({"_id": playlist_id}, {"found": 1})
    return found.get("found", 0) if found is not None else 0


async def playlists_without_videos(catalog: Catalog) -> AsyncIterator[Playlist]:
    """Yield the playlists whose completed listing saw entries although no video names the playlist."""
    async for playlist in catalog.playlists.find({"state": PlaylistState.EXPANDED, "found": {"$gt": 0}}):
        if await catalog.videos.find_one({"playlists": playlist["_id"]}, {"_id": 1}) is None:
            yield playlist
