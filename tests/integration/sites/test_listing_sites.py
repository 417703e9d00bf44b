"""The lists of sites in processes of their own, and the survey when a scraper starts."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.scraper.engines.values import ListedPlaylist, ListedVideo, ListingEnded, LookPlan
from services.scraper.failures import Evidence
from services.scraper.sites.routes import SiteRoute
from services.scraper.workers.pool import WorkerDied, listing, looking
from services.scraper.workers.site_survey import surveyed_sites
from shared.errors import Misconfigured
from tests.integration.sites.running import RULES, listed, reason_of, site
from tests.site_packages import SmallServer, install


async def test_entries_come_as_they_are_listed(folder: Path, server: SmallServer) -> None:
    rules = site(
        folder,
        server,
        """
        from datetime import datetime
        def list(address):
            yield Head("All", "A channel", count=3)
            noon = datetime(2024, 3, 1, 12)
            for n in range(3):
                yield Entry(f"e{n}", f"{address}/{n}", f"Entry {n}", seconds=n + 1.0, published=noon)
        def fetch(entry): ...
        """,
    )
    head, *entries, end = await listed(server.url("/all"), rules)
    assert head == ListedPlaylist("All", "A channel", 3)
    noon = datetime(2024, 3, 1, 12, tzinfo=UTC)
    assert entries == [
        ListedVideo(f"site.small:e{n}", server.url(f"/all/{n}"), f"Entry {n}", n + 1.0, published=noon)
        for n in range(3)
    ]
    assert end == ListingEnded(0)
    first, *_, last = await listed(server.url("/all"), rules, 2)
    assert (first, last) == (ListedPlaylist("All", "A channel", 2), ListingEnded(0, stopped=True))
    plan = LookPlan(recent=frozenset({"site.small:e1"}), known_run=1)
    looked = [item async for batch in looking(server.url("/all"), rules, 60, plan) for item in batch]
    assert looked[-1] == ListingEnded(0, stopped=True)


async def test_a_listing_that_breaks_is_not_complete(folder: Path, server: SmallServer) -> None:
    server.answers |= {"/all": {"next": "/second"}, "/second": 503}
    rules = site(
        folder,
        server,
        """
        def list(address):
            page = web.read_json(address)
            yield Entry("one", address)
            web.read(address.replace("/all", page["next"]))
        def fetch(entry): ...
        """,
    )
    entry, end = await listed(server.url("/all"), rules)
    assert isinstance(entry, ListedVideo)
    assert reason_of(end) == ("transient", "server-error")


async def test_fewer_entries_than_the_source_counts_are_not_complete(folder: Path, server: SmallServer) -> None:
    rules = site(
        folder,
        server,
        """
        def list(address):
            yield Head("All", count=2)
            yield Entry("one", address)
        def fetch(entry): ...
        """,
    )
    end = (await listed(server.url("/all"), rules))[-1]
    assert isinstance(end, ListingEnded)
    assert end.gap is not None
    assert end.gap.proven


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        ('Entry("one", "https://elsewhere.example/one")', "none of HOSTS"),
        ('Entry("../one", address)', "ValidationError"),
        ('{"id": "one"}', "yielded dict"),
        ("None", "yielded NoneType"),
    ],
)
async def test_an_impossible_entry_is_a_failure_of_the_site(
    folder: Path, server: SmallServer, entry: str, text: str
) -> None:
    rules = site(folder, server, f"def list(address):\n    yield {entry}\ndef fetch(entry): ...\n")
    [end] = await listed(server.url("/all"), rules)
    assert reason_of(end) == ("tool", "extractor-broken")
    assert isinstance(end, Evidence)
    assert text in end.text


@pytest.mark.parametrize(
    "code", ["import sys; sys.exit('x')", "raise KeyboardInterrupt", "import asyncio; raise asyncio.CancelledError"]
)
async def test_a_list_that_would_end_its_process_is_a_failure_of_the_site(
    folder: Path, server: SmallServer, code: str
) -> None:
    rules = site(
        folder, server, f"def list(address):\n    yield Entry('one', address)\n    {code}\ndef fetch(e): ...\n"
    )
    entry, end = await listed(server.url("/all"), rules)
    assert isinstance(entry, ListedVideo)
    assert reason_of(end) == ("tool", "extractor-broken")


async def test_a_hanging_list_is_killed(folder: Path, server: SmallServer) -> None:
    rules = site(folder, server, "def list(address):\n    while True: pass\ndef fetch(entry): ...\n")
    with pytest.raises(WorkerDied, match="longer than 3 s"):
        await anext(listing(server.url("/all"), rules, 3))


async def test_the_survey_finds_the_hosts_of_installed_sites(folder: Path) -> None:
    good = 'HOSTS = ["archive.example"]\ndef list(address): ...\ndef fetch(entry): ...\n'
    install(folder, "good", good)
    assert await surveyed_sites("all", RULES) == (SiteRoute("good", ("archive.example",)),)
    assert await surveyed_sites("none", RULES) == ()
    install(folder, "other", good)
    with pytest.raises(Misconfigured, match=r"good and other both take archive\.example"):
        await surveyed_sites("all", RULES)
    assert await surveyed_sites("other", RULES) == (SiteRoute("other", ("archive.example",)),)


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("import does_not_exist", "its import failed with ModuleNotFoundError"),
        ("raise SystemExit(1)", "its import failed with SystemExit"),
        ("import sys; sys.exit('no key')", "its import failed with SystemExit: no key"),
        ("import os; os._exit(1)", "ended by itself"),
        ('HOSTS = ["archive.example"]', "needs HOSTS"),
        ('HOSTS = "archive.example"\ndef list(a): ...\ndef fetch(e): ...', "needs HOSTS"),
        ('HOSTS = ["www.youtube.com"]\ndef list(a): ...\ndef fetch(e): ...', "YouTube's"),
        ('HOSTS = ["https://archive.example/"]\ndef list(a): ...\ndef fetch(e): ...', "write it as"),
        ('import urllib.request; urllib.request.urlopen("http://127.0.0.1:1/")', "opens no connections"),
    ],
)
async def test_a_site_that_cannot_be_used_stops_the_start(folder: Path, code: str, text: str) -> None:
    install(folder, "broken", code)
    with pytest.raises(Misconfigured, match=text) as raised:
        await surveyed_sites("all", RULES)
    assert "broken" in str(raised.value)
