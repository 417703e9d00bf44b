"""/v1/playlists: submit, list, read."""

from __future__ import annotations

from typing import Annotated, NamedTuple
from urllib.parse import quote

from fastapi import APIRouter, Header, Query, Response

from services.api.auth.authenticator import HolderDep, Principal, needs
from services.api.backend import Backend, BackendDep
from services.api.held_up import held_up
from services.api.http import cursor
from services.api.http.parameters import Cursor, Moment, PlaylistId, Text
from services.api.http.problems import Problem, documented
from services.api.http.public_hosts import refuse_private_host
from services.api.schemas.playlists import PlaylistDetailOut, PlaylistIn, PlaylistOut, PlaylistPage, PlaylistStateName
from services.api.serializers import playlist_listed_out, playlist_out, progress_out
from shared import metrics
from shared.addresses.parse import BadAddress, playlist_address
from shared.addresses.sources import source_of
from shared.catalog.delivery.outbox import submission_of
from shared.catalog.documents import Playlist, PlaylistState, Scope
from shared.catalog.playlists.acceptance import SubmissionOptions, accept_playlist
from shared.catalog.playlists.idempotency import OtherRequest, Slip, begin, made_once
from shared.catalog.playlists.lookup import get_playlist
from shared.catalog.playlists.relisting import Asker, message_in, payer
from shared.catalog.reading import ordered
from shared.catalog.reports.progress import BY_SUBMISSION, playlist_page, progress_of_playlists
from shared.catalog.reports.progress import progress as progress_of
from shared.profiles import BadProfile, parse_profile
from shared.topology import PLAYLISTS_QUEUE

#: Playlists whose videos are counted in one request.
MAX_WITH_PROGRESS = 100


class Place(NamedTuple):
    """Where a page ends: when its last playlist was submitted, null if nothing says it; and its id."""

    submitted_at: Moment | None
    playlist_id: str


router = APIRouter(prefix="/v1/playlists", tags=["playlists"])


@router.post(
    "",
    status_code=202,
    dependencies=[needs(Scope.SUBMIT)],
    responses=documented(400, 503),
)
async def submit(
    body: PlaylistIn,
    response: Response,
    backend: BackendDep,
    holder: HolderDep,
    idempotency_key: Annotated[Text | None, Header(max_length=200)] = None,
) -> PlaylistOut:
    """Submit a playlist. Submitting it again is harmless: only what is new is fetched.

    One that was listed lately waits (`listed-lately`) until `retry_at`; for keys of scope admin it is listed at once.
    Priority high is for keys of scope admin too.

    With an Idempotency-Key, a request that is sent again within a day because its answer got lost is not even a
    second submission. The keys of one API key are its own; one that comes with other options is refused.
    """
    try:
        playlist_id, url = playlist_address(body.url)
        if not backend.private_hosts and not playlist_id.startswith("youtube:"):
            await refuse_private_host(url)
    except BadAddress as error:
        metrics.PLAYLISTS_SUBMITTED.labels("refused").inc()
        raise Problem(400, str(error), code="bad-address") from error
    if body.priority == "high" and not holder.scope.allows(Scope.ADMIN):
        raise Problem(403, f"Priority high needs a key of scope admin; yours is {holder.scope}. Nothing was submitted.")
    wishes = _wishes(body)
    slip = Slip.of(holder.key_id, idempotency_key, playlist_id, wishes) if idempotency_key is not None else None
    known = await begin(backend.catalog, slip) if slip is not None else None
    if isinstance(known, OtherRequest):
        raise _other_request(known)
    if known is None:
        asker = _asker(holder, backend.relist_seconds)
        async with made_once(backend.catalog, slip):
            # State before publish: what dies in between is an accepted playlist, which the sweeper publishes.
            playlist, new = await accept_playlist(backend.catalog, playlist_id, url, wishes, asker)
            await _send(backend, playlist)
        metrics.PLAYLISTS_SUBMITTED.labels("accepted" if new else "known").inc()
    else:
        playlist = known
    response.headers["Location"] = f"/v1/playlists/{quote(playlist_id, safe=':')}"
    return playlist_out(playlist)


def _asker(holder: Principal, relist_seconds: float) -> Asker:
    """Whoever may change the settings need not wait for them."""
    if holder.scope.allows(Scope.ADMIN):
        return Asker(holder.key_id)
    return Asker(holder.key_id, limited=True, relist_seconds=relist_seconds)


async def _send(backend: Backend, playlist: Playlist) -> None:
    """Publish a submission, so that it comes when the playlist may be listed."""
    seconds = message_in(playlist)
    if seconds == 0:
        await backend.publisher.publish(submission_of(playlist))
    elif seconds is not None:
        await backend.publisher.publish_later(submission_of(playlist), PLAYLISTS_QUEUE, seconds)


def _other_request(other: OtherRequest) -> Problem:
    what = "another playlist" if "playlist_id" in other.fields else f"other {' and '.join(other.fields)}"
    return Problem(
        422, f"This Idempotency-Key was sent with {what}; use a new key for each submission.", code="key-used-before"
    )


def _wishes(body: PlaylistIn) -> SubmissionOptions:
    try:
        profiles = [parse_profile(name).name for name in body.profiles] if body.profiles is not None else None
    except BadProfile as error:
        raise Problem(400, str(error), code="bad-profile") from error
    return SubmissionOptions(profiles, body.limit, body.priority)


@router.get("", responses=documented(400))
async def page(
    backend: BackendDep,
    state: Annotated[PlaylistStateName | None, Query(description="Only playlists in this state.")] = None,
    progress: Annotated[bool, Query(description="With the counts of each; then at most 100 at once.")] = False,
    cursor_: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> PlaylistPage:
    """Playlists, the newest submission first."""
    limit = min(limit, MAX_WITH_PROGRESS) if progress else limit
    after = cursor.decode(cursor_, Place)
    async with backend.large_answers:
        place = ordered.Position(*after) if after is not None else None
        found = await playlist_page(backend.catalog, state=state, after=place, limit=limit)
        last = found.last
        following = cursor.encode(Place(*BY_SUBMISSION.position_of(last))) if last is not None else None
        counted = await progress_of_playlists(backend.catalog, [p["_id"] for p in found.items]) if progress else {}
        return PlaylistPage(items=[playlist_listed_out(p, counted.get(p["_id"])) for p in found.items], next=following)


@router.get("/{playlist_id}", responses=documented(404))
async def read(playlist_id: PlaylistId, backend: BackendDep) -> PlaylistDetailOut:
    """One playlist with the counts of its videos."""
    playlist = await get_playlist(backend.catalog, playlist_id)
    if playlist is None:
        raise Problem(
            404,
            f"There is no playlist {playlist_id!r}. Submit its address first.",
            code="no-such-playlist",
            see="/v1/playlists",
        )
    counted = progress_out(await progress_of(backend.catalog, playlist_id))
    unlisted = playlist["state"] in (PlaylistState.ACCEPTED, PlaylistState.EXPANDING, PlaylistState.WAITING)
    waits = unlisted or counted.counts.queued or counted.counts.waiting
    paying = payer(playlist)
    whose = paying["key"] if paying is not None else ""
    asked = source_of(playlist["_id"], playlist["url"])
    held = await held_up(backend.catalog, asked, whose) if waits else []
    return PlaylistDetailOut(**playlist_out(playlist).model_dump(), progress=counted, held_up=held)
