"""/v1/events: live updates as server-sent events."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query
from fastapi.sse import EventSourceResponse, ServerSentEvent

from services.api.auth.dependencies import KeyCheckDep, PrincipalDep
from services.api.backend import BackendDep
from services.api.http.problems import documented
from services.api.live.progress_polls import ProgressPoll
from services.api.lookups import no_such_playlist
from services.api.schemas.fields import Text
from shared import metrics
from shared.catalog.playlists.lookup import playlist_exists

router = APIRouter(prefix="/v1/events", tags=["events"])


async def _known_playlist(
    backend: BackendDep,
    playlist: Annotated[Text | None, Query(description="Only what concerns this playlist id.")] = None,
) -> str | None:
    """Check the playlist before the response begins: after that, an error can no longer change its status."""
    if playlist is not None and not await playlist_exists(backend.catalog, playlist):
        raise no_such_playlist(playlist)
    return playlist


async def _poll(
    backend: BackendDep, principal: PrincipalDep, playlist: Annotated[str | None, Depends(_known_playlist)]
) -> AsyncIterator[ProgressPoll]:
    """The progress that the listener watches, held until the response ends in whatever way."""
    with (
        backend.listeners.hold(principal.key_id),
        metrics.LISTENERS.track_inprogress(),
        backend.live.polls.watch(playlist) as poll,
    ):
        yield poll


@router.get("", response_class=EventSourceResponse, responses=documented(404))
async def events(
    backend: BackendDep,
    playlist: Annotated[str | None, Depends(_known_playlist)],
    poll: Annotated[ProgressPoll, Depends(_poll)],
    key_is_valid: KeyCheckDep,
    last_event_id: Annotated[
        str | None, Header(max_length=100, description="The id of the last event received.")
    ] = None,
) -> AsyncIterator[ServerSentEvent]:
    """Stream live updates: `progress` (ScoreOut) at once and after each change, `happened` (HappeningOut) as it occurs.

    A client that reconnects with Last-Event-ID, to any replica, receives the events that it missed within the last
    hour. `reset` means that events were lost: load again what you need, then continue to listen.
    """
    async with aclosing(backend.live.listen(poll, playlist, last_event_id, key_is_valid)) as updates:
        async for event in updates:
            yield event
