"""/v1/playlists/{id}: the stored recordings of a playlist for players, as an M3U list and as a podcast feed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from services.api.auth.players import PlayerDep
from services.api.backend import Backend, BackendDep
from services.api.feeds.addresses import Addresses
from services.api.feeds.m3u import entry, head
from services.api.feeds.recording import Recording, recording_of
from services.api.feeds.rss import Feed, rss
from services.api.http import cursor
from services.api.http.dispositions import disposition
from services.api.http.parameters import Cursor, PlaylistId
from services.api.http.problems import documented
from services.api.lookups import find_playlist
from services.api.schemas.fields import Text
from shared.catalog.documents import Playlist, VideoState
from shared.catalog.search.pages import BY_ACCEPTANCE, VideoCursor, VideoFilter, stored_in_order, video_page

router = APIRouter(prefix="/v1/playlists", tags=["playlists"])

#: Videos read at once for an M3U list, which is sent while it is read.
PIECE = 200
Profile = Annotated[
    Text | None,
    Query(description="The profile to list; recordings without it are left out. Absent: the main profile of each."),
]


@router.get(
    "/{playlist_id}/audio.m3u8",
    response_class=StreamingResponse,
    responses={200: {"content": {"audio/x-mpegurl": {"schema": {"type": "string"}}}}, **documented(404)},
)
async def m3u(
    request: Request, playlist_id: PlaylistId, backend: BackendDep, _: PlayerDep, profile: Profile = None
) -> Response:
    """List all stored recordings of a playlist, in its order, as an extended M3U in UTF-8.

    Players need a password for the addresses in it: any user name, and a key.
    """
    playlist = await find_playlist(backend.catalog, playlist_id)
    addresses = Addresses.of(request, backend.public_url)
    headers = {"Content-Disposition": disposition("inline", playlist.get("title") or playlist_id, "m3u8")}
    return StreamingResponse(_m3u(backend, playlist, addresses, profile), headers=headers, media_type=_M3U)


#: Not the media type of HLS, with which a player expects segments of one broadcast.
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
    _: PlayerDep,
    profile: Profile = None,
    cursor_: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 200,
) -> Response:
    """List stored recordings of a playlist as a podcast (RSS 2.0), the latest first; a link `next` leads to older ones.

    Players sign in with a password: any user name, and a key, preferably of scope listen. No address contains a key.
    """
    playlist = await find_playlist(backend.catalog, playlist_id)
    wanted = VideoFilter(VideoState.STORED.value, playlist_id=playlist_id)
    async with backend.large_responses:
        found = await video_page(backend.catalog, wanted, cursor.decode(cursor_, VideoCursor), limit)
        recordings: list[Recording] = [r for r in (recording_of(v, profile) for v in found.videos) if r is not None]
        query = {"profile": profile, "limit": str(limit)} | ({"cursor": cursor_} if cursor_ is not None else {})
        after = query | {"cursor": cursor.encode(found.next)} if found.next is not None else None
        addresses = Addresses.of(request, backend.public_url)
        text = rss(Feed(playlist, recordings, addresses, query, after))
    return Response(text, media_type="application/rss+xml; charset=utf-8")
