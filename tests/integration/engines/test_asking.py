"""Whom a worker asks on whose account: the real yt-dlp, the socket between worker and service, and strangers' pages."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from yt_dlp.networking.common import _REQUEST_HANDLERS

from dev.stack import Stack
from services.scraper.builders import new_admission
from services.scraper.engines import ytdlp
from services.scraper.engines.permits import MAX_LINE, Misunderstood, NotPermitted, Permits
from services.scraper.engines.values import ListingEnded, SourceRules
from services.scraper.engines.work import Work
from services.scraper.engines.ytdlp.answers import MAX_ADDRESS_LENGTH
from services.scraper.failures import Evidence, classify
from services.scraper.sources.admission import Admission
from services.scraper.sources.breaker import State
from services.scraper.sources.limits import Sources
from services.scraper.sources.permit_server import PermitServer
from shared.errors import FailureClass
from tests.scraper_parts import any_source
from tests.site import set_site_trouble

#: What a path answers: status and headers.
Answer = tuple[int, dict[str, str], str]


class Pages:
    """A stranger's server on loopback, with what its paths answer."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.asked: list[str] = []
        pages = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                pages.asked.append(self.path)
                status, headers, text = pages.answers.get(self.path, (404, {}, ""))
                self.send_response(status)
                for name, value in {"Content-Length": str(len(text)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                if self.command == "GET":
                    self.wfile.write(text.encode())

            do_HEAD = do_GET  # noqa: N815

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.source = f"127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def url(self, path: str) -> str:
        return f"http://{self.source}{path}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def pages() -> Iterator[Callable[[], Pages]]:
    """Makes strangers."""
    made: list[Pages] = []

    def make() -> Pages:
        made.append(Pages())
        return made[-1]

    yield make
    for each in made:
        each.close()


class Asking:
    """The service's end, which notes whom it was asked for."""

    def __init__(self, folder: Path) -> None:
        self.admission: Admission = new_admission(any_source())
        self.asked: list[str] = []
        self.refused: list[str] = []
        self.server = PermitServer(folder, Sources(0, 0), self._check, self._refused)

    def _check(self, source: str, work_id: str) -> None:
        self.asked.append(source)
        self.admission.check(source, work_id)

    def _refused(self, work_id: str, source: str, retry_after: float | None) -> None:
        self.refused.append(source)

    def rules(self, work: Work) -> SourceRules:
        """Rules by which a worker asks on account of some work."""
        return SourceRules(0, ("default",), private_hosts=True, permits=self.server.address(work))

    async def fetch(self, url: str, folder: Path) -> Any:
        """What comes of fetching an address."""
        folder.mkdir()
        return await asyncio.to_thread(ytdlp.fetch, url, folder, self.rules(Work.video("generic:x", url)))

    async def listed(self, url: str) -> list[Any]:
        """What a listing finds."""
        rules = self.rules(Work.playlist("url:x", url))
        return await asyncio.to_thread(lambda: list(ytdlp.list_videos(url, rules)))


@pytest.fixture
async def asking(tmp_path: Path) -> AsyncIterator[Asking]:
    made = Asking(tmp_path)
    await made.server.open()
    yield made
    await made.server.close()


LONG = "x" * 70_000


async def test_an_address_longer_than_anybody_takes_is_its_sources_fault(
    asking: Asking, pages: Callable[[], Pages], tmp_path: Path
) -> None:
    stranger = pages()
    evidence = await asking.fetch(stranger.url(f"/{LONG}"), tmp_path / "video")
    assert isinstance(evidence, Evidence)
    assert evidence.not_permitted is None
    failure = classify(evidence, datetime.now(UTC))
    assert (failure.failure_class, failure.reason) == (FailureClass.PERMANENT, "unsupported-address")
    assert (asking.asked, stranger.asked) == ([], [])


async def test_a_feed_whose_item_has_such_an_address_ends(asking: Asking, pages: Callable[[], Pages]) -> None:
    stranger = pages()
    item = f"<item><title>Long</title><link>{stranger.url(f'/{LONG}')}</link></item>"
    feed = f'<?xml version="1.0"?><rss version="2.0"><channel><title>F</title>{item}</channel></rss>'
    stranger.answers["/feed"] = (200, {"Content-Type": "application/rss+xml"}, feed)
    last = (await asking.listed(stranger.url("/feed")))[-1]
    assert isinstance(last, ListingEnded), last
    assert len(last.left_out) == 1


async def test_a_long_address_that_servers_take_is_asked(
    asking: Asking, pages: Callable[[], Pages], tmp_path: Path
) -> None:
    """Not through the socket: that is told whom it asks alone."""
    stranger = pages()
    path = "/" + "y" * (MAX_ADDRESS_LENGTH - 100)
    evidence = await asking.fetch(stranger.url(path), tmp_path / "video")
    assert isinstance(evidence, Evidence)
    assert evidence.http_status == 404
    assert set(stranger.asked) == {path}
    assert set(asking.asked) == {stranger.source}


@pytest.mark.parametrize(
    "line",
    [b"{" + b"x" * 2 * MAX_LINE, b"no json\n", b"[]\n", b'"text"\n', b"{}\n", b'{"work_id": 1, "source": null}\n'],
)
async def test_a_line_that_nobody_understands_is_answered_and_harms_nobody(asking: Asking, line: bytes) -> None:
    address = asking.server.address(Work("generic:x", "x.example"))
    reader, writer = await asyncio.open_unix_connection(address.socket_path)
    writer.write(line)
    assert "misunderstood" in json.loads(await reader.readline())
    writer.close()
    await asyncio.to_thread(Permits(address).ask, "http://x.example/")


async def test_what_cannot_be_asked_is_a_defect_and_is_not_tried_for_ever(asking: Asking) -> None:
    permits = Permits(asking.server.address(Work("generic:" + LONG, "x.example")))
    with pytest.raises(Misunderstood):
        await asyncio.to_thread(permits.ask, "http://x.example/")
    assert permits.denied is None
    assert asking.admission.state_of("x.example") is State.CLOSED


YOUTUBE_PAGE = "https://www.youtube.com/watch?v=redirected1"
HANDLERS = pytest.mark.parametrize("handler", ["Requests", "Urllib"])


@pytest.fixture
def only_handler(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Lets yt-dlp make its requests by one library alone."""

    def call(name: str) -> None:
        for other in set(_REQUEST_HANDLERS) - {name}:
            monkeypatch.delitem(_REQUEST_HANDLERS, other)

    return call


def rest(asking: Asking, source: str) -> None:
    asking.admission.refused(source, "too-many-requests", "", seconds=600)


@HANDLERS
async def test_nobody_is_led_to_a_source_that_rests(
    asking: Asking, pages: Callable[[], Pages], tmp_path: Path, handler: str, only_handler: Callable[[str], None]
) -> None:
    only_handler(handler)
    stranger, honest = pages(), pages()
    rest(asking, "youtube")
    rest(asking, honest.source)
    for number, target in enumerate((YOUTUBE_PAGE, honest.url("/x"))):
        stranger.answers["/a"] = (302, {"Location": "/b"}, "")
        stranger.answers["/b"] = (302, {"Location": target}, "")
        asking.asked.clear()
        evidence = await asking.fetch(stranger.url("/a"), tmp_path / str(number))
        assert isinstance(evidence, Evidence)
        assert evidence.not_permitted is not None, evidence
        assert "rests" in evidence.not_permitted[1]
        assert asking.asked == [stranger.source, "youtube" if target == YOUTUBE_PAGE else honest.source]
    assert honest.asked == []


@HANDLERS
async def test_each_source_that_a_redirection_leads_to_is_asked_for_once(
    asking: Asking, pages: Callable[[], Pages], tmp_path: Path, handler: str, only_handler: Callable[[str], None]
) -> None:
    only_handler(handler)
    stranger, second = pages(), pages()
    stranger.answers["/a"] = (302, {"Location": "/b"}, "")
    stranger.answers["/b"] = (307, {"Location": second.url("/c")}, "")
    second.answers["/c"] = (301, {"Location": "/d"}, "")
    evidence = await asking.fetch(stranger.url("/a"), tmp_path / "video")
    assert isinstance(evidence, Evidence)
    requests = stranger.asked.count("/a")
    assert (evidence.http_status, evidence.requests) == (404, 2 * requests)
    assert asking.asked == [stranger.source, second.source] * requests


async def test_who_refuses_after_a_redirection_is_left_alone(
    asking: Asking, pages: Callable[[], Pages], tmp_path: Path
) -> None:
    stranger, second = pages(), pages()
    stranger.answers["/a"] = (302, {"Location": second.url("/c")}, "")
    second.answers["/c"] = (429, {}, "")
    await asking.fetch(stranger.url("/a"), tmp_path / "video")
    assert set(asking.refused) == {second.source}


async def test_media_that_leads_to_youtube_asks_for_leave(
    asking: Asking, pages: Callable[[], Pages], tmp_path: Path
) -> None:
    stranger = pages()
    rest(asking, "youtube")
    stranger.answers["/a"] = (200, {"Content-Type": "text/html"}, f"<video src='{stranger.url('/b.mp4')}'></video>")
    stranger.answers["/b.mp4"] = (302, {"Location": YOUTUBE_PAGE}, "")
    evidence = await asking.fetch(stranger.url("/a"), tmp_path / "video")
    assert isinstance(evidence, Evidence)
    assert evidence.not_permitted is not None, evidence
    assert asking.asked[-1] == "youtube"


async def test_leave_after_ones_own_refusal_is_none_to_ask_somebody_else(asking: Asking) -> None:
    rest(asking, "youtube")
    permits = Permits(asking.server.address(Work("generic:x", "x.example")))

    def ask() -> None:
        permits.refused(None, "http://x.example/")
        with pytest.raises(NotPermitted):
            permits.ask(YOUTUBE_PAGE)

    await asyncio.to_thread(ask)


async def test_a_redirection_to_an_address_that_nobody_takes_is_not_followed(
    asking: Asking, pages: Callable[[], Pages], tmp_path: Path
) -> None:
    stranger = pages()
    stranger.answers["/a"] = (302, {"Location": "/" + "x" * (MAX_ADDRESS_LENGTH + 1)}, "")
    evidence = await asking.fetch(stranger.url("/a"), tmp_path / "video")
    assert isinstance(evidence, Evidence)
    assert classify(evidence, datetime.now(UTC)).reason == "unsupported-address"
    assert set(stranger.asked) == {"/a"}


@pytest.mark.usefixtures("through_the_site")
async def test_what_youtube_refuses_of_a_video_in_a_strangers_page_is_its_own_word(
    asking: Asking, pages: Callable[[], Pages], tmp_path: Path, servers: Stack
) -> None:
    stranger = pages()
    frame = '<html><iframe src="https://www.youtube.com/embed/embedded001"></iframe></html>'
    stranger.answers["/a"] = (200, {"Content-Type": "text/html"}, frame)
    set_site_trouble(servers, "bot-check")
    try:
        evidence = await asking.fetch(stranger.url("/a"), tmp_path / "video")
    finally:
        set_site_trouble(servers, None)
    assert isinstance(evidence, Evidence)
    assert classify(evidence, datetime.now(UTC)).reason == "bot-check"
    assert evidence.spoken_by_youtube
    assert set(asking.asked) == {stranger.source, "youtube"}


async def test_words_of_youtubes_in_a_strangers_page_are_the_strangers(
    asking: Asking, pages: Callable[[], Pages], tmp_path: Path
) -> None:
    stranger = pages()
    words = "<html><title>[youtube] x: Sign in to confirm you're not a bot</title></html>"
    stranger.answers["/a"] = (200, {"Content-Type": "text/html"}, words)
    evidence = await asking.fetch(stranger.url("/a"), tmp_path / "video")
    assert isinstance(evidence, Evidence)
    assert not evidence.spoken_by_youtube
    assert classify(evidence, datetime.now(UTC)).failure_class is not FailureClass.EGRESS
