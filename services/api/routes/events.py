"""/v1/events: what happens, as server-sent events."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query
from fastapi.sse import EventSourceResponse, ServerSentEvent

from services.api.auth.authenticator import HolderDep, still_welcome
from services.api.backend import BackendDep
from services.api.http.parameters import Text
from services.api.http.problems import Problem, documented
from services.api.live.scoreboards import Scoreboard
from shared import metrics
from shared.catalog.playlists.lookup import playlist_exists

router = APIRouter(prefix="/v1/events", tags=["events"])


async def _known_playlist(
    backend: BackendDep,
    playlist: Annotated[Text | None, Query(description="Only what concerns this playlist id.")] = None,
) -> str | None:
    """Looked up before the answer begins: afterwards it is too late for a problem."""
    if playlist is not None and not await playlist_exists(backend.catalog, playlist):
        raise Problem(
            404,
            f"There is no playlist {playlist!r}. Submit its address first.",
            code="no-such-playlist",
            see="/v1/playlists",
        )
    return playlist


async def _board(
    backend: BackendDep, holder: HolderDep, playlist: Annotated[str | None, Depends(_known_playlist)]
) -> AsyncIterator[Scoreboard]:
    """What the listener watches, as long as the answer lasts, however it ends."""
    backend.listeners.take(holder.key_id)
    metrics.LISTENERS.inc()
    try:
        with backend.live.scoreboards.watch(playlist) as board:
            yield board
    finally:
        metrics.LISTENERS.dec()
        backend.listeners.give_back(holder.key_id)


@router.get("", response_class=EventSourceResponse, responses=documented(404))
async def events(
    backend: BackendDep,
    playlist: Annotated[str | None, Depends(_known_playlist)],
    board: Annotated[Scoreboard, Depends(_board)],
    still_welcome: Annotated[Callable[[], Awaitable[bool]], Depends(still_welcome)],
    last_event_id: Annotated[str | None, Header(max_length=100, description="Of the last event received.")] = None,
) -> AsyncIterator[ServerSentEvent]:
    """What happens, as it happens: `progress` (ScoreOut) at once and whenever it changed, `happened` (HappeningOut).

    A listener that comes again with Last-Event-ID, to whatever replica, is told what it missed within the last hour.
    `reset` means that more is gone than is remembered: read anew what matters, then go on listening.
    """
    async with aclosing(backend.live.listen(board, playlist, last_event_id, still_welcome)) as told:
        async for event in told:
            yield event
