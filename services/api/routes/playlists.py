"""/v1/playlists: submit, list, read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Response

from services.api import cursor
from services.api.backend import BackendDep
from services.api.presenting import playlist_out, progress_out
from services.api.problems import Problem
from services.api.schemas import PlaylistDetailOut, PlaylistIn, PlaylistOut, PlaylistPage, ProblemOut
from shared import metrics
from shared.catalog.playlists import accept_playlist
from shared.catalog.queries import playlist_page, progress
from shared.contracts import PlaylistSubmitted
from shared.contracts.addresses import BadAddress, playlist_address

router = APIRouter(prefix="/v1/playlists", tags=["playlists"])


@router.post("", status_code=202, responses={400: {"model": ProblemOut}, 503: {"model": ProblemOut}})
async def submit(body: PlaylistIn, response: Response, backend: BackendDep) -> PlaylistOut:
    """Submit a playlist. Submitting it again is harmless: only what is new is fetched."""
    try:
        playlist_id, url = playlist_address(body.url)
    except BadAddress as error:
        metrics.PLAYLISTS_SUBMITTED.labels("refused").inc()
        raise Problem(400, str(error)) from error
    # State before publish: a crash in between leaves an accepted playlist that submitting again publishes.
    playlist, new = await accept_playlist(backend.catalog, playlist_id, url, datetime.now(UTC))
    await backend.publisher.publish(PlaylistSubmitted(url=url, playlist_id=playlist_id))
    metrics.PLAYLISTS_SUBMITTED.labels("accepted" if new else "known").inc()
    response.headers["Location"] = f"/v1/playlists/{quote(playlist_id, safe=':')}"
    return playlist_out(playlist)


@router.get("", responses={400: {"model": ProblemOut}})
async def page(
    backend: BackendDep,
    cursor_: Annotated[str | None, Query(alias="cursor", max_length=1000)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> PlaylistPage:
    """Playlists in the order of their ids."""
    found = await playlist_page(backend.catalog, after=cursor.decode(cursor_), limit=limit + 1)
    following = cursor.encode(found[limit - 1]["_id"]) if len(found) > limit else None
    return PlaylistPage(items=[playlist_out(p) for p in found[:limit]], next=following)


@router.get("/{playlist_id}", responses={404: {"model": ProblemOut}})
async def read(playlist_id: str, backend: BackendDep) -> PlaylistDetailOut:
    """One playlist with the counts of its videos."""
    playlist = await backend.catalog.playlists.find_one({"_id": playlist_id})
    if playlist is None:
        raise Problem(404, f"There is no playlist {playlist_id!r}. Submit its address first.")
    counted = progress_out(await progress(backend.catalog, playlist_id))
    return PlaylistDetailOut(**playlist_out(playlist).model_dump(), progress=counted)
