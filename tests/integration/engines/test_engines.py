"""The chain of engines: the real yt-dlp, the real you-get, and a converter on loopback that speaks as they do."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from dev.checks.archive_check import probe
from dev.stack import Stack
from services.scraper.engines.values import ENGINES, Downloaded, SourceRules
from services.scraper.failures import Evidence, classify
from services.scraper.workers import chain
from services.scraper.workers.pool import Workers
from tests.site import requests_of

AddPlaylist = Callable[..., str]
WATCH = "https://www.youtube.com/watch?v="


class Converter:
    """A converter with one file, and whatever is to go wrong with it."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.base = ""
        self.asked: list[str] = []
        self.status = 200
        #: Headers of a 429 with which the file is refused, and further pages.
        self.refusal: dict[str, str] | None = None
        self.pages: dict[str, Path] = {}
        self.info: Any = {"data": {"key": "a/b", "title": "Made elsewhere", "duration": 6}}

    async def on_info(self, request: web.Request) -> web.Response:
        self.asked.append(request.query["url"])
        return web.Response(status=self.status, text=json.dumps(self.info), content_type="application/json")

    async def on_download(self, request: web.Request) -> web.Response:
        assert request.match_info["key"] == "a/b"
        return web.json_response({"data": {"downloadUrl": f"{self.base}/file.mp3"}})

    async def on_page(self, request: web.Request) -> web.FileResponse:
        return web.FileResponse(self.pages[request.path])

    async def on_file(self, _: web.Request) -> web.StreamResponse:
        self.asked.append("the file")
        if self.refusal is not None:
            return web.Response(status=429, headers=self.refusal)
        return web.FileResponse(self.file)


@pytest.fixture
async def converter(tmp_path: Path) -> AsyncIterator[Converter]:
    file = tmp_path / "made.mp3"
    source = ["-f", "lavfi", "-i", "anoisesrc=color=pink:sample_rate=48000", "-t", "6", "-b:a", "128k"]
    made = await asyncio.create_subprocess_exec("ffmpeg", "-nostdin", "-v", "error", *source, str(file))
    assert await made.wait() == 0
    found = Converter(file)
    app = web.Application()
    app.router.add_get("/info", found.on_info)
    app.router.add_get("/download/audio/320/{key:.*}", found.on_download)
    app.router.add_get("/file.mp3", found.on_file)
    app.router.add_get("/stream.m3u8", found.on_page)
    app.router.add_get("/page.html", found.on_page)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    found.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield found
    await runner.cleanup()


@pytest.fixture
async def fetch(tmp_path: Path) -> AsyncIterator[Callable[..., Any]]:
    """Fetches in a real worker, which is guarded."""
    workers = Workers(slots=1, tasks_per_worker=50)
    folder = tmp_path / "work"

    async def call(url: str, *names: str, converter_url: str | None = None, **more: Any) -> Downloaded | Evidence:
        folder.mkdir(exist_ok=True)
        rules = SourceRules(0, ("youtube.*",), engines=names, converter_url=converter_url, **more)
        return (await workers.fetch(url, folder, rules, 60)).result

    yield call
    await workers.close()


def reason(result: Any) -> str:
    assert isinstance(result, Evidence), result
    failure = classify(result, datetime.now(UTC))
    return f"{failure.failure_class.value} {failure.reason}"


def test_every_engine_that_a_setting_may_name_is_there() -> None:
    assert tuple(chain.BY_NAME) == ENGINES


@pytest.mark.usefixtures("through_the_site")
async def test_the_next_engine_is_tried_when_the_tool_failed(
    fetch: Callable[..., Any], converter: Converter, add_playlist: AddPlaylist
) -> None:
    add_playlist("PLenginetool1", [{"id": "enginetool1", "title": "x", "trouble": "no-formats"}])
    url = WATCH + "enginetool1"
    result = await fetch(url, "yt-dlp", "converter", converter_url=converter.base + "/")
    assert isinstance(result, Downloaded), result
    assert (result.engine, result.metadata["title"], result.promised.page_seconds) == ("converter", "Made elsewhere", 6)
    assert result.path.read_bytes() == converter.file.read_bytes()
    assert converter.asked == [url, "the file"]


@pytest.mark.usefixtures("through_the_site")
@pytest.mark.parametrize(
    ("trouble", "expected"), [("private", "permanent private"), ("bot-check", "egress bot-check"), ("none", "")]
)
async def test_any_other_failure_is_not_asked_for_elsewhere(
    fetch: Callable[..., Any], converter: Converter, add_playlist: AddPlaylist, trouble: str, expected: str
) -> None:
    """Above all a refusal: it is a request to rest, not to go round by another way."""
    add_playlist("PLengineother", [{"id": "engineother", "title": "x", "trouble": trouble}])
    result = await fetch(WATCH + "engineother", "yt-dlp", "converter", converter_url=converter.base)
    if expected:
        assert reason(result) == expected, result
    else:
        assert (result.engine, result.source_codec) == ("yt-dlp", "opus")
    assert converter.asked == []


@pytest.mark.usefixtures("through_the_site")
@pytest.mark.parametrize("trouble", ["status", "no data", "no key", "cut short"])
async def test_if_all_fail_the_first_one_decides_and_all_are_told(
    fetch: Callable[..., Any],
    converter: Converter,
    add_playlist: AddPlaylist,
    trouble: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add_playlist("PLenginenone1", [{"id": "enginenone1", "title": "x", "trouble": "no-formats"}])
    match trouble:
        case "status":
            converter.status = 503
        case "no data":
            converter.info = ["what"]
        case "no key":
            converter.info = {"data": {"title": "x"}}
        case _:
            monkeypatch.setattr(converter, "file", converter.file.with_name("absent.mp3"))
    result = await fetch(WATCH + "enginenone1", "yt-dlp", "converter", converter_url=converter.base)
    assert reason(result) == "tool extractor-broken", result
    assert "Then converter: The converter:" in classify(result, datetime.now(UTC)).detail


async def test_a_converter_alone_that_fails_is_a_tools_failure(fetch: Callable[..., Any], converter: Converter) -> None:
    converter.status = 429
    assert reason(await fetch(WATCH + "enginealone", "converter", converter_url=converter.base)) == "tool engine-failed"


async def test_what_a_converter_leads_to_must_be_on_the_public_internet(
    fetch: Callable[..., Any], converter: Converter, servers: Stack
) -> None:
    converter.info = {"data": {"key": "a/b"}}
    named, converter.base = converter.base, "http://localhost:1"
    result = await fetch(WATCH + "engineguard", "converter", converter_url=named)
    assert reason(result) == "tool engine-failed"
    assert "not on the public internet" in result.text
    assert requests_of(servers, "page", "engineguard") == 0


async def test_you_get_brings_a_file(fetch: Callable[..., Any], converter: Converter) -> None:
    result = await fetch(f"{converter.base}/file.mp3", "you-get", private_hosts=True)
    assert isinstance(result, Downloaded), result
    assert (result.engine, result.promised.page_seconds) == ("you-get", None)
    assert probe(result.path).codec == "mp3"


@pytest.mark.usefixtures("through_the_site")
async def test_a_dub_is_not_fetched_by_an_engine_that_knows_no_tracks(
    fetch: Callable[..., Any], converter: Converter, add_playlist: AddPlaylist
) -> None:
    dubbed = {"id": "enginedubs1", "title": "x", "language": "fon", "dubs": ["en", "fr"], "original_offered": False}
    add_playlist("PLenginedubs1", [dubbed])
    result = await fetch(WATCH + "enginedubs1", "yt-dlp", "converter", converter_url=converter.base)
    assert reason(result) == "tool track-missing", result
    assert converter.asked == []


@pytest.mark.usefixtures("through_the_site")
async def test_what_nobody_understands_is_not_handed_over(
    fetch: Callable[..., Any], converter: Converter, add_playlist: AddPlaylist
) -> None:
    """It may be a refusal in new words."""
    add_playlist("PLengineodd01", [{"id": "engineodd01", "title": "x", "trouble": "odd"}])
    result = await fetch(WATCH + "engineodd01", "yt-dlp", "converter", converter_url=converter.base)
    assert reason(result) == "tool unknown", result
    assert converter.asked == []


async def test_a_refusal_that_you_get_meets_is_one(fetch: Callable[..., Any], converter: Converter) -> None:
    """It is asked once, and nobody else is asked instead."""
    converter.refusal = {"Retry-After": "77"}
    url = f"{converter.base}/file.mp3"
    result = await fetch(url, "you-get", "converter", converter_url=converter.base, private_hosts=True)
    assert reason(result) == "egress too-many-requests"
    assert result.retry_after == 77
    assert converter.asked == ["the file"]


async def test_you_get_starts_no_program_that_asks_for_itself(
    fetch: Callable[..., Any], converter: Converter, tmp_path: Path
) -> None:
    """FFmpeg on a stream's address would stand behind no guard."""
    stream = tmp_path / "stream.m3u8"
    stream.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXTINF:6,\n{converter.base}/file.mp3\n#EXT-X-ENDLIST\n")
    page = tmp_path / "page.html"
    page.write_text(f'<html><title>x</title><body><a href="{converter.base}/stream.m3u8">x</a></body></html>')
    converter.pages = {"/stream.m3u8": stream, "/page.html": page}
    for address in ("/stream.m3u8", "/page.html"):
        result = await fetch(converter.base + address, "you-get", private_hosts=True)
        assert reason(result) == "tool engine-failed", result
    assert "the file" not in converter.asked


async def test_you_get_is_guarded_too(fetch: Callable[..., Any], converter: Converter) -> None:
    result = await fetch(f"{converter.base}/file.mp3", "you-get")
    assert reason(result) == "tool engine-failed"
    assert converter.asked == []
