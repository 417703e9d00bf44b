"""Access to the API on the real catalog: which keys are valid, for what, and how often."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest
from pydantic import SecretStr

from services.api.auth.authenticator import Authenticator
from services.api.backend import Backend
from services.api.settings import ApiSettings
from services.api.web_app import web_app
from shared.catalog.access.keys import make_key, revoke
from shared.catalog.connection import Catalog
from shared.catalog.documents import Scope

FIRST = "the first key of all, long enough"
Ask = Callable[..., httpx.AsyncClient]


@pytest.fixture
def ask(backend: Backend) -> Ask:
    """A client of an API with small limits: ask(key)."""
    settings = ApiSettings(key=SecretStr(FIRST), requests_per_minute=5, wrong_keys_per_minute=3)
    app = web_app(backend, Authenticator(settings))

    def client(key: str) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app=app)
        return httpx.AsyncClient(
            transport=transport, base_url="http://api.test", headers={"Authorization": f"Bearer {key}"}
        )

    return client


SUBMIT = ("POST", "/v1/playlists", {"url": "PLaccesstest1"})
READ = ("GET", "/v1/status", None)
DECIDE = ("POST", "/v1/decisions", {"action": "retry", "reason": "timeout"})
MAKE = ("POST", "/v1/keys", {"name": "x", "scope": "read"})


@pytest.mark.parametrize(
    ("scope", "allowed"),
    [
        (Scope.LISTEN, []),
        (Scope.READ, [READ]),
        (Scope.SUBMIT, [READ, SUBMIT]),
        (Scope.ADMIN, [READ, SUBMIT, DECIDE, MAKE]),
    ],
)
async def test_a_key_allows_what_its_scope_says(
    ask: Ask, catalog: Catalog, scope: Scope, allowed: list[tuple[str, str, object]]
) -> None:
    made = await make_key(catalog, "x", scope, None)
    for request in (READ, SUBMIT, DECIDE, MAKE):
        method, path, body = request
        async with ask(made.secret) as client:
            answer = await client.request(method, path, json=body)
        if request in allowed:
            assert answer.is_success, answer.text
        else:
            assert answer.status_code == 403
            assert f"yours is {scope}. Nothing was done." in answer.json()["detail"]
    assert (await catalog.playlists.count_documents({}) == 1) == (SUBMIT in allowed)


async def test_a_revoked_key_is_rejected_with_the_next_request(ask: Ask, catalog: Catalog) -> None:
    made = await make_key(catalog, "x", Scope.READ, None)
    async with ask(made.secret) as client:
        assert (await client.get("/v1/status")).status_code == 200
        await revoke(catalog, made.document["_id"])
        answer = await client.get("/v1/status")
    assert answer.status_code == 401
    assert "revoked or expired" in answer.json()["detail"]


async def test_a_key_that_asks_too_often_learns_when_to_try_again(ask: Ask, catalog: Catalog) -> None:
    made = await make_key(catalog, "x", Scope.READ, None)
    async with ask(made.secret) as client:
        answers = [await client.get("/v1/status") for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60
    assert answers[-1].headers["content-type"] == "application/problem+json"
    async with ask(FIRST) as another:
        assert (await another.get("/v1/status")).status_code == 200, "each key has its own count"


async def test_wrong_keys_are_slowed_down_and_lock_nobody_else_out(ask: Ask) -> None:
    async with ask("wrong") as client:
        codes = [(await client.get("/v1/status")).status_code for _ in range(5)]
    assert codes == [401, 401, 401, 429, 429]
    async with ask(FIRST) as holder:
        assert (await holder.get("/v1/status")).status_code == 200
