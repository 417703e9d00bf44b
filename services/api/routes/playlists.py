"""/v1/playlists: submit, list and read playlists."""

from __future__ import annotations

from typing import Annotated, NamedTuple
from urllib.parse import quote

from fastapi import APIRouter, Header, Query, Response

from services.api.auth.dependencies import PrincipalDep, needs
from services.api.auth.principal import Principal
from services.api.backend import Backend, BackendDep
from services.api.held_up import held_up
from services.api.http import cursor
from services.api.http.parameters import Cursor, PlaylistId
from services.api.http.problems import Problem, documented
from services.api.http.public_hosts import reject_private_host
from services.api.lookups import find_playlist
from services.api.schemas.fields import Moment, Text
from services.api.schemas.playlists import PlaylistDetailOut, PlaylistIn, PlaylistOut, PlaylistPage, PlaylistStateName
from services.api.serializers.documents import playlist_listed_out, playlist_out, progress_out
from shared import metrics
from shared.addresses.parse import BadAddress, playlist_address
from shared.addresses.sources import source_of
from shared.catalog.delivery.outbox import submission_of
from shared.catalog.documents import Playlist, PlaylistState, Scope
from shared.catalog.playlists.acceptance import SubmissionOptions, accept_playlist
from shared.catalog.playlists.idempotency import OtherRequest, Slip, begin, made_once
from shared.catalog.playlists.relisting import Asker, message_in, payer
from shared.catalog.reading import ordered
from shared.catalog.reports.progress import BY_SUBMISSION, playlist_page, progress_of_playlists
from shared.catalog.reports.progress import progress as progress_of
from shared.profiles import BadProfile, parse_profile
from shared.topology import PLAYLISTS_QUEUE

#: Playlists whose videos are counted in one request.
MAX_WITH_PROGRESS = 100


class PlaylistPosition(NamedTuple):
    """The last playlist of a page: when it was submitted (null if its document does not say), and its id."""

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
    principal: PrincipalDep,
    idempotency_key: Annotated[Text | None, Header(max_length=200)] = None,
) -> PlaylistOut:
    """Submit a playlist. Submitting it again is harmless: only new entries are fetched.

    A playlist that was listed recently waits (`listed-lately`) until `retry_at`; for a key of scope admin it is listed
    at once. Priority high also needs a key of scope admin.

    A request that is repeated with the same Idempotency-Key within a day, because its answer was lost, does not count
    as a second submission. Each API key has its own Idempotency-Keys; one that is reused with other options is
    rejected.
    """
    playlist_id, url = await _address(body.url, backend)
    if body.priority == "high" and not principal.scope.allows(Scope.ADMIN):
        raise Problem(
            403, f"Priority high needs a key of scope admin; yours is {principal.scope}. Nothing was submitted."
        )
    options = _options(body)
    slip = Slip.of(principal.key_id, idempotency_key, playlist_id, options) if idempotency_key is not None else None
    known = await begin(backend.catalog, slip) if slip is not None else None
    if isinstance(known, OtherRequest):
        raise _other_request(known)
    if known is None:
        asker = _asker(principal, backend.sources.relist_seconds)
        async with made_once(backend.catalog, slip):
            # State before message: a crash in between leaves an accepted playlist, which the sweeper publishes.
            playlist, new = await accept_playlist(backend.catalog, playlist_id, url, options, asker)
            await _send(backend, playlist)
        metrics.PLAYLISTS_SUBMITTED.labels("accepted" if new else "known").inc()
    else:
        playlist = known
    response.headers["Location"] = f"/v1/playlists/{quote(playlist_id, safe=':')}"
    return playlist_out(playlist)


async def _address(text: str, backend: Backend) -> tuple[str, str]:
    """The id and address of the playlist that `text` names. Raises a Problem (400) if it may not be submitted."""
    try:
        playlist_id, url = playlist_address(text)
        if not backend.sources.private_hosts and not playlist_id.startswith("youtube:"):
            await reject_private_host(url)
    except BadAddress as error:
        metrics.PLAYLISTS_SUBMITTED.labels("refused").inc()
        raise Problem(400, str(error), code="bad-address") from error
    return playlist_id, url


def _asker(principal: Principal, relist_seconds: float) -> Asker:
    """The submitter. Admins, who could change the limits, are not limited."""
    if principal.scope.allows(Scope.ADMIN):
        return Asker(principal.key_id)
    return Asker(principal.key_id, limited=True, relist_seconds=relist_seconds)


async def _send(backend: Backend, playlist: Playlist) -> None:
    """Publish a submission so that it arrives when the playlist may be listed."""
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


def _options(body: PlaylistIn) -> SubmissionOptions:
    try:
        profiles = [parse_profile(name).name for name in body.profiles] if body.profiles is not None else None
    except BadProfile as error:
        raise Problem(400, str(error), code="bad-profile") from error
    return SubmissionOptions(profiles, body.limit, body.priority, body.filters)


@router.get("", responses=documented(400))
async def page(
    backend: BackendDep,
    state: Annotated[PlaylistStateName | None, Query(description="Only playlists in this state.")] = None,
    progress: Annotated[
        bool, Query(description="Add the counts of each playlist; then a page has at most 100.")
    ] = False,
    cursor_: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> PlaylistPage:
    """List playlists, the latest submission first."""
    limit = min(limit, MAX_WITH_PROGRESS) if progress else limit
    after = cursor.decode(cursor_, PlaylistPosition)
    async with backend.large_responses:
        place = ordered.Position(*after) if after is not None else None
        found = await playlist_page(backend.catalog, state=state, after=place, limit=limit)
        last = found.last
        following = cursor.encode(PlaylistPosition(*BY_SUBMISSION.position_of(last))) if last is not None else None
        counted = await progress_of_playlists(backend.catalog, [p["_id"] for p in found.items]) if progress else {}
        return PlaylistPage(items=[playlist_listed_out(p, counted.get(p["_id"])) for p in found.items], next=following)


@router.get("/{playlist_id}", responses=documented(404))
async def read(playlist_id: PlaylistId, backend: BackendDep) -> PlaylistDetailOut:
    """Read one playlist with the counts of its videos."""
    playlist = await find_playlist(backend.catalog, playlist_id)
    counted = progress_out(await progress_of(backend.catalog, playlist_id))
    unlisted = playlist["state"] in (PlaylistState.ACCEPTED, PlaylistState.EXPANDING, PlaylistState.WAITING)
    waits = unlisted or counted.counts.queued or counted.counts.waiting
    submitter = payer(playlist)
    key = submitter["key"] if submitter is not None else ""
    source = source_of(playlist["_id"], playlist["url"])
    held = await held_up(backend.catalog, source, key) if waits else []
    return PlaylistDetailOut(**playlist_out(playlist).model_dump(), progress=counted, held_up=held)
