"""/v1/playlists/{id}: what is stored of a playlist for players: an M3U list, and a feed for podcast players."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from services.api.auth.listeners import ListenerDep
from services.api.backend import Backend, BackendDep
from services.api.feeds.addresses import Addresses
from services.api.feeds.m3u import entry, head
from services.api.feeds.recording import Recording, recording_of
from services.api.feeds.rss import Feed, rss
from services.api.http import cursor
from services.api.http.dispositions import disposition
from services.api.http.parameters import Cursor, PlaylistId, Text
from services.api.http.problems import Problem, documented
from shared.catalog.documents import Playlist, VideoState
from shared.catalog.playlists.lookup import get_playlist
from shared.catalog.search.pages import BY_ACCEPTANCE, VideoCursor, VideoFilter, stored_in_order, video_page

router = APIRouter(prefix="/v1/playlists", tags=["playlists"])

#: Videos read at once for a list that is sent as it is read.
PIECE = 200
Profile = Annotated[
    Text | None, Query(description="Which profile of each; those without it are left out. Absent: the main one.")
]


@router.get(
    "/{playlist_id}/audio.m3u8",
    response_class=StreamingResponse,
    responses={200: {"content": {"audio/x-mpegurl": {"schema": {"type": "string"}}}}, **documented(404)},
)
async def m3u(
    request: Request, playlist_id: PlaylistId, backend: BackendDep, _: ListenerDep, profile: Profile = None
) -> Response:
    """What is stored of a playlist, whole and in its order, as an extended M3U in UTF-8 for players.

    They need a password for the addresses in it: any user name, and a key.
    """
    playlist = await _playlist_of(backend, playlist_id)
    addresses = Addresses.of(request, backend.public_url)
    headers = {"Content-Disposition": disposition("inline", playlist.get("title") or playlist_id, "m3u8")}
    return StreamingResponse(_m3u(backend, playlist, addresses, profile), headers=headers, media_type=_M3U)


#: Not that of Apple's, by which a player expects pieces of one live broadcast.
_M3U = "audio/x-mpegurl; charset=utf-8"


async def _m3u(backend: Backend, playlist: Playlist, addresses: Addresses, profile: str | None) -> AsyncIterator[str]:
    yield head(playlist)
    after = None
    while True:
        page = await stored_in_order(backend.catalog, playlist["_id"], after, PIECE)
        recordings = (recording_of(video, profile) for video in page.items)
        yield "".join(entry(recording, addresses) for recording in recordings if recording is not None)
        if page.last is None:
            return
        after = BY_ACCEPTANCE.position_of(page.last)


@router.get(
    "/{playlist_id}/feed.rss",
    response_class=Response,
    responses={200: {"content": {"application/rss+xml": {"schema": {"type": "string"}}}}, **documented(400, 404)},
)
async def feed(
    request: Request,
    playlist_id: PlaylistId,
    backend: BackendDep,
    _: ListenerDep,
    profile: Profile = None,
    cursor_: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 200,
) -> Response:
    """What is stored of a playlist as a podcast (RSS 2.0), the newest first; a link of rel `next` leads to older ones.

    Players sign in with a password: any user name, and a key, best one of scope listen. No address holds a key.
    """
    playlist = await _playlist_of(backend, playlist_id)
    wanted = VideoFilter(VideoState.STORED.value, playlist_id=playlist_id)
    async with backend.large_answers:
        found = await video_page(backend.catalog, wanted, cursor.decode(cursor_, VideoCursor), limit)
        recordings: list[Recording] = [r for r in (recording_of(v, profile) for v in found.videos) if r is not None]
        query = {"profile": profile, "limit": str(limit)} | ({"cursor": cursor_} if cursor_ is not None else {})
        after = query | {"cursor": cursor.encode(found.next)} if found.next is not None else None
        addresses = Addresses.of(request, backend.public_url)
        text = rss(Feed(playlist, recordings, addresses, query, after))
    return Response(text, media_type="application/rss+xml; charset=utf-8")


async def _playlist_of(backend: Backend, playlist_id: str) -> Playlist:
    playlist = await get_playlist(backend.catalog, playlist_id)
    if playlist is None:
        raise Problem(404, f"There is no playlist {playlist_id!r}. Submit its address first.", code="no-such-playlist")
    return playlist
