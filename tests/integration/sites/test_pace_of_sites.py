"""The pages of sites need permits like all others, and a page that the service does not permit ends no list."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from services.scraper.engines.values import ListedVideo, ListingEnded
from services.scraper.engines.work import Work
from services.scraper.failures import Evidence
from services.scraper.sources.limits import Sources
from services.scraper.sources.permit_server import PermitServer
from shared.errors import TryLater
from tests.integration.sites.running import listed, site
from tests.site_packages import Answer, SmallServer

#: Reads two pages, and goes on without one that does not come.
CODE = """
def list(address):
    for number in (1, 2):
        try:
            page = web.read_json(f"{address}/{number}")
        except Exception:
            return
        yield Entry(page["id"], f"{address}/{page['id']}")
def fetch(entry): ...
"""


class Asking:
    """The service's end. It permits so many pages, and notes whom it was asked for and who refused."""

    def __init__(self, folder: Path) -> None:
        self.permitted = 100
        self.asked: list[str] = []
        self.refused: list[tuple[str, float | None]] = []
        self.server = PermitServer(folder, Sources(0, 0), self._check, self._refused)

    def _check(self, source: str, work_id: str) -> None:
        if len(self.asked) == self.permitted:
            raise TryLater(30, "The source rests")
        self.asked.append(source)

    def _refused(self, work_id: str, source: str, retry_after: float | None) -> None:
        self.refused.append((source, retry_after))


@pytest.fixture
async def asking(tmp_path: Path) -> AsyncIterator[Asking]:
    made = Asking(tmp_path)
    await made.server.open()
    yield made
    await made.server.close()


async def test_each_page_of_a_site_needs_a_permit(asking: Asking, folder: Path, server: SmallServer) -> None:
    server.answers |= {"/all/1": {"id": "one"}, "/all/2": {"id": "two"}}
    permits = asking.server.address(Work.playlist("url:x", server.url("/all")))
    rules = replace(site(folder, server, CODE), permits=permits)
    *_, end = await listed(server.url("/all"), rules)
    assert end == ListingEnded(2)
    assert asking.asked == [server.host, server.host]


async def test_a_list_that_goes_on_without_a_permit_is_not_complete(
    asking: Asking, folder: Path, server: SmallServer
) -> None:
    asking.permitted = 1
    server.answers |= {"/all/1": {"id": "one"}, "/all/2": {"id": "two"}}
    permits = asking.server.address(Work.playlist("url:x", server.url("/all")))
    rules = replace(site(folder, server, CODE), permits=permits)
    entry, end = await listed(server.url("/all"), rules)
    assert isinstance(entry, ListedVideo)
    assert isinstance(end, Evidence)
    assert end.not_permitted is not None
    assert end.not_permitted[1] == "The source rests"
    assert server.requested == ["/all/1"]


async def test_a_refusal_reaches_the_service_even_if_the_site_ignores_it(
    asking: Asking, folder: Path, server: SmallServer
) -> None:
    server.answers |= {"/all/1": 429}
    permits = asking.server.address(Work.playlist("url:x", server.url("/all")))
    rules = replace(site(folder, server, CODE), permits=permits)
    [end] = await listed(server.url("/all"), rules)
    assert asking.refused == [(server.host, None)]
    assert isinstance(end, Evidence)
    assert end.http_status == 429


async def test_a_page_that_the_site_reads_again_does_not_count_as_missing(folder: Path, server: SmallServer) -> None:
    code = """
        def list(address):
            for _ in range(3):
                try:
                    yield Entry(web.read_json(address)["id"], address)
                    return
                except HttpError:
                    pass
        def fetch(entry): ...
        """
    answers: Iterator[Answer] = iter((503, {"id": "one"}))
    server.answers["/all"] = lambda: next(answers)
    *_, end = await listed(server.url("/all"), site(folder, server, code))
    assert end == ListingEnded(2)
