"""Wrong keys, forged addresses, and Idempotency-Keys that are somebody else's or of another request."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from dev.stack import Stack
from services.api.auth import wrong_keys
from services.api.auth.authenticator import Authenticator
from services.api.auth.wrong_keys import WrongKeys, client_network
from services.api.http.problems import Problem
from services.api.settings import ApiSettings
from services.api.web_app import web_app
from shared.catalog.access.keys import make_key, revoke
from shared.catalog.documents import Scope
from shared.catalog.playlists.acceptance import SubmissionOptions
from shared.catalog.playlists.idempotency import ABANDONED_SECONDS, Slip
from shared.runtime.http import Limits, serve_http
from tests.hostile.api_process import Api, running_api

WRONG_KEYS = 10
FIRST = "the first key of all, long enough"
SUBMIT = "/v1/playlists"


@pytest.fixture(scope="module")
def api(servers: Stack) -> Iterator[Api]:
    """An API of this module's own."""
    with running_api(servers, "keys", {"API_WRONG_KEYS_PER_MINUTE": str(WRONG_KEYS)}) as running:
        yield running


@asynccontextmanager
async def served(proxies: str | None) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an API that trusts these proxies, and whose catalog nobody needs."""
    settings = ApiSettings(key=SecretStr(FIRST), wrong_keys_per_minute=WRONG_KEYS, trusted_proxies=proxies)
    # Keys of such a form are not looked up.
    nothing: Any = SimpleNamespace(catalog=None)
    app = web_app(nothing, Authenticator(settings))
    async with (
        serve_http(app, "127.0.0.1", 0, "API", Limits(proxies=settings.proxies)) as port,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=120) as client,
    ):
        yield client


async def codes(client: httpx.AsyncClient, headers: Callable[[int], list[tuple[str, str]]]) -> Counter[int]:
    """The answers to three times as many wrong keys as are allowed."""
    asked = [
        client.get("/v1/session", headers=[("Authorization", f"Bearer wrong {n}"), *headers(n)])
        for n in range(3 * WRONG_KEYS)
    ]
    return Counter(answer.status_code for answer in await asyncio.gather(*asked))


SLOWED = Counter({401: WRONG_KEYS, 429: 2 * WRONG_KEYS})
#: What a client can claim about where it comes from.
FORGED: dict[str, Callable[[int], list[tuple[str, str]]]] = {
    "an address": lambda n: [("X-Forwarded-For", f"203.0.113.{n}")],
    "two addresses": lambda n: [("X-Forwarded-For", f"203.0.113.{n}, 198.51.100.{n}")],
    "two headers": lambda n: [("X-Forwarded-For", f"203.0.113.{n}"), ("X-Forwarded-For", f"198.51.100.{n}")],
    "an address of IPv6": lambda n: [("X-Forwarded-For", f"2001:db8:{n}::1")],
    "the proxy's own address": lambda n: [("X-Forwarded-For", f"203.0.113.{n}, 127.0.0.1")],
    "no address": lambda n: [("X-Forwarded-For", f"somebody-{n}")],
    "the newer header": lambda n: [("Forwarded", f"for=203.0.113.{n}")],
    "another header": lambda n: [("X-Real-IP", f"203.0.113.{n}"), ("True-Client-IP", f"203.0.113.{n}")],
    "nothing": lambda n: [],
}


@pytest.mark.parametrize("name", FORGED)
async def test_nobody_is_elsewhere_by_saying_so(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(wrong_keys, "WAIT_SECONDS", 0.01)
    monkeypatch.setattr(wrong_keys, "APART_SECONDS", 0.001)
    async with served(None) as client:
        assert await codes(client, FORGED[name]) == SLOWED
        # Of another proxy than the one that asks, neither.
    async with served("192.0.2.1, 2001:db8::/32") as client:
        assert await codes(client, FORGED[name]) == SLOWED


#: Behind a trusted proxy: what it adds at the right is what counts, whatever a client has put before it.
BEHIND: dict[str, Callable[[int], list[tuple[str, str]]]] = {
    "forged before": lambda n: [("X-Forwarded-For", f"203.0.113.{n}, 198.51.100.7")],
    "forged in a header before": lambda n: [("X-Forwarded-For", f"203.0.113.{n}"), ("X-Forwarded-For", "198.51.100.7")],
    "two proxies": lambda n: [("X-Forwarded-For", f"203.0.113.{n}, 198.51.100.7, 10.1.2.3")],
    "ports": lambda n: [("X-Forwarded-For", f"198.51.100.7:{1000 + n}")],
    "one network of IPv6": lambda n: [("X-Forwarded-For", f"2001:db8::{n:x}:1")],
    "IPv6 with ports": lambda n: [("X-Forwarded-For", f"[2001:db8::{n:x}:1]:{1000 + n}")],
    "IPv4 written as IPv6": lambda n: [("X-Forwarded-For", ["198.51.100.7", "::ffff:198.51.100.7"][n % 2])],
    "no addresses": lambda n: [("X-Forwarded-For", f"198.51.100.7, somebody-{n}")],
    "spaces": lambda n: [("X-Forwarded-For", f"203.0.113.{n},{' ' * n}198.51.100.7")],
}


@pytest.mark.parametrize("name", BEHIND)
async def test_behind_a_proxy_the_address_that_it_saw_counts(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(wrong_keys, "WAIT_SECONDS", 0.01)
    monkeypatch.setattr(wrong_keys, "APART_SECONDS", 0.001)
    async with served("127.0.0.1,10.0.0.0/8") as client:
        assert await codes(client, BEHIND[name]) == SLOWED
        # Others behind the same proxy have counts of their own.
        other = {"Authorization": "Bearer wrong", "X-Forwarded-For": "192.0.2.77"}
        assert (await client.get("/v1/session", headers=other)).status_code == 401


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("192.0.2.1", "192.0.2.2", False),
        ("fe80::1%eth0", "fe80::2%eth1", True),
        ("", None, True),
        ("somebody", "somebody else", True),
        ("192.0.2.1" * 1000, "unknown", True),
        ("192.0.2.01", "x", True),
    ],
)
def test_what_counts_as_one_source(one: str, other: str | None, same: bool) -> None:
    assert (client_network(one) == client_network(other)) is same


async def test_sources_without_end_take_bounded_memory(
    monkeypatch: pytest.MonkeyPatch, inputs: Callable[[int], None]
) -> None:
    number = 20_000
    inputs(number)
    monkeypatch.setattr(wrong_keys, "WAIT_SECONDS", 0)
    monkeypatch.setattr(wrong_keys, "APART_SECONDS", 0)
    counted = WrongKeys(3)
    refused = 0
    for n in range(number):
        with contextlib.suppress(Problem):
            await counted.count(f"2001:db8:{n:x}::/64")
            refused -= 1
        refused += 1
    assert sum(map(len, counted._times)) <= 3 * wrong_keys.BUCKETS
    assert refused >= number - 3 * wrong_keys.BUCKETS
    assert not counted._next_answer


async def test_wrong_keys_of_one_source_are_answered_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        await asyncio.get_running_loop().create_future()

    counted = WrongKeys(1)
    await counted.count("192.0.2.1")
    monkeypatch.setattr("services.api.auth.wrong_keys.asyncio.sleep", sleep)
    waiting = [asyncio.ensure_future(counted.count("192.0.2.1")) for _ in range(wrong_keys.MAX_WAITING)]
    done, _ = await asyncio.wait(waiting, timeout=0)
    while len(waits) < wrong_keys.MAX_WAITING:
        done, _ = await asyncio.wait(waiting, timeout=0)
    assert not done
    assert waits[0] >= wrong_keys.WAIT_SECONDS
    assert waits[-1] >= (wrong_keys.MAX_WAITING - 1) * wrong_keys.APART_SECONDS
    # Those beyond hold nothing.
    with pytest.raises(Problem) as refused:
        await counted.count("192.0.2.1")
    assert refused.value.headers is not None
    assert refused.value.headers["Connection"] == "close"
    for each in waiting:
        each.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert (counted._waiting, counted._next_answer) == (0, {})


async def test_who_has_a_key_comes_in_beside_those_who_guess(api: Api, inputs: Callable[[int], None]) -> None:
    """From the same address, through a process of its own; signing in counts like any other wrong key."""
    inputs(60)
    async with api.catalog() as catalog:
        made = await make_key(catalog, "x", Scope.READ, None)
        gone = await make_key(catalog, "y", Scope.READ, None)
        await revoke(catalog, gone.document["_id"])
    guesses = [gone.secret, made.secret[:-1] + ("a" if made.secret[-1] != "a" else "b"), "fonoteca_x_y", "wrong"]
    async with httpx.AsyncClient(base_url=api.url, trust_env=False, timeout=120) as http:
        asked = [
            asyncio.ensure_future(
                http.post("/v1/session", json={"key": guesses[n % 4]}, headers={"X-Forwarded-For": f"203.0.113.{n}"})
                if n % 2
                else http.get(
                    "/v1/status",
                    headers={"Authorization": f"Bearer {guesses[n % 4]}", "X-Forwarded-For": f"10.0.0.{n}"},
                )
            )
            for n in range(60)
        ]
        for key in (made.secret, api.key, made.secret, api.key):
            held = await http.get("/v1/status", headers={"Authorization": f"Bearer {key}"})
            assert held.status_code == 200
        signed_in = await http.post("/v1/session", json={"key": made.secret})
        assert signed_in.status_code == 201
        answers = Counter(answer.status_code for answer in await asyncio.gather(*asked))
    assert answers == Counter({401: WRONG_KEYS, 429: 60 - WRONG_KEYS})


def submitting(http: httpx.Client, key: str, url: str = "PLidem0000001", **options: Any) -> httpx.Response:
    return http.post(SUBMIT, json={"url": url, **options}, headers={"Idempotency-Key": key})


@pytest.fixture
def two_holders(api: Api) -> Iterator[tuple[httpx.Client, httpx.Client]]:
    """Two who may submit."""

    async def make() -> list[str]:
        async with api.catalog() as catalog:
            return [(await make_key(catalog, name, Scope.SUBMIT, None)).secret for name in ("one", "other")]

    one, other = asyncio.run(make())
    with api.http(one) as first, api.http(other) as second:
        yield first, second


#: Idempotency-Keys as people and programs make them.
NAMES = {
    "a uuid": uuid.uuid4().hex,
    "one letter": "a",
    "the longest": "k" * 200,
    "with spaces": "a key with spaces",
    "an operator": '{"$gt":""}',
    "a path": "../../etc/passwd",
    "another's, with a space": "x y",
}


@pytest.mark.parametrize("name", NAMES)
def test_nobody_meets_the_key_of_another(two_holders: tuple[httpx.Client, httpx.Client], name: str) -> None:
    one, other = two_holders
    first = submitting(one, NAMES[name], "PLidemfirst01")
    second = submitting(other, NAMES[name], "PLidemsecond1", limit=3)
    assert (first.status_code, second.status_code) == (202, 202), second.text
    assert [answer.json()["id"] for answer in (first, second)] == ["youtube:PLidemfirst01", "youtube:PLidemsecond1"]
    again = submitting(one, NAMES[name], "PLidemfirst01")
    assert again.json()["submitted_at"] == first.json()["submitted_at"]


OPTIONS: dict[str, Any] = {"profiles": ["mp3-320", "wav-16k-mono"], "limit": 10, "priority": "normal"}
#: What is changed, and how the answer names it.
CHANGES: dict[str, tuple[dict[str, Any], str]] = {
    "a limit": ({"limit": 11}, "other limit"),
    "no limit": ({"limit": None}, "other limit"),
    "a priority": ({"priority": "high"}, "other priority"),
    "a profile more": ({"profiles": ["mp3-320", "wav-16k-mono", "flac"]}, "other profiles"),
    "the order of profiles": ({"profiles": ["wav-16k-mono", "mp3-320"]}, "other profiles"),
    "no profiles": ({"profiles": None}, "other profiles"),
    "two things": ({"limit": 1, "priority": "high"}, "other limit and priority"),
    "everything": ({"profiles": ["flac"], "limit": 1, "priority": "high"}, "other profiles and limit and priority"),
    "the playlist": ({"url": "PLidemother01"}, "another playlist"),
    "the playlist and more": ({"url": "PLidemother01", "limit": 1}, "another playlist"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_another_request_under_the_same_key_is_told(api: Api, name: str) -> None:
    change, named = CHANGES[name]
    key = uuid.uuid4().hex
    with api.http() as http:
        first = submitting(http, key, **OPTIONS)
        assert first.status_code == 202
        changed = submitting(http, key, **{"url": "PLidem0000001", **OPTIONS, **change})
        assert changed.status_code == 422
        assert f"This Idempotency-Key was sent with {named};" in changed.json()["detail"]
        assert changed.headers["Content-Type"] == "application/problem+json"
        same = submitting(http, key, "https://www.youtube.com/playlist?list=PLidem0000001", **OPTIONS)
        assert (same.status_code, same.json()) == (202, first.json())


@pytest.mark.parametrize("at_once", [2, 8, 30])
async def test_the_same_request_at_once_is_one_submission(api: Api, at_once: int) -> None:
    headers = {"Authorization": f"Bearer {api.key}", "Idempotency-Key": uuid.uuid4().hex}
    async with httpx.AsyncClient(base_url=api.url, headers=headers, trust_env=False, timeout=120) as http:
        asked = (http.post(SUBMIT, json={"url": f"PLidemrace{at_once:03}"}) for _ in range(at_once))
        answers = await asyncio.gather(*asked)
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["submitted_at"] for answer in answers}) == 1


async def test_a_submission_whose_process_died_is_made_by_whoever_sends_it_again(api: Api) -> None:
    key = uuid.uuid4().hex
    dead = Slip.of("API_KEY", key, "youtube:PLidemdead001", SubmissionOptions())
    async with api.catalog() as catalog:
        long_ago = await catalog.now() - timedelta(seconds=ABANDONED_SECONDS + 1)
        claim = {"_id": dead.id, "asked": dead.asked(), "at": long_ago, "token": "x", "done": False}
        await catalog.submissions.insert_one(claim)
        with api.http() as http:
            first = submitting(http, key, "PLidemdead001")
            assert first.status_code == 202
            assert submitting(http, key, "PLidemdead001").json() == first.json()
        known = await catalog.submissions.find_one({"_id": dead.id})
        assert known is not None
        assert known["done"]


async def test_what_is_refused_leaves_its_key_free(api: Api) -> None:
    key = uuid.uuid4().hex
    with api.http() as http:
        assert submitting(http, key, "not a url").status_code == 400
        assert submitting(http, key, "PLidemfree001", profiles=["nonsense"]).status_code == 400
        assert submitting(http, key, "PLidemfree001").status_code == 202


def test_a_key_that_is_no_header_is_refused(api: Api) -> None:
    with socket.create_connection(api.address, timeout=120) as connection:
        body = b'{"url": "PLidemwrong01"}'
        connection.sendall(
            f"POST {SUBMIT} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {api.key}\r\nConnection: close\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
            f"Idempotency-Key: {'k' * 201}\r\n\r\n".encode()
            + body
        )
        assert connection.recv(100).startswith(b"HTTP/1.1 422")
