"""HEAD on the API: the answers of GET, without the body."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from services.api.auth.authenticator import Authenticator
from services.api.backend import Backend
from services.api.settings import ApiSettings
from services.api.web_app import web_app
from shared import metrics
from shared.runtime.http import serve_http

KEY = "a key that is long enough"
AUDIO = bytes(range(256)) * 40
VIDEO = "youtube:-7KmGQkHvFM"
#: Headers that differ from response to response.
OF_THE_MOMENT = ("date",)


@pytest.fixture
async def http(backend: Backend, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a served API that has one stored video."""
    path = tmp_path / "audio"
    path.write_bytes(AUDIO)
    key = "audio/youtube/-7/-7KmGQkHvFM/mp3-320.mp3"
    await backend.store.put_file(key, path, "audio/mpeg", {"sha256": "0" * 64})
    audio: Any = {"profile": "mp3-320", "key": key, "sha256": "0" * 64, "size_bytes": len(AUDIO)}
    video: Any = {"_id": VIDEO, "state": "stored", "title": "Ɖɔ", "audio": audio, "accession": 1}
    await backend.catalog.videos.insert_one(video)
    lost: Any = {**video, "_id": "youtube:lost", "audio": {**audio, "key": "audio/x/y.mp3"}, "accession": 2}
    await backend.catalog.videos.insert_one(lost)
    app = web_app(backend, Authenticator(ApiSettings(key=SecretStr(KEY))))
    headers = {"Authorization": f"Bearer {KEY}", "Accept-Encoding": "identity"}
    async with (
        serve_http(app, "127.0.0.1", 0, "API") as port,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, trust_env=False) as client,
    ):
        yield client


def headers_of(answer: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name not in OF_THE_MOMENT}


async def same(http: httpx.AsyncClient, path: str, **headers: str) -> httpx.Response:
    """The answer to HEAD, which equals that to GET but for the body."""
    get = await http.get(path, headers=headers)
    head = await http.head(path, headers=headers)
    assert (head.status_code, headers_of(head), head.content) == (get.status_code, headers_of(get), b"")
    if head.status_code not in (204, 304):
        assert int(head.headers["content-length"]) == len(get.content)
    return head


async def test_the_size_of_a_recording_comes_without_the_recording(http: httpx.AsyncClient) -> None:
    head = await same(http, f"/v1/videos/{VIDEO}/audio")
    assert head.status_code == 200
    assert head.headers["content-length"] == str(len(AUDIO))
    assert (head.headers["accept-ranges"], head.headers["etag"]) == ("bytes", f'"{"0" * 64}"')
    assert head.headers["content-type"] == "audio/mpeg"


@pytest.mark.parametrize(
    ("range_", "status", "length"),
    [("bytes=100-199", 206, 100), ("bytes=-7", 206, 7), ("bytes=99999-", 416, None), ("bytes=5-2", 200, len(AUDIO))],
)
async def test_a_range_is_honoured(http: httpx.AsyncClient, range_: str, status: int, length: int | None) -> None:
    head = await same(http, f"/v1/videos/{VIDEO}/audio", Range=range_)
    assert head.status_code == status
    assert length is None or head.headers["content-length"] == str(length)


async def test_what_get_cannot_answer_head_cannot_either(http: httpx.AsyncClient) -> None:
    for path, status in (
        ("/v1/videos/youtube:none/audio", 404),
        ("/v1/videos/youtube:lost/audio", 404),
        (f"/v1/videos/{VIDEO}/audio?profile=flac", 404),
        ("/v1/videos?limit=0", 422),
        ("/v1/nothing", 404),
        ("/v1/decisions", 405),
        ("/nowhere", 404),
    ):
        assert (await same(http, path)).status_code == status, path
    assert (await same(http, "/v1/status", Authorization="Bearer wrong")).status_code == 401


async def test_every_route_that_takes_get_takes_head(http: httpx.AsyncClient, backend: Backend) -> None:
    document = (await http.get("/v1/openapi.json")).json()
    names = {"video_id": VIDEO, "playlist_id": "youtube:none", "parked_id": "none", "name": "mp3-320.mp3"}
    asked = 0
    for template, operations in document["paths"].items():
        assert ("head" in operations) == ("get" in operations), template
        if "get" not in operations or template == "/v1/events":
            continue
        path = template.format_map(names)
        await same(http, path)
        asked += 1
    assert asked > 12
    for path in ("/v1/openapi.json", "/", "/index.html"):
        assert (await same(http, path)).status_code == 200


async def test_an_answer_that_is_known_is_not_sent_again(http: httpx.AsyncClient) -> None:
    etag = (await http.head("/v1/videos")).headers["etag"]
    assert (await same(http, "/v1/videos", **{"If-None-Match": etag})).status_code == 304


async def test_a_stream_of_events_is_not_begun(http: httpx.AsyncClient) -> None:
    head = await http.head("/v1/events")
    assert (head.status_code, head.headers["content-type"].partition(";")[0]) == (200, "text/event-stream")
    # The listener is gone, and the connection serves the next request.
    assert (await http.head("/v1/status")).status_code == 200
    assert metrics.LISTENERS._value.get() == 0


async def test_the_methods_that_an_address_accepts_are_named(http: httpx.AsyncClient) -> None:
    refused = await http.delete(f"/v1/videos/{VIDEO}/audio")
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD")


async def test_requests_are_counted_by_their_routes(http: httpx.AsyncClient) -> None:
    counted = metrics.HTTP_REQUESTS.labels("HEAD", "/v1/videos/{video_id}/audio", "200")
    before = counted._value.get()
    await http.head(f"/v1/videos/{VIDEO}/audio")
    assert counted._value.get() == before + 1
