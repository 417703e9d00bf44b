"""The lists of sites in processes of their own, and the survey when a scraper starts."""

from __future__ import annotations

import threading
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
from tests.site_packages import Answer, SmallServer, install


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


FETCHES = "\ndef fetch(e): ...\n"
FINALLY = "\n    finally:\n        "


@pytest.mark.parametrize(
    ("code", "requested"),
    [
        (
            "try:\n        yield Entry('one', address)\n    finally:\n        web.read(address + '/logout')",
            ["/all/logout"],
        ),
        # The entry before it is at no host of the site's.
        (
            "try:\n        yield Entry('x', 'http://b/x')\n    finally:\n        web.read(address + '/logout')",
            ["/all/logout"],
        ),
        (
            f"import socket\n    try:\n        yield Entry('one', address){FINALLY}socket.socket().connect(('0', 1))",
            [],
        ),
    ],
)
async def test_what_a_list_does_when_it_is_closed_is_counted_and_guarded(
    folder: Path, server: SmallServer, code: str, requested: list[str]
) -> None:
    server.answers["/all/logout"] = {}
    rules = site(folder, server, f"def list(address):\n    {code}{FETCHES}")
    *_, end = await listed(server.url("/all"), rules, 1)
    assert isinstance(end, ListingEnded | Evidence)
    assert end.requests == len(requested)
    assert server.requested == requested
    assert isinstance(end, ListingEnded) == ("Entry('one'" in code and bool(requested))


#: Reads pages in the function's thread and in another, which swallows its errors.
OTHER_THREAD = """
    import contextvars, threading, urllib.request
    def there():
        for _ in range(50):
            try:
                {read}
            except Exception:
                {then}
    thread = threading.Thread(target={target})
    thread.start()
    for _ in range(2):
        web.read(address + "/slow")
    thread.join()
    yield Entry("one", address)
"""


@pytest.mark.parametrize("then", ["return", "pass"])
@pytest.mark.parametrize("read", ["web.read(address)", "urllib.request.urlopen(address)"])
async def test_another_thread_reads_nothing_and_the_list_is_not_complete(
    folder: Path, server: SmallServer, read: str, then: str
) -> None:
    arrived = threading.Event()

    def slow() -> Answer:
        arrived.wait(0.2)
        return {}

    server.answers |= {"/all": {}, "/all/slow": slow}
    code = OTHER_THREAD.format(read=read, then=then, target="there")
    *_, end = await listed(server.url("/all"), site(folder, server, f"def list(address):{code}{FETCHES}"))
    assert server.requested == ["/all/slow"] * 2
    assert reason_of(end) == ("tool", "extractor-broken")


async def test_a_thread_with_the_functions_context_waits_for_its_turn(folder: Path, server: SmallServer) -> None:
    server.answers |= {"/all": {}, "/all/slow": {}}
    read = "web.read(address); return"
    code = OTHER_THREAD.format(read=read, then="pass", target="contextvars.copy_context().run, args=(there,)")
    *_, end = await listed(server.url("/all"), site(folder, server, f"def list(address):{code}{FETCHES}"))
    assert end == ListingEnded(3)
    assert sorted(server.requested) == ["/all", "/all/slow", "/all/slow"]


@pytest.mark.parametrize(
    "read",
    [
        "web.read('http://[bad/')",
        "web.read('ftp://archive.example/')",
        "web.read(None)",
        "web.read(address, {'A': 'b\\r\\nC: d'})",
        "web.read('http://nul\\x00.example/')",
        "__import__('urllib.request').request.urlopen(address)",
    ],
)
async def test_a_read_that_a_site_swallows_leaves_its_list_incomplete(
    folder: Path, server: SmallServer, read: str
) -> None:
    code = f"def list(address):\n    try: {read}\n    except Exception: pass\n    yield Entry('one', address){FETCHES}"
    entry, end = await listed(server.url("/all"), site(folder, server, code))
    assert isinstance(entry, ListedVideo)
    assert isinstance(end, Evidence)
    assert server.requested == []


@pytest.mark.parametrize(
    ("items", "proven"),
    [
        ("Head('x', count=3), *(Entry(i, address) for i in 'aaa')", False),
        ("Head('x', count=3), *(Entry(i, address) for i in 'abab')", False),
        ("Head('x', count=3), *(Entry(i, address) for i in 'aa')", True),
        ("Head('x', count=30), Entry('a', address), Head('page 2'), Entry('b', address)", True),
        ("Head('x', count=30), Entry('a', address), Head('page 2', count=1), Entry('b', address)", True),
        ("Entry('a', address), Head('x', count=2)", True),
        ("Head('x', count=2), *(Entry(i, address) for i in 'abab')", None),
        ("Head('x', count=0), Head('x')", None),
    ],
)
async def test_different_entries_are_compared_with_the_largest_count(
    folder: Path, server: SmallServer, items: str, proven: bool | None
) -> None:
    rules = site(folder, server, f"def list(address):\n    yield from ({items},){FETCHES}")
    *_, end = await listed(server.url("/all"), rules)
    assert isinstance(end, ListingEnded)
    assert (end.gap.proven if end.gap is not None else None) == proven
