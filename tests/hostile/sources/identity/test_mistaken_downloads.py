"""No engine stores another video than the one requested, whatever pages, lists and converters say."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from dev.stack import Stack
from services.scraper.engines import converter, ytdlp
from services.scraper.engines.values import Downloaded, ListedVideo, Served, SourceRules
from services.scraper.failures import Evidence, charge_repeated, classify
from services.scraper.media.length import PromisedLength
from services.scraper.workers import chain
from shared.errors import FailureClass
from tests.hostile.scraping import WATCH
from tests.hostile.sources.identity.victim import ATTACK, SITE, VICTIM, AddPlaylist
from tests.site import requests_of


class Pages:
    """A site on loopback whose files lead elsewhere once it is told so."""

    def __init__(self) -> None:
        self.base = ""
        self.moved = False
        self.whole: list[str] = []

    async def on_file(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        if self.moved and name == "victim":
            raise web.HTTPFound(f"/attack.{request.match_info['ending']}")
        self.whole.append(name)
        return web.Response(body=b"ID3" + bytes(40_000), content_type="audio/mpeg")

    async def on_page(self, request: web.Request) -> web.Response:
        src = f"{SITE}/embed/{ATTACK}" if self.moved else f"{self.base}/victim.mp3"
        tag = f'<iframe src="{src}"></iframe>' if self.moved else f'<audio src="{src}"></audio>'
        return web.Response(text=f"<html><title>x</title><body>{tag}</body></html>", content_type="text/html")


@pytest.fixture
async def pages() -> AsyncIterator[Pages]:
    found = Pages()
    app = web.Application()
    app.router.add_get("/page/{name}", found.on_page)
    app.router.add_get("/{name}.{ending}", found.on_file)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    found.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield found
    await runner.cleanup()


@pytest.mark.parametrize("what", ["fetched", "a witness"])
@pytest.mark.parametrize("path", ["/victim.mp3", "/page/victim"])
async def test_a_page_that_comes_to_lead_elsewhere_is_not_followed(
    pages: Pages,
    add_playlist: AddPlaylist,
    through_the_site: None,
    servers: Stack,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    what: str,
) -> None:
    """Listed as one thing, and then a redirect or an embedded player of another."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    add_playlist("PLmistaken002", [{"id": ATTACK, "title": "Attack"}])
    rules = SourceRules(0, ("default",), private_hosts=True)
    listed = await asyncio.to_thread(lambda: list(ytdlp.list_videos(pages.base + path, rules)))
    entry = next(item for item in listed if isinstance(item, ListedVideo))
    asked = replace(rules, video_id=entry.video_id)
    call = ytdlp.fetch if what == "fetched" else ytdlp.try_out
    honest = await asyncio.to_thread(call, entry.url, _made(tmp_path / "1"), asked)
    assert not isinstance(honest, Evidence) or honest.other_id is None, honest
    pages.moved = True
    before = requests_of(servers, "media", ATTACK)
    result = await asyncio.to_thread(call, entry.url, _made(tmp_path / "2"), asked)
    assert isinstance(result, Evidence), result
    assert (result.other_id or "").startswith((f"youtube:{ATTACK}", "generic:attack-"))
    assert requests_of(servers, "media", ATTACK) == before
    assert [file.name for file in (tmp_path / "2").iterdir()] == []


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


@pytest.mark.parametrize("what", ["fetch", "try_out"])
@pytest.mark.parametrize("url", [WATCH + ATTACK, f"https://youtu.be/{ATTACK}", f"{SITE}/shorts/{ATTACK}"])
def test_another_video_than_the_one_asked_for_is_not_downloaded(
    add_playlist: AddPlaylist,
    through_the_site: None,
    servers: Stack,
    tmp_path: Path,
    url: str,
    what: str,
) -> None:
    """Whatever let that address through."""
    add_playlist("PLmistaken003", [{"id": ATTACK, "title": "Attack"}])
    before = requests_of(servers, "media", ATTACK)
    rules = SourceRules(0, ("youtube.*",), video_id=f"youtube:{VICTIM}")
    result = getattr(ytdlp, what)(url, tmp_path, rules)
    assert isinstance(result, Evidence), result
    assert result.other_id == f"youtube:{ATTACK}"
    assert requests_of(servers, "media", ATTACK) == before
    honest = getattr(ytdlp, what)(url, tmp_path, replace(rules, video_id=f"youtube:{ATTACK}"))
    assert isinstance(honest, Downloaded | Served), honest


def test_a_list_in_the_place_of_a_video_is_not_taken(
    add_playlist: AddPlaylist,
    through_the_site: None,
    tmp_path: Path,
) -> None:
    url = add_playlist("PLmistaken004", [{"id": ATTACK, "title": "x"}, {"id": "BBBBattack2", "title": "y"}])
    result = ytdlp.fetch(url, tmp_path, SourceRules(0, ("youtube.*",), video_id=f"youtube:{VICTIM}"))
    assert isinstance(result, Evidence)
    assert result.other_id == f"youtube:{ATTACK}"


def _brought(found_id: str | None, page: str | None) -> chain.Engine:
    def engine(_: str, folder: Path, __: SourceRules) -> Downloaded:
        path = folder / "source.mp3"
        path.write_bytes(b"x")
        return Downloaded(path, {"webpage_url": page}, PromisedLength(), None, None, None, 1, 1, found_id=found_id)

    return engine


@pytest.mark.parametrize(
    ("video_id", "url", "found_id", "page", "expected"),
    [
        (f"youtube:{VICTIM}", WATCH + VICTIM, f"youtube:{ATTACK}", WATCH + VICTIM, "other-video"),
        (f"youtube:{VICTIM}", WATCH + VICTIM, f"youtube:{VICTIM}", WATCH + ATTACK, "other-video"),
        (f"youtube:{VICTIM}", WATCH + VICTIM, None, WATCH + ATTACK, "other-video"),
        (f"youtube:{VICTIM}", WATCH + ATTACK, None, None, "other-video"),
        (f"youtube:{VICTIM}", WATCH + VICTIM, f"youtube:{VICTIM.lower()}", None, "other-video"),
        ("generic:victim", "https://example.org/victim.mp3", None, None, "engine-failed"),
        ("generic:victim", "https://example.org/victim.mp3", "generic:attack", None, "other-video"),
        ("generic:victim", "https://example.org/victim.mp3", "generic:victim", None, ""),
        (f"youtube:{VICTIM}", WATCH + VICTIM, None, WATCH + VICTIM, ""),
        (f"youtube:{VICTIM}", WATCH + VICTIM, None, None, ""),
        ("vimeo:76979871", "https://vimeo.com/76979871", None, "https://vimeo.com/76979871", ""),
        ("vimeo:76979871", "https://vimeo.com/76979872", None, None, "other-video"),
    ],
)
@pytest.mark.parametrize("name", ["yt-dlp", "you-get", "converter"])
def test_no_engine_brings_another_video(
    tmp_path: Path, name: str, video_id: str, url: str, found_id: str | None, page: str | None, expected: str
) -> None:
    rules = SourceRules(0, ("default",), engines=(name,), video_id=video_id)
    result = chain.fetch(url, tmp_path, rules, {name: _brought(found_id, page)})
    reason = classify(result, datetime.now(UTC)).reason if isinstance(result, Evidence) else ""
    assert reason == expected, result


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"id": ATTACK}, "other-video"),
        ({"url": f"https://youtu.be/{ATTACK}"}, "other-video"),
        ({"id": VICTIM, "url": WATCH + ATTACK}, "other-video"),
        ({"id": VICTIM, "url": WATCH + VICTIM}, ""),
        ({"id": 5, "url": None}, ""),
        ({}, ""),
    ],
)
async def test_a_converter_that_speaks_of_another_video_is_not_believed(
    tmp_path: Path, told: dict[str, Any], expected: str
) -> None:
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.path)
        if request.path == "/file.mp3":
            return web.Response(body=b"x" * 100)
        data = {"key": "k", "title": "x", "duration": 5, "downloadUrl": f"{base}/file.mp3", **told}
        return web.Response(text=json.dumps({"data": data}), content_type="application/json")

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    rules = SourceRules(0, ("youtube.*",), converter_url=base, video_id=f"youtube:{VICTIM}")
    result = await asyncio.to_thread(converter.fetch, WATCH + VICTIM, tmp_path, rules)
    await runner.cleanup()
    reason = classify(result, datetime.now(UTC)).reason if isinstance(result, Evidence) else ""
    assert reason == expected, result
    assert ("/file.mp3" in asked) == (not expected)


def test_the_source_is_believed_when_it_says_so_twice() -> None:
    failure = classify(Evidence("x", other_id=f"youtube:{ATTACK}"), datetime.now(UTC))
    assert (failure.failure_class, failure.reason) == (FailureClass.TRANSIENT, "other-video")
    assert charge_repeated(failure, None).failure_class is FailureClass.TRANSIENT
    last: Any = {"failure": {"reason": "other-video"}, "in_a_row": 1}
    assert charge_repeated(failure, last).failure_class is FailureClass.PERMANENT
    last["failure"]["reason"] = "timeout"
    assert charge_repeated(failure, last).failure_class is FailureClass.TRANSIENT
