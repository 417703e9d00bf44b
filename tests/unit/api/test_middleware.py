"""What each middleware adds to an application, over HTTP without a socket."""

from __future__ import annotations

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from services.api.http.middleware.body_limit import MAX_BODY, BodyLimit
from services.api.http.middleware.browser_headers import HEADERS, BrowserHeaders
from services.api.http.middleware.etags import ETags
from services.api.http.middleware.head_requests import HEADERS_ONLY, HeadRequests
from services.api.http.middleware.request_metrics import RequestMetrics
from shared import metrics


async def _json(_: Request) -> Response:
    return JSONResponse({"a": 1})


async def _text(_: Request) -> Response:
    return PlainTextResponse("text", headers={"Cache-Control": "max-age=60"})


async def _size(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


async def _headers_only(request: Request) -> Response:
    return PlainTextResponse("body", headers={"X-Headers-Only": str(request.scope.get(HEADERS_ONLY))})


APP = Starlette(
    routes=[
        Route("/json", _json),
        Route("/text", _text),
        Route("/size", _size, methods=["POST"]),
        Route("/headers-only", _headers_only),
        Route("/items/{item}", _json),
    ]
)


def client(app: ASGIApp) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://api.test")


@pytest.mark.parametrize(("size", "status"), [(0, 200), (MAX_BODY, 200), (MAX_BODY + 1, 413)])
async def test_bodies_have_a_limit(size: int, status: int) -> None:
    async with client(BodyLimit(APP)) as http:
        answer = await http.post("/size", content=b"x" * size)
    assert answer.status_code == status
    if status == 200:
        assert answer.text == str(size)
    else:
        assert (answer.headers["Content-Type"], answer.json()["code"]) == ("application/problem+json", "body-too-large")


async def test_a_body_whose_length_is_unknown_is_rejected() -> None:
    async with client(BodyLimit(APP)) as http:
        answer = await http.post("/size", content=b"x", headers={"Transfer-Encoding": "chunked"})
        wrong = await http.post("/size", content=b"x", headers={"Content-Length": "one"})
    assert (answer.status_code, answer.json()["code"]) == (411, "no-length")
    assert wrong.status_code == 413


async def test_browsers_get_a_policy_and_an_answer_keeps_its_own_headers() -> None:
    async with client(BrowserHeaders(APP)) as http:
        json, text = await http.get("/json"), await http.get("/text")
    assert {name: json.headers[name] for name in HEADERS} == HEADERS
    assert text.headers["Cache-Control"] == "max-age=60"


@pytest.mark.parametrize(("named", "status"), [("{}", 304), ('"x", W/{}', 304), ("*", 304), ('"x"', 200)])
async def test_a_known_answer_is_not_sent_again(named: str, status: int) -> None:
    async with client(ETags(APP)) as http:
        first = await http.get("/json")
        again = await http.get("/json", headers={"If-None-Match": named.format(first.headers["ETag"])})
        assert again.status_code == status
        assert again.content == (b"" if status == 304 else first.content)
        # Only JSON has an ETag: what streams cannot be held back.
        assert "ETag" not in (await http.get("/text")).headers


async def test_head_answers_as_get_without_the_body() -> None:
    async with client(HeadRequests(APP)) as http:
        get, head = await http.get("/headers-only"), await http.head("/headers-only")
        missing = await http.head("/nothing")
    assert (get.headers.pop("X-Headers-Only"), head.headers.pop("X-Headers-Only")) == ("None", "True")
    assert (head.status_code, head.content, head.headers) == (200, b"", get.headers)
    assert (missing.status_code, missing.content) == (404, b"")


async def test_requests_are_counted_with_few_labels() -> None:
    """By their route's template and by known methods: clients choose neither."""
    labels = ("GET", "/items/{item}", "200"), ("other", "unknown", "404")

    def counted() -> list[float]:
        return [metrics.HTTP_REQUESTS.labels(*each)._value.get() for each in labels]

    before = counted()
    async with client(RequestMetrics(APP)) as http:
        for number in range(3):
            await http.get(f"/items/{number}")
            await http.request(f"BREW{number}", f"/nothing{number}")
    assert counted() == [number + 3 for number in before]
