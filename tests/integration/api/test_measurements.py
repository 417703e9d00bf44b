"""Measurements over HTTP: pages without gaps, selections, and what is refused."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from services.api.auth.authenticator import Authenticator
from services.api.backend import Backend
from services.api.settings import ApiSettings
from services.api.web_app import web_app
from shared.catalog.measurements.hours import roll_up_due
from shared.catalog.measurements.records import note_measurement
from shared.runtime.http import serve_http
from tests.integration.measurements.made_up import NOON, measured

KEY = "a key that is long enough"


@pytest.fixture
async def http(backend: Backend) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a served API that has seven measurements, two of them through another egress."""
    for number in range(1, 8):
        egress = "porto-novo" if number in (3, 6) else "cotonou"
        await note_measurement(backend.catalog, measured(number, minutes=20 * number, egress=egress))
    await roll_up_due(backend.catalog, NOON)
    app = web_app(backend, Authenticator(ApiSettings(key=SecretStr(KEY))))
    headers = {"Authorization": f"Bearer {KEY}"}
    async with (
        serve_http(app, "127.0.0.1", 0, "API") as port,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, trust_env=False) as client,
    ):
        yield client


async def pages(http: httpx.AsyncClient, path: str, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while True:
        answer = await http.get(path, params=query)
        assert answer.status_code == 200, answer.text
        found += answer.json()["items"]
        if (following := answer.json()["next"]) is None:
            return found
        query["cursor"] = following


async def test_they_are_listed_newest_first_in_pages_without_gaps(http: httpx.AsyncClient) -> None:
    found = await pages(http, "/v1/measurements", limit=2)
    assert [each["video_id"][-1] for each in found] == list("7654321")
    first = found[-1]
    assert (first["host"], first["average_rate"], first["first_byte_seconds"]) == ("cache.example", 100_000, 0.01)
    assert (first["stalls"], first["requests"], first["address"], first["redirects"]) == (2, 1, None, [])


async def test_they_are_selected(http: httpx.AsyncClient) -> None:
    of_egress = await pages(http, "/v1/measurements", egress="porto-novo")
    assert [each["video_id"][-1] for each in of_egress] == ["6", "3"]
    since, until = (NOON + timedelta(minutes=minutes) for minutes in (40, 100))
    between = await pages(http, "/v1/measurements", since=since.isoformat(), until=until.isoformat())
    assert [each["video_id"][-1] for each in between] == ["4", "3", "2"]
    assert await pages(http, "/v1/measurements", video_id="youtube:nothing", purpose="probe") == []


async def test_hours_are_listed_earliest_first(http: httpx.AsyncClient) -> None:
    found = await pages(http, "/v1/measurements/hours", limit=1)
    assert [(each["hour"], each["egress"], each["downloads"]) for each in found] == [
        ("2026-11-26T12:00:00Z", "cotonou", 2),
        ("2026-11-26T13:00:00Z", "cotonou", 2),
        ("2026-11-26T13:00:00Z", "porto-novo", 1),
        ("2026-11-26T14:00:00Z", "cotonou", 1),
        ("2026-11-26T14:00:00Z", "porto-novo", 1),
    ]
    assert found[0]["average_rate"]["p50"] is not None
    assert found[0]["startup_seconds"] == {"p10": None, "p50": None, "p90": None}
    assert len(await pages(http, "/v1/measurements/hours", egress="porto-novo")) == 2


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({"since": "2026-11-26T08:00:00"}, "since is no time with a zone"),
        ({"until": "0.5"}, "until is no time with a zone"),
        ({"until": "1764144000"}, "Write it as 2026-11-26T08:00:00Z"),
        ({"since": "2026-11-26"}, "since is no time with a zone"),
        ({"since": "2026-02-30T08:00:00Z"}, "since is no time with a zone"),
        ({"since": "2026-11-26T08:00:00Z", "until": "2026-11-26T08:00:00Z"}, "is not before until"),
        ({"since": "9999-12-31T23:59:59Z"}, "is no time with a zone"),
        ({"cursor": "abc"}, "does not belong to this list"),
    ],
)
async def test_nonsense_is_refused_with_a_cure(http: httpx.AsyncClient, query: dict[str, str], says: str) -> None:
    answer = await http.get("/v1/measurements", params=query)
    assert answer.status_code == 400, answer.text
    assert says in answer.json()["detail"]


async def test_the_attempt_of_a_video_has_its_measurement_and_a_malformed_one_has_none(
    http: httpx.AsyncClient, backend: Backend
) -> None:
    now = datetime.now(UTC)
    entry: Any = {
        "video_id": "youtube:measured001",
        "url": "https://youtu.be/x",
        "title": "x",
        "status": "stored",
        "timestamp": now,
        "retry_attempts": 0,
        "last_retry": None,
        "error": None,
        "failure_class": None,
        "reason": None,
        "scraper": "s",
        "seconds": 1.0,
        "stages": {},
    }
    good = measured(1).model_dump(mode="python", exclude_none=True)
    video: Any = {"_id": "youtube:measured001", "state": "stored", "title": "x", "accession": 1}
    await backend.catalog.videos.insert_one(video)
    more: list[dict[str, Any]] = [{"measured": good}, {"measured": {"odd": True}}, {}]
    entries: list[Any] = [entry | {"_id": str(n), "token": n} | each for n, each in enumerate(more, 1)]
    for each in entries:
        await backend.catalog.logs.insert_one(each)
    items = (await http.get("/v1/videos/youtube:measured001/attempts")).json()["items"]
    assert [item["measurement"] and item["measurement"]["video_id"] for item in items] == [
        "youtube:measured001",
        None,
        None,
    ]
    assert [item["status"] for item in items] == ["stored"] * 3


async def test_the_parts_of_a_download_in_several_ranges_are_told(http: httpx.AsyncClient, backend: Backend) -> None:
    assert {len(each["parts"]) for each in await pages(http, "/v1/measurements")} == {0}, "one request has no parts"
    message = measured(9)
    assert message.transfer is not None
    [first] = message.transfer.requests
    ranges = (first, first.model_copy(update={"offset_bytes": 1000, "bytes": 300, "broken": True, "status": 206}))
    transfer = message.transfer.model_copy(update={"requests": ranges, "request_count": 2})
    await note_measurement(backend.catalog, message.model_copy(update={"transfer": transfer}))
    [found] = await pages(http, "/v1/measurements", video_id="youtube:measured009")
    told = [(part["offset_bytes"], part["bytes"], part["broken"], part["status"]) for part in found["parts"]]
    assert told == [(None, 1000, False, None), (1000, 300, True, 206)]


async def test_values_and_series_are_read_for_pictures(http: httpx.AsyncClient) -> None:
    time = {"since": NOON.isoformat(), "until": (NOON + timedelta(days=1)).isoformat()}
    values = (await http.get("/v1/measurements/values", params={**time, "by": "egress"})).json()
    assert (values["total"], values["complete"], values["groups"]) == (7, True, ["cotonou", "porto-novo"])
    assert values["value"] == [100_000.0 * n for n in range(1, 8)]
    assert values["group"] == [0, 0, 1, 0, 0, 1, 0]
    series = (await http.get("/v1/measurements/series", params=time)).json()["items"]
    assert [(each["egress"], each["downloads"]) for each in series] == [("cotonou", 5), ("porto-novo", 2)]
    for query in ({"parameter": "colour"}, {"by": "mood"}, {"limit": "0"}, {"until": "0001-01-02T00:00:00Z"}):
        assert (await http.get("/v1/measurements/values", params=query)).status_code in (400, 422)
