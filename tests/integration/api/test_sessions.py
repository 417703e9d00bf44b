"""Signing in to the dashboard, on the real catalog: the cookie, the proof against other sites, the end of a session."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi.sse import ServerSentEvent
from pydantic import SecretStr

from services.api.auth.authenticator import Authenticator
from services.api.auth.credentials import COOKIE, CSRF_HEADER
from services.api.backend import Backend
from services.api.live import updates
from services.api.settings import ApiSettings
from services.api.web_app import web_app
from shared.catalog.access.keys import make_key, revoke
from shared.catalog.connection import Catalog
from shared.catalog.documents import Scope

FIRST = "the first key of all, long enough"
Browser = Callable[..., httpx.AsyncClient]


@pytest.fixture
def browser(backend: Backend) -> Browser:
    """A new browser at an API: it keeps cookies."""

    def client(**settings: object) -> httpx.AsyncClient:
        made = ApiSettings.model_validate({"key": SecretStr(FIRST), **settings})
        transport = httpx.ASGITransport(app=web_app(backend, Authenticator(made)))
        return httpx.AsyncClient(transport=transport, base_url="https://api.test")

    return client


async def signed_in(browser: httpx.AsyncClient, key: str = FIRST) -> str:
    """Sign in. Returns the proof against other sites."""
    answer = await browser.post("/v1/session", json={"key": key})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["csrf"])


async def test_the_cookie_is_kept_from_scripts_and_from_other_sites(browser: Browser) -> None:
    async with browser() as client:
        answer = await client.post("/v1/session", json={"key": FIRST})
    cookie = answer.headers["Set-Cookie"]
    for flag in ("HttpOnly", "Secure", "SameSite=strict", "Path=/"):
        assert flag in cookie, cookie
    assert FIRST not in answer.text + cookie
    async with browser(cookie_secure=False) as client:
        assert "Secure" not in (await client.post("/v1/session", json={"key": FIRST})).headers["Set-Cookie"]


async def test_a_session_reads_and_changes_only_with_its_proof(browser: Browser) -> None:
    async with browser() as client:
        assert (await client.get("/v1/session")).status_code == 401
        csrf = await signed_in(client)
        seen = (await client.get("/v1/session")).json()
        assert (seen["name"], seen["scope"], seen["csrf"]) == ("API_KEY", "admin", csrf)
        assert (await client.get("/v1/status")).status_code == 200
        for headers in ({}, {CSRF_HEADER: "wrong"}, {CSRF_HEADER: ""}):
            refused = await client.post("/v1/playlists", json={"url": "PLsession0001"}, headers=headers)
            assert refused.status_code == 403
            assert CSRF_HEADER in refused.json()["detail"]
        taken = await client.post("/v1/playlists", json={"url": "PLsession0001"}, headers={CSRF_HEADER: csrf})
        assert taken.status_code == 202


async def test_a_session_has_the_scope_of_its_key(browser: Browser, catalog: Catalog) -> None:
    key = await make_key(catalog, "the radio team", Scope.READ, None)
    async with browser() as client:
        csrf = await signed_in(client, key.secret)
        refused = await client.post("/v1/playlists", json={"url": "PLsession0002"}, headers={CSRF_HEADER: csrf})
        assert refused.status_code == 403
        assert "yours is read" in refused.json()["detail"]


async def test_signing_out_ends_the_session_everywhere(browser: Browser) -> None:
    async with browser() as client:
        csrf = await signed_in(client)
        token = client.cookies[COOKIE]
        assert (await client.delete("/v1/session")).status_code == 403
        assert (await client.delete("/v1/session", headers={CSRF_HEADER: csrf})).status_code == 204
        assert COOKIE not in client.cookies
        client.cookies.set(COOKIE, token)
        assert (await client.get("/v1/status")).status_code == 401


async def test_a_revoked_key_is_out_with_its_session(browser: Browser, catalog: Catalog) -> None:
    key = await make_key(catalog, "x", Scope.ADMIN, None)
    async with browser() as client:
        await signed_in(client, key.secret)
        assert (await client.get("/v1/status")).status_code == 200
        await revoke(catalog, key.document["_id"])
        assert (await client.get("/v1/status")).status_code == 401


@pytest.mark.parametrize("by_session", [True, False])
async def test_a_revoked_key_receives_no_more_events(
    browser: Browser, catalog: Catalog, monkeypatch: pytest.MonkeyPatch, *, by_session: bool
) -> None:
    sent = asyncio.Event()

    def sending(**parts: Any) -> ServerSentEvent:
        sent.set()
        return ServerSentEvent(**parts)

    monkeypatch.setattr(updates, "CHECK_KEY_SECONDS", 0.05)
    monkeypatch.setattr(updates, "ServerSentEvent", sending)
    key = await make_key(catalog, "x", Scope.READ, None)
    headers = {} if by_session else {"Authorization": f"Bearer {key.secret}"}
    async with browser() as client:
        if by_session:
            await signed_in(client, key.secret)
        # This transport answers when the stream has ended.
        hearing = asyncio.create_task(client.get("/v1/events", headers=headers, timeout=60))
        async with asyncio.timeout(60):
            await sent.wait()
        await revoke(catalog, key.document["_id"])
        answer = await hearing
        assert answer.status_code == 200
        assert "event: progress" in answer.text
        assert (await client.get("/v1/events", headers=headers)).status_code == 401


async def test_a_session_ends_in_time_and_with_a_changed_first_key(browser: Browser, catalog: Catalog) -> None:
    async with browser() as client:
        await signed_in(client)
        await catalog.sessions.update_many({}, {"$set": {"expires_at": datetime.now(UTC) - timedelta(seconds=1)}})
        assert (await client.get("/v1/status")).status_code == 401
    async with browser() as client:
        await signed_in(client)
        token = client.cookies[COOKIE]
    async with browser(key=SecretStr("another first key, long enough too")) as client:
        client.cookies.set(COOKIE, token)
        assert (await client.get("/v1/status")).status_code == 401


async def test_only_a_hash_of_the_session_is_kept(browser: Browser, catalog: Catalog) -> None:
    async with browser() as client:
        await signed_in(client)
        [kept] = await catalog.sessions.find().to_list()
        assert client.cookies[COOKIE] not in str(kept)


async def test_wrong_keys_are_refused_and_soon_slowed_down(browser: Browser) -> None:
    async with browser(wrong_keys_per_minute=3) as client:
        answers = [await client.post("/v1/session", json={"key": f"guess {n}"}) for n in range(5)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429, 429]
    assert int(answers[-1].headers["Retry-After"]) > 0


async def test_who_sends_no_key_has_guessed_none(browser: Browser) -> None:
    """A page that nobody has signed in to, an ended session and a player that waits to be asked are no wrong keys."""
    async with browser(wrong_keys_per_minute=1) as client:
        for path in ("/v1/session", "/v1/status", "/v1/playlists/youtube:PLnobody1/feed.rss"):
            assert [(await client.get(path)).status_code for _ in range(3)] == [401] * 3
        for authorization in ("Bearer ", "Basic Og==", "Digest x"):
            headers = {"Authorization": authorization}
            answers = [await client.get("/v1/playlists/youtube:PLnobody1/feed.rss", headers=headers) for _ in range(3)]
            assert [answer.status_code for answer in answers] == [401] * 3, authorization
        client.cookies.set(COOKIE, "the token of a session that has ended")
        assert [(await client.get("/v1/session")).status_code for _ in range(3)] == [401] * 3
        answers = [await client.post("/v1/session", json={"key": f"guess {n}"}) for n in range(2)]
        assert [answer.status_code for answer in answers] == [401, 429]


async def test_an_answer_that_a_client_has_is_not_sent_again(browser: Browser) -> None:
    async with browser() as client:
        await signed_in(client)
        first = await client.get("/v1/playlists")
        again = await client.get("/v1/playlists", headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
        other = await client.get("/v1/playlists", headers={"If-None-Match": '"another"'})
        assert other.status_code == 200
        csrf = (await client.get("/v1/session")).json()["csrf"]
        await client.post("/v1/playlists", json={"url": "PLsession0003"}, headers={CSRF_HEADER: csrf})
        changed = await client.get("/v1/playlists", headers={"If-None-Match": first.headers["ETag"]})
        assert changed.status_code == 200
        assert changed.headers["ETag"] != first.headers["ETag"]


async def test_pages_load_nothing_from_elsewhere_and_are_shown_in_no_other_page(browser: Browser) -> None:
    async with browser() as client:
        page = await client.get("/")
        assert page.status_code == 200
        policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert page.headers["X-Content-Type-Options"] == "nosniff"
