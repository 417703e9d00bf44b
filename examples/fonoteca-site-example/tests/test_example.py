"""The site's two functions against a small server; no scraper is needed for that."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import fonoteca_site_example as site
import pytest

from services.scraper.sites import Entry, Gone, Head, HttpError, NotYet


class Archive(ThreadingHTTPServer):
    """Answers each path with its page, or with its status if the page is a number."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.pages: dict[str, Any] = {}

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_port}{path}"


class _Answers(BaseHTTPRequestHandler):
    server: Archive

    def do_GET(self) -> None:
        page = self.server.pages.get(self.path, 404)
        body = json.dumps(page).encode()
        self.send_response(page if isinstance(page, int) else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def archive() -> Iterator[Archive]:
    with Archive() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_collection_gives_the_entries_of_all_its_pages(archive: Archive) -> None:
    first, second = archive.url("/recordings/m1"), archive.url("/recordings/m2")
    archive.pages["/c"] = {"title": "Market days", "count": 2, "recordings": [first], "next": archive.url("/c2")}
    archive.pages["/c2"] = {"recordings": [second]}
    found = [*site.list(archive.url("/c"))]
    assert found == [Head("Market days", count=2), Entry("m1", first), Entry("m2", second)]


def test_a_collection_whose_second_page_fails_does_not_end_normally(archive: Archive) -> None:
    archive.pages["/c"] = {"title": "x", "count": 2, "recordings": [], "next": archive.url("/c2")}
    archive.pages["/c2"] = 500
    with pytest.raises(HttpError, match="500"):
        [*site.list(archive.url("/c"))]


def test_a_recording_says_where_its_file_is(archive: Archive) -> None:
    described = {"seconds": 61.5, "date": "2024-03-01", "language": "fon", "licence": "CC BY 4.0"}
    archive.pages["/recordings/m1"] = {"id": "m1", "title": "At the well", "file": archive.url("/m1.ogg"), **described}
    url = archive.url("/recordings/m1")
    media = site.fetch(Entry("m1", url))
    assert (media.address, media.title, media.seconds) == (archive.url("/m1.ogg"), "At the well", 61.5)
    assert (media.published, media.language, media.licence) == (date(2024, 3, 1), "fon", "CC BY 4.0")
    assert [*site.list(url)] == [Entry("m1", url, "At the well")]


def test_what_the_archive_withdrew_or_has_not_opened_is_named(archive: Archive) -> None:
    archive.pages["/recordings/gone"] = 403
    archive.pages["/recordings/later"] = {"id": "later", "title": "x", "opens": "2999-01-01T00:00:00+00:00"}
    with pytest.raises(Gone):
        site.fetch(Entry("gone", archive.url("/recordings/gone")))
    with pytest.raises(NotYet) as waits:
        site.fetch(Entry("later", archive.url("/recordings/later")))
    assert waits.value.begins_at.year == 2999
