"""Crawls: exactly as many videos as wanted are measured, none twice, and nothing of them is kept."""

from __future__ import annotations

import json
import os
import subprocess
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
from pymongo import MongoClient

from cli.api.client import Client
from cli.api.crawls import CrawlRequests
from cli.api.measurements import Measurements
from dev.stack import Stack
from shared.crawling.definition import CrawlDefinition
from tests.e2e.conftest import SETTINGS
from tests.e2e.jobs.test_measurements import FONOTECA, fonoteca
from tests.e2e.pipeline import eventually, when_ended
from tests.site import add_playlist_to_site, requests_of, set_site_trouble


def put_on_site(stack: Stack, mark: str, number: int, related: int) -> str:
    """A playlist of `number` videos; the mix of each has `related` further ones. Returns its address."""
    of_list = [{"id": f"{mark}{n:04}", "title": f"Video {n}", "seconds": 3} for n in range(number)]
    for n, video in enumerate(of_list):
        further = [{"id": f"{mark}{n:02}x{m}", "title": f"Related {n} {m}", "seconds": 3} for m in range(related)]
        add_playlist_to_site(stack, f"RD{video['id']}", [video, *further])
        for each in further:
            add_playlist_to_site(stack, f"RD{each['id']}", [each, *further, video])
    return add_playlist_to_site(stack, f"PLcrawl{mark}", of_list)


def measured(client: Client, name: str) -> list[dict[str, Any]]:
    return list(Measurements(client).newest({"crawl": name}))


def test_a_crawl_of_two_rounds_ends_at_its_limit(stack: Stack, client: Client) -> None:
    mark = uuid.uuid4().hex[:7]
    url = put_on_site(stack, mark, 3, 3)
    printed = fonoteca(
        stack, "probe", "crawl", url, "--name", f"c-{mark}", "-R", "-r", "2", "-p", "2", "-u", "7", "-n", "2", "-S",
        "0", "--wait", "--json",
    )  # fmt: skip
    crawl = json.loads(printed)
    assert (crawl["state"], crawl["videos"], crawl["measured"], crawl["failed"]) == ("done", 7, 7, 0)
    eventually(lambda: len(measured(client, crawl["name"])) == 7, "seven measurements")
    found = measured(client, crawl["name"])
    assert len({each["video_id"] for each in found}) == 7
    assert {(each["purpose"], each["result"]) for each in found} == {("probe", "downloaded")}
    assert all(each["bytes"] > 0 and each["stalls"] is not None for each in found)
    tasks = list(CrawlRequests(client).tasks(crawl["name"]))
    kinds = [(task["kind"], task["round"]) for task in tasks]
    # The list, its videos and their mixes; then the videos of these, until there are enough.
    assert kinds == [("list", 1), *[("video", 1)] * 3, *[("list", 1)] * 3, *[("video", 2)] * 4]
    assert [task["found"] for task in tasks if task["kind"] == "list"] == [3, 3, 3, 0], "the last is not asked for"
    # Two of the first video's mix, then two of the second one's.
    assert [task["video_id"].removeprefix(f"youtube:{mark}") for task in tasks[7:]] == ["00x0", "00x1", "01x0", "01x1"]
    assert list(client.videos(playlist=f"youtube:PLcrawl{mark}")) == [], "nothing of them is kept"
    assert [requests_of(stack, "media", f"{mark}{n:04}") for n in range(3)] == [1, 1, 1]


def test_what_cannot_be_measured_is_told_and_the_rest_goes_on(stack: Stack, client: Client) -> None:
    mark = uuid.uuid4().hex[:7]
    videos: list[dict[str, Any]] = [
        {"id": f"{mark}0000", "title": "Une", "seconds": 3},
        {"id": f"{mark}0001", "title": "Deux", "seconds": 3, "trouble": "removed", "placeholder": False},
    ]
    url = add_playlist_to_site(stack, f"PLmixed{mark}", videos)
    definition = CrawlDefinition(name=f"c-{mark}", addresses=(url, f"PLnothing{mark}"), delay_seconds=0, pings=0)
    api = CrawlRequests(client)
    api.start(definition)
    crawl = eventually(lambda: one if (one := api.one(definition.name))["state"] == "done" else None, "its end")
    counts = {name: crawl[name] for name in ("videos", "measured", "failed", "lists", "lists_failed")}
    assert counts == {"videos": 2, "measured": 1, "failed": 1, "lists": 1, "lists_failed": 1}
    reasons = {task["url"]: task["failure"]["reason"] for task in api.tasks(definition.name) if task["failure"]}
    assert list(reasons.values()) == ["no-such-playlist", "removed"]
    eventually(lambda: len(measured(client, definition.name)) == 2, "both measurements")
    assert sorted(each["reason"] or "" for each in measured(client, definition.name)) == ["", "removed"]


@pytest.fixture
def blocked(stack: Stack) -> Iterator[Callable[[str | None], None]]:
    """Lets the whole site answer with one refusal, until the test ends."""
    yield lambda trouble: set_site_trouble(stack, trouble)
    set_site_trouble(stack, None)


def test_a_crawl_that_is_refused_stops_asking_and_goes_on_when_it_is_served(
    stack: Stack, client: Client, blocked: Callable[[str | None], None]
) -> None:
    mark = uuid.uuid4().hex[:7]
    ids = [f"{mark}{n:04}" for n in range(6)]
    add_playlist_to_site(stack, f"PLrefused{mark}", [{"id": id_, "title": "x", "seconds": 3} for id_ in ids])
    blocked("bot-check")
    definition = CrawlDefinition(name=f"c-{mark}", addresses=tuple(ids), delay_seconds=0, pings=0)
    api = CrawlRequests(client)
    api.start(definition)
    [breaker] = eventually(lambda: open_breakers(client), "open breaker")
    assert breaker["reason"] == "bot-check"
    asked = sum(requests_of(stack, "page", id_) for id_ in ids)
    # The refused one, and perhaps one try after a rest.
    assert 1 <= asked <= 2
    assert api.one(definition.name)["failed"] == 0, "a refusal is not the video's"
    blocked(None)
    crawl = eventually(lambda: one if (one := api.one(definition.name))["state"] == "done" else None, "its end")
    assert (crawl["measured"], crawl["failed"]) == (6, 0)
    eventually(lambda: len(measured(client, definition.name)) == 6, "measurements")


def open_breakers(client: Client) -> list[dict[str, Any]]:
    return [each for each in client.breakers() if each["source"] == "youtube" and each["state"] == "open"]


def test_crawls_have_a_share_of_the_budget_and_the_archive_has_the_rest(stack: Stack, client: Client) -> None:
    mark = uuid.uuid4().hex[:7]
    ids = [f"{mark}{n:04}" for n in range(12)]
    url = add_playlist_to_site(stack, f"PLshare{mark}", [{"id": id_, "title": "x", "seconds": 3} for id_ in ids])
    egress = f"share-{mark}"
    restart(stack, SCRAPER_EGRESS=egress, SCRAPER_REQUESTS_PER_HOUR="200", SCRAPER_PROBE_SHARE_PERCENT="5")
    api = CrawlRequests(client)
    definition = CrawlDefinition(name=f"c-{mark}", addresses=tuple(ids), delay_seconds=0, pings=0, egress=egress)
    api.start(definition)
    try:
        eventually(lambda: spent_share(stack, egress) >= 10, "a spent share")
        crawl = api.one(definition.name)
        assert crawl["state"] == "running"
        assert 0 < crawl["measured"] < 12
        assert spent_share(stack, egress) == 10
        # What people submit does not wait for it.
        when_ended(client, client.submit(url)["id"], videos=12)
        assert spent_share(stack, egress) == 10
    finally:
        api.stop(definition.name)
        restart(stack)
    assert api.one(definition.name)["state"] == "stopped"


def restart(stack: Stack, **settings: str) -> None:
    stack.stop_programs(["scraper"])
    stack.start_services(("scraper",), SETTINGS | settings)


def spent_share(stack: Stack, egress: str) -> int:
    """Requests that crawls have had of this hour."""
    with MongoClient[dict[str, Any]](stack.exports["MONGO_URI"]) as mongo:
        ledger = mongo[stack.exports["MONGO_DATABASE"]]["ledgers"].find_one({"_id": f"{egress}/youtube"})
    shares = ledger.get("shares", []) if ledger is not None else []
    return sum(number for share in shares if share["key"] == "(crawls)" for _, number in share["minutes"])


def test_what_was_measured_is_exported_and_reported(stack: Stack, client: Client, tmp_path: Path) -> None:
    mark = uuid.uuid4().hex[:7]
    ids = [f"{mark}{n:04}" for n in range(5)]
    videos = [{"id": id_, "title": f"Émission {n}", "seconds": 2 + n} for n, id_ in enumerate(ids)]
    addresses = tmp_path / "addresses.txt"
    url = add_playlist_to_site(stack, f"PLfile{mark}", videos)
    addresses.write_text(f"# of the site\n{url}\nftp://not.an/address\n{ids[0]}\n")
    name = f"c-{mark}"
    ran = run_fonoteca(stack, "probe", "crawl", "-f", str(addresses), "--name", name, "-S", "0", "-n", "0", "--wait")
    assert ran.returncode == 0
    assert "Line 3 is left out: ftp://not.an/address" in ran.stderr
    assert "done" in ran.stdout
    eventually(lambda: len(measured(client, name)) == 5, "measurements")
    form = tmp_path / "crawl.parquet"
    fonoteca(stack, "probe", "export", "--crawl", name, "--format", "parquet", "--to", str(form))
    table = pyarrow.parquet.read_table(form)
    assert (table.num_rows, table.num_columns) == (5, 29)
    found = measured(client, name)
    assert table["DownloadBytes"].to_pylist() == [each["bytes"] for each in found]
    assert {str(table.schema.field(column).type) for column in ("Url", "IP")} == {"string"}
    page, printed = tmp_path / "crawl.html", tmp_path / "crawl.pdf"
    fonoteca(stack, "probe", "report", "--crawl", name, "--to", str(page))
    assert "5 downloads were measured" in page.read_text()
    fonoteca(stack, "probe", "report", "--crawl", name, "--to", str(printed))
    assert printed.read_bytes().startswith(b"%PDF-")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ([], "Nothing to measure. Give an address"),
        (["PLabcdefghijkl", "--resolver", "dns.google"], "'dns.google' is no resolver"),
        (["PLabcdefghijkl", "-u", "0"], "If you mean that, write --unlimited"),
        (["PLabcdefghijkl", "-r", "3"], "needs --related"),
        (["PLabcdefghijkl", "-D", "4000"], "seconds: Input should be less than or equal to 3600"),
        (["ftp://example.org/x"], "ftp://example.org/x"),
        (["PLabcdefghijkl", "--name", "Two words"], "name: String should match pattern"),
    ],
)
def test_a_wrong_crawl_is_refused_with_what_to_do(stack: Stack, options: list[str], sentence: str) -> None:
    ran = run_fonoteca(stack, "probe", "crawl", *options)
    assert ran.returncode == 2
    assert sentence in ran.stderr


def test_a_name_that_is_taken_or_unknown_is_told(stack: Stack, client: Client) -> None:
    definition = CrawlDefinition(name=f"c-{uuid.uuid4().hex[:7]}", addresses=("PLabcdefghijkl",), loops=0)
    CrawlRequests(client).start(definition)
    again = run_fonoteca(stack, "probe", "crawl", "PLabcdefghijkl", "--name", definition.name)
    assert "Choose another name" in again.stderr
    assert "stopped" in fonoteca(stack, "probe", "stop", definition.name)
    assert "There is no crawl 'nowhere'" in run_fonoteca(stack, "probe", "crawls", "nowhere").stderr
    assert definition.name in fonoteca(stack, "probe", "crawls")


def run_fonoteca(stack: Stack, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **stack.exports, "COLUMNS": "300"}
    return subprocess.run([FONOTECA, *arguments], env=environment, capture_output=True, text=True, check=False)
