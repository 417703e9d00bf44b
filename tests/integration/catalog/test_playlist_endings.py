"""A person ends a playlist, in each of its states: nothing of it goes on, and no message on its way brings it back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from services.api.auth.authenticator import Authenticator
from services.api.backend import Backend
from services.api.settings import ApiSettings
from services.api.web_app import web_app
from services.scraper.handlers import Scraper, playlist_submitted
from shared.catalog.access.keys import make_key
from shared.catalog.connection import Catalog
from shared.catalog.delivery.outbox import submission_of
from shared.catalog.documents import PlaylistState, Scope, VideoState
from shared.catalog.playlists.acceptance import accept_playlist
from shared.catalog.playlists.lifecycle import NotListed, claim_playlist, fail_playlist, renew_playlist, set_expanded
from shared.catalog.videos.acceptance import Entry, accept_videos
from shared.contracts import Failure, PlaylistSubmitted
from shared.errors import FailureClass, TryLater
from shared.messaging.publisher import Publisher
from tests.scraper_parts import scraper_of

LIST, URL = "youtube:PLending00001", "https://www.youtube.com/playlist?list=PLending00001"
OTHER = "youtube:PLending00002"
FLAKY = Failure(failure_class=FailureClass.TRANSIENT, reason="timeout", detail="Read timed out.")
GONE = Failure(failure_class=FailureClass.PERMANENT, reason="no-such-playlist", detail="It is not there.")
KEY = "an administrator's key, long enough"
STATES = ("accepted", "expanding", "waiting", "refused", "expanded")


@pytest.fixture
async def api(backend: Backend) -> AsyncIterator[httpx.AsyncClient]:
    app = web_app(backend, Authenticator(ApiSettings(key=SecretStr(KEY))))
    headers = {"Authorization": f"Bearer {KEY}"}
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://api.test", headers=headers) as client:
        yield client


class Listing:
    """In the place of what lists: notes what was to be listed, and does meanwhile what a test says."""

    def __init__(self) -> None:
        self.listed: list[str] = []
        self.meanwhile: Callable[[], Awaitable[object]] | None = None

    async def expand(self, playlist_id: str, *_: object) -> int:
        self.listed.append(playlist_id)
        if self.meanwhile is not None:
            await self.meanwhile()
        return 1


@pytest.fixture
def listing() -> Listing:
    return Listing()


@pytest.fixture
def scraper(catalog: Catalog, publisher: Publisher, listing: Listing) -> Scraper:
    """A scraper that does not ask any source."""
    quiet: Any = SimpleNamespace(begins=str, ended=str, admitted=nullcontext, listed=str)
    return scraper_of(
        catalog, publisher, expander=listing, fetcher=None, judge=quiet, admission=quiet, work_folder=None
    )


async def playlist_in(catalog: Catalog, state: str) -> PlaylistSubmitted:
    """Bring a playlist into a state, and return the message that is on its way for it."""
    playlist, _ = await accept_playlist(catalog, LIST, URL)
    if state != "accepted":
        await claim_playlist(catalog, LIST, "lister", 60, None)
    if state in ("waiting", "refused"):
        await fail_playlist(catalog, LIST, "lister", GONE if state == "refused" else FLAKY)
    if state == "expanded":
        await set_expanded(catalog, LIST, "lister")
    now = await catalog.playlists.find_one({"_id": LIST})
    assert now is not None
    assert now["state"] == state
    return submission_of(playlist)


async def videos_of(catalog: Catalog, playlist: str, *ids: str) -> None:
    entries = [Entry(id_, f"https://youtu.be/{id_[-11:]}", None) for id_ in ids]
    await accept_videos(catalog, playlist, ("mp3-320",), entries, await catalog.now())


async def states_of(catalog: Catalog, ids: Sequence[str]) -> list[str]:
    found = {video["_id"]: video async for video in catalog.videos.find()}
    return [found[id_]["state"] for id_ in ids]


@pytest.mark.parametrize("state", STATES)
async def test_a_playlist_is_deleted_in_every_state_and_no_message_brings_it_back(
    catalog: Catalog, api: httpx.AsyncClient, scraper: Scraper, listing: Listing, state: str
) -> None:
    message = await playlist_in(catalog, state)
    answer = await api.delete(f"/v1/playlists/{LIST}")
    assert answer.json() == {"action": "delete", "id": LIST, "videos": 0, "more": False}
    assert (await api.get(f"/v1/playlists/{LIST}")).status_code == 404
    # A listing under way has lost its lease, and nothing that it says counts.
    assert not await renew_playlist(catalog, LIST, "lister", 60)
    assert await set_expanded(catalog, LIST, "lister") is None
    assert await fail_playlist(catalog, LIST, "lister", FLAKY) is None
    assert await claim_playlist(catalog, LIST, "other", 60, message.submitted_at) == NotListed("gone")
    await playlist_submitted(scraper, message)
    assert listing.listed == []
    assert await catalog.playlists.find_one({"_id": LIST}) is None
    again = await api.delete(f"/v1/playlists/{LIST}")
    assert (again.status_code, "nothing is left to do" in again.json()["detail"]) == (404, True)


@pytest.mark.parametrize("way", ["api", "broker"])
async def test_a_new_submission_brings_a_deleted_playlist_back(
    catalog: Catalog, api: httpx.AsyncClient, scraper: Scraper, way: str
) -> None:
    old = await playlist_in(catalog, "expanded")
    await api.delete(f"/v1/playlists/{LIST}")
    await asyncio.sleep(0.002)  # The catalog's clock counts milliseconds.
    if way == "api":
        assert (await api.post("/v1/playlists", json={"url": URL})).status_code == 202
    else:
        await playlist_submitted(scraper, PlaylistSubmitted(url=URL))
    known = await catalog.playlists.find_one({"_id": LIST})
    assert known is not None
    assert known["submitted_at"] > old.submitted_at  # type: ignore[operator]


@pytest.mark.parametrize("state", [state for state in STATES if state != "refused"])
async def test_a_playlist_is_given_up_in_every_state_and_stays_to_be_seen(
    catalog: Catalog, api: httpx.AsyncClient, scraper: Scraper, listing: Listing, state: str
) -> None:
    message = await playlist_in(catalog, state)
    assert (await api.post(f"/v1/playlists/{LIST}/abandon")).is_success
    shown = (await api.get(f"/v1/playlists/{LIST}")).json()
    assert (shown["state"], shown["failure"]["reason"]) == ("refused", "given-up-by-a-person")
    assert await set_expanded(catalog, LIST, "lister") is None
    assert await claim_playlist(catalog, LIST, "other", 60, message.submitted_at) == NotListed("listed")
    await playlist_submitted(scraper, message)
    assert listing.listed == []
    assert (await api.post(f"/v1/playlists/{LIST}/abandon")).json()["videos"] == 0, "once more is harmless"
    assert (await api.get("/v1/overview")).json()["needs_a_person"] == []
    assert (await api.post("/v1/playlists", json={"url": URL})).json()["state"] == "accepted"


async def test_what_cannot_be_done_is_told(catalog: Catalog, api: httpx.AsyncClient) -> None:
    for method, path in (("POST", f"/v1/playlists/{LIST}/abandon"), ("DELETE", f"/v1/playlists/{LIST}")):
        answer = await api.request(method, path)
        assert (answer.status_code, f"There is no playlist '{LIST}'" in answer.json()["detail"]) == (404, True)
    await playlist_in(catalog, "refused")
    answer = await api.post(f"/v1/playlists/{LIST}/abandon")
    assert (answer.status_code, "no-such-playlist" in answer.json()["detail"]) == (409, True)
    made = await make_key(catalog, "team", Scope.SUBMIT, None)
    headers = {"Authorization": f"Bearer {made.secret}"}
    assert (await api.delete(f"/v1/playlists/{LIST}", headers=headers)).status_code == 403
    assert (await catalog.playlists.count_documents({})) == 1


async def test_what_nobody_else_wants_is_given_up_and_the_rest_stays(catalog: Catalog, api: httpx.AsyncClient) -> None:
    alone, shared, stored = (f"youtube:ending0000{n}" for n in range(3))
    await playlist_in(catalog, "expanded")
    await accept_playlist(catalog, OTHER, URL.replace("00001", "00002"))
    await videos_of(catalog, LIST, alone, shared, stored)
    await videos_of(catalog, OTHER, shared)
    await catalog.videos.update_one({"_id": stored}, {"$set": {"state": VideoState.STORED}})
    assert (await api.delete(f"/v1/playlists/{LIST}")).json()["videos"] == 1
    assert await states_of(catalog, (alone, shared, stored)) == ["abandoned", "queued", "stored"]
    given_up = (await api.get(f"/v1/videos/{alone}")).json()
    assert given_up["failure"]["reason"] == "given-up-by-a-person"
    # The other one is the last that wanted it.
    assert (await api.post(f"/v1/playlists/{OTHER}/abandon")).json()["videos"] == 1
    assert await states_of(catalog, (shared,)) == ["abandoned"]


async def test_with_its_videos_those_of_no_other_playlist_are_deleted(catalog: Catalog, api: httpx.AsyncClient) -> None:
    alone, shared, stored = (f"youtube:ending0001{n}" for n in range(3))
    await playlist_in(catalog, "expanded")
    await accept_playlist(catalog, OTHER, URL.replace("00001", "00002"))
    await videos_of(catalog, LIST, alone, shared, stored)
    await videos_of(catalog, OTHER, shared)
    await catalog.videos.update_one({"_id": stored}, {"$set": {"state": VideoState.STORED}})
    assert (await api.delete(f"/v1/playlists/{LIST}", params={"videos": True})).json()["videos"] == 2
    deleted = [(await api.get(f"/v1/videos/{id_}")).json()["deleted_at"] is not None for id_ in (alone, shared, stored)]
    assert deleted == [True, False, True]


async def test_a_deletion_that_died_in_its_middle_is_done_by_the_same_request(
    catalog: Catalog, api: httpx.AsyncClient
) -> None:
    await playlist_in(catalog, "expanded")
    await videos_of(catalog, LIST, "youtube:ending00020")
    # The playlist is gone, its videos were not dealt with.
    await catalog.deleted_playlists.insert_one({"_id": LIST, "at": await catalog.now()})
    await catalog.playlists.delete_one({"_id": LIST})
    assert (await api.delete(f"/v1/playlists/{LIST}")).json()["videos"] == 1
    assert await states_of(catalog, ["youtube:ending00020"]) == ["abandoned"]


async def test_many_videos_are_dealt_with_in_portions(catalog: Catalog, api: httpx.AsyncClient) -> None:
    await playlist_in(catalog, "expanded")
    await videos_of(catalog, LIST, *(f"youtube:ending{n:05}" for n in range(501)))
    first = (await api.delete(f"/v1/playlists/{LIST}")).json()
    assert (first["videos"], first["more"]) == (500, True)
    second = (await api.delete(f"/v1/playlists/{LIST}")).json()
    assert (second["videos"], second["more"]) == (1, False)


async def test_what_a_listing_brings_after_the_end_is_given_up(
    catalog: Catalog, scraper: Scraper, listing: Listing, api: httpx.AsyncClient
) -> None:
    """A page was on its way into the catalog when the playlist was deleted."""
    message = await playlist_in(catalog, "accepted")

    async def deleted() -> None:
        await api.delete(f"/v1/playlists/{LIST}")
        await videos_of(catalog, LIST, "youtube:ending00030")

    listing.meanwhile = deleted
    with pytest.raises(TryLater):
        await playlist_submitted(scraper, message)
    assert await states_of(catalog, ["youtube:ending00030"]) == ["abandoned"]
    await playlist_submitted(scraper, message)
    assert len(listing.listed) == 1
    assert await catalog.playlists.count_documents({}) == 0


async def test_of_a_playlist_that_is_listed_elsewhere_nothing_is_given_up(
    catalog: Catalog, scraper: Scraper, listing: Listing
) -> None:
    """A lease that was lost to another scraper is no end."""
    message = await playlist_in(catalog, "accepted")

    async def taken_over() -> None:
        await videos_of(catalog, LIST, "youtube:ending00040")
        await catalog.playlists.update_one({"_id": LIST}, {"$set": {"lease.owner": "another"}})

    listing.meanwhile = taken_over
    with pytest.raises(TryLater):
        await playlist_submitted(scraper, message)
    assert await states_of(catalog, ["youtube:ending00040"]) == ["queued"]
    known = await catalog.playlists.find_one({"_id": LIST})
    assert known is not None
    assert known["state"] == PlaylistState.EXPANDING
