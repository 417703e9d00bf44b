"""/v1/notifications on the real catalog and broker: what it tells, to whom, and how a test and a resumption work."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from standardwebhooks.webhooks import Webhook

from services.api.auth.authenticator import Authenticator
from services.api.backend import Backend
from services.api.settings import ApiSettings
from services.api.web_app import web_app
from services.notify.handlers import Notifier
from shared.catalog.access.keys import make_key
from shared.catalog.connection import Catalog
from shared.catalog.documents import Scope
from shared.catalog.notifications.endpoints import get_endpoint, pause
from shared.contracts import NoticeRaised
from tests.integration.notify.conftest import Receiver
from tests.integration.notify.secret import SECRET

KEY = "the first key of all, long enough"
NOW = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
DEAD = "https://radio.example.org/hook"
PEOPLE = {"tell": ["source-failing"], "digest": "at-once", "summary": "never", "labels": {"language": "fon"}}
#: Of people, the secret is their address.
ADDRESS = "mailtos://somebody:password@mail.example.org"
New = Callable[..., Notifier]
Run = Callable[[Notifier], Awaitable[None]]
Tell = Callable[..., Awaitable[None]]
PATHS = ("/v1/notifications", "/v1/notifications/a", "/v1/notifications/a/deliveries")


@pytest.fixture
async def api(backend: Backend) -> AsyncIterator[httpx.AsyncClient]:
    """The API, as an administrator. No answer may hold a secret."""

    async def check(response: httpx.Response) -> None:
        text = (await response.aread()).decode()
        assert SECRET not in text
        assert ADDRESS not in text
        assert "secret" not in text

    app = web_app(backend, Authenticator(ApiSettings(key=SecretStr(KEY))))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app),
        base_url="http://api.test",
        headers={"Authorization": f"Bearer {KEY}"},
        event_hooks={"response": [check]},
    ) as client:
        yield client


async def add_delivery(catalog: Catalog, endpoint: str, number: int, **more: Any) -> None:
    at = NOW + timedelta(minutes=number)
    document: Any = {
        "_id": f"{endpoint}/event-{number}",
        "endpoint": endpoint,
        "event_type": "audio.stored.v1",
        "subject": f"youtube:v{number}",
        "attempts": 1,
        "at": at,
        "status": 200,
        "error": None,
        **more,
    }
    await catalog.deliveries.insert_one(document)


async def set_endpoint(catalog: Catalog, name: str, **fields: Any) -> None:
    await catalog.endpoints.update_one({"_id": name}, {"$set": fields})


async def test_endpoints_are_listed_with_their_states_and_their_last_deliveries(
    api: httpx.AsyncClient, catalog: Catalog, tell: Tell
) -> None:
    await tell(a=DEAD, b=DEAD, c=DEAD, d=DEAD)
    await set_endpoint(catalog, "b", failures=2)
    await set_endpoint(catalog, "c", failures=5, paused_at=NOW, paused_why="it answered 410 Gone")
    await set_endpoint(catalog, "d", kind="people", url="mailtos://", secret=ADDRESS, rule=PEOPLE, enabled=False)
    await add_delivery(catalog, "b", 1, delivered_at=NOW)
    await add_delivery(catalog, "b", 2, status=500, error="it answered 500", failed_at=NOW)
    await add_delivery(catalog, "c", 3, status=None, error="no answer within 10 seconds", attempts=4)
    items = (await api.get("/v1/notifications")).json()["items"]
    assert [(e["name"], e["kind"], e["where"], e["state"], e["failures"]) for e in items] == [
        ("a", "webhook", DEAD, "active", 0),
        ("b", "webhook", DEAD, "failing", 2),
        ("c", "webhook", DEAD, "paused", 5),
        ("d", "people", "mailtos://", "disabled", 0),
    ]
    assert [endpoint["last"] for endpoint in items] == [
        None,
        {"at": "2026-02-03T04:07:06Z", "outcome": "failed", "error": "it answered 500"},
        {"at": "2026-02-03T04:08:06Z", "outcome": "waiting", "error": "no answer within 10 seconds"},
        None,
    ]
    assert (items[2]["paused_at"], items[2]["paused_why"]) == ("2026-02-03T04:05:06Z", "it answered 410 Gone")
    assert [endpoint["rule"] for endpoint in items] == [None, None, None, PEOPLE]
    assert (await api.get("/v1/notifications/d")).json() == items[3]


async def test_endpoints_and_deliveries_come_in_pages(api: httpx.AsyncClient, catalog: Catalog, tell: Tell) -> None:
    await tell(a=DEAD, b=DEAD, c=DEAD)
    for number in range(5):
        await add_delivery(catalog, "a", number, delivered_at=NOW)
    await add_delivery(catalog, "b", 9, delivered_at=NOW)
    # Two that ended at the same time.
    await catalog.deliveries.update_one({"_id": "a/event-2"}, {"$set": {"at": NOW + timedelta(minutes=3)}})
    for path, field, expected in (
        ("/v1/notifications", "name", ["a", "b", "c"]),
        ("/v1/notifications/a/deliveries", "event_id", [f"event-{number}" for number in (4, 2, 3, 1, 0)]),
    ):
        seen: list[str] = []
        next_: str | None = None
        while True:
            query: dict[str, str | int] = {"limit": 2, **({"cursor": next_} if next_ else {})}
            page = (await api.get(path, params=query)).json()
            seen += [item[field] for item in page["items"]]
            if (next_ := page["next"]) is None:
                break
        assert seen == expected
    first = (await api.get("/v1/notifications/a/deliveries?limit=1")).json()["items"]
    assert first == [
        {
            "event_id": "event-4",
            "event_type": "audio.stored.v1",
            "subject": "youtube:v4",
            "outcome": "delivered",
            "attempts": 1,
            "at": "2026-02-03T04:09:06Z",
            "status": 200,
            "error": None,
        }
    ]
    assert (await api.get("/v1/notifications/a/deliveries?cursor=nonsense")).status_code == 400


async def test_a_test_reaches_the_receiver_and_is_found_among_the_deliveries(
    api: httpx.AsyncClient, receiver: Receiver, new_notifier: New, run: Run, tell: Tell
) -> None:
    await tell(a=receiver.url, b=DEAD)
    await run(new_notifier())
    answer = await api.post("/v1/notifications/a/test")
    assert answer.status_code == 202
    event_id = answer.json()["event_id"]
    assert answer.json() == {"endpoint": "a", "event_id": event_id}
    async with asyncio.timeout(60):
        while not (found := (await api.get("/v1/notifications/a/deliveries")).json()["items"]):
            await asyncio.sleep(0.02)
    assert [(d["event_id"], d["event_type"], d["outcome"]) for d in found] == [
        (event_id, "notice.raised.v1", "delivered")
    ]
    [(_, headers, body)] = receiver.requests
    Webhook(SECRET).verify(body, headers)
    envelope = json.loads(body)
    assert headers["webhook-id"] == envelope["id"] == event_id
    assert (envelope["source"], envelope["type"]) == ("/fonoteca/api", "notice.raised.v1")
    notice = NoticeRaised.model_validate(envelope["data"])
    assert (notice.kind, notice.subject, notice.over) == ("test", "test/a", False)
    assert (await api.post("/v1/notifications/a/test")).json()["event_id"] != event_id, "each test is one of its own"


async def test_people_get_a_test_whatever_they_are_told_of(
    api: httpx.AsyncClient, catalog: Catalog, receiver: Receiver, new_notifier: New, run: Run, tell: Tell
) -> None:
    await tell(a=DEAD)
    address = receiver.url.replace("http://", "json://") + "?cto=5&rto=5"
    rule = PEOPLE | {"tell": ["summary"]}
    await set_endpoint(catalog, "a", kind="people", url="json://", types=[], secret=address, rule=rule)
    await run(new_notifier())
    event_id = (await api.post("/v1/notifications/a/test")).json()["event_id"]
    async with asyncio.timeout(60):
        while not (found := (await api.get("/v1/notifications/a/deliveries")).json()["items"]):
            await asyncio.sleep(0.02)
    assert [(d["event_id"], d["outcome"], d["status"]) for d in found] == [(event_id, "delivered", None)]
    [(_, _, body)] = receiver.requests
    assert json.loads(body)["title"] == "Test of Fonoteca's notifications"
    assert "The endpoint a receives" in json.loads(body)["message"]


async def test_a_paused_endpoint_refuses_a_test_until_it_is_resumed(
    api: httpx.AsyncClient, catalog: Catalog, tell: Tell
) -> None:
    await tell(a=DEAD)
    await set_endpoint(catalog, "a", failures=5)
    seen = await get_endpoint(catalog, "a")
    assert seen is not None
    await pause(catalog, seen, "it answered 410 Gone")
    refused = await api.post("/v1/notifications/a/test")
    assert (refused.status_code, refused.json()["code"]) == (409, "endpoint-paused")
    assert refused.json()["detail"] == "a is paused: it answered 410 Gone. Resume it, then send the test again."
    resumed = (await api.post("/v1/notifications/a/resume")).json()
    assert (resumed["state"], resumed["failures"], resumed["paused_at"], resumed["paused_why"]) == (
        "active",
        0,
        None,
        None,
    )
    stored = await get_endpoint(catalog, "a")
    assert stored is not None
    assert "paused_at" not in stored
    assert "paused_why" not in stored
    assert stored["version"] == seen["version"], "the definition is the same"
    assert (await api.post("/v1/notifications/a/test")).status_code == 202
    assert (await api.post("/v1/notifications/a/resume")).json()["state"] == "active", "once more changes nothing"


async def test_a_disabled_endpoint_refuses_both(api: httpx.AsyncClient, catalog: Catalog, tell: Tell) -> None:
    await tell(a=DEAD)
    await set_endpoint(catalog, "a", enabled=False, paused_at=NOW, paused_why="x")
    for action in ("test", "resume"):
        refused = await api.post(f"/v1/notifications/a/{action}")
        assert (refused.status_code, refused.json()["code"]) == (409, "endpoint-disabled")
        assert "Set `enabled: true` there" in refused.json()["detail"]


async def test_nothing_is_resumed_that_changed_meanwhile(
    api: httpx.AsyncClient, catalog: Catalog, tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    await tell(a=DEAD)
    await set_endpoint(catalog, "a", paused_at=NOW, paused_why="x")
    seen = await get_endpoint(catalog, "a")
    assert seen is not None
    await set_endpoint(catalog, "a", paused_at=NOW + timedelta(hours=1), paused_why="another failure")

    async def before(*_: Any) -> Any:
        return seen

    monkeypatch.setattr("services.api.routes.notifications.endpoints.get_endpoint", before)
    answer = await api.post("/v1/notifications/a/resume")
    assert (answer.status_code, answer.json()["code"]) == (412, "changed-meanwhile")
    assert await catalog.endpoints.count_documents({"paused_why": "another failure"}) == 1


async def test_an_unknown_endpoint_is_told(api: httpx.AsyncClient) -> None:
    for method, path in (
        ("GET", ""),
        ("GET", "/deliveries"),
        ("POST", "/test"),
        ("POST", "/resume"),
    ):
        answer = await api.request(method, f"/v1/notifications/nobody{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "no-such-endpoint")


async def test_only_administrators_see_endpoints_and_everybody_sees_notices(
    api: httpx.AsyncClient, catalog: Catalog, tell: Tell
) -> None:
    await tell(a=DEAD)
    notice: Any = {
        "_id": "source-failing/radio-zou",
        "kind": "source-failing",
        "title": "radio-zou fails",
        "text": "Its last three looks failed.",
        "source": "radio-zou",
        "at": NOW,
        "seen_at": NOW,
    }
    await catalog.notices.insert_one(notice)
    made = await make_key(catalog, "x", Scope.SUBMIT, None)
    narrow = {"Authorization": f"Bearer {made.secret}"}
    for path in PATHS:
        assert (await api.get(path, headers=narrow)).status_code == 403
    for action in ("test", "resume"):
        assert (await api.post(f"/v1/notifications/a/{action}", headers=narrow)).status_code == 403
    assert (await api.get("/v1/notices", headers=narrow)).json()["items"] == [
        {
            "key": "source-failing/radio-zou",
            "kind": "source-failing",
            "title": "radio-zou fails",
            "text": "Its last three looks failed.",
            "source": "radio-zou",
            "at": "2026-02-03T04:05:06Z",
        }
    ]
