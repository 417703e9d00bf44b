"""The page Measurements: its numbers are those of the export, and what it shows can be taken away."""

from __future__ import annotations

import csv
import statistics
import uuid
from pathlib import Path

import pytest
from playwright.sync_api import expect

from cli.api.client import Client
from cli.api.crawls import CrawlRequests
from cli.api.measurements import Measurements
from cli.measuring.writing import write_file
from dev.stack import Stack
from shared.crawling.definition import CrawlDefinition
from tests.browser.visitor import Visitor
from tests.e2e.pipeline import eventually
from tests.site import add_playlist_to_site

VIDEOS = 9


@pytest.fixture
def crawled(stack: Stack, client: Client) -> str:
    """The name of a crawl that is done."""
    mark = uuid.uuid4().hex[:7]
    ids = [f"{mark}{n:04}" for n in range(VIDEOS)]
    videos = [{"id": id_, "title": "Une", "seconds": 2 + n} for n, id_ in enumerate(ids)]
    url = add_playlist_to_site(stack, f"PLplots{mark}", videos)
    api, name = CrawlRequests(client), f"plots-{mark}"
    api.start(CrawlDefinition(name=name, addresses=(url,), delay_seconds=0, pings=1))
    eventually(lambda: api.one(name)["state"] == "done", "its end")
    eventually(lambda: len(list(Measurements(client).newest({"crawl": name}))) == VIDEOS, "its measurements")
    return name


def saved(visitor: Visitor, form: str, folder: Path) -> Path:
    """Save the second picture as a form."""
    with visitor.page.expect_download() as download:
        visitor.page.get_by_role("button", name=form).nth(1).click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def test_the_numbers_are_those_of_the_export(
    visitor: Visitor, key: str, client: Client, crawled: str, tmp_path: Path
) -> None:
    page = visitor.page
    visitor.open(key, "measurements", query=f"crawl={crawled}&parameter=duration_seconds&by=crawl")
    expect(page.get_by_role("status").filter(has_text=f"{VIDEOS} values")).to_be_visible()
    expect(page.locator(".plotted canvas")).to_have_count(2)
    export = tmp_path / "export.csv"
    write_file(Measurements(client).newest({"crawl": crawled}), "csv", export)
    with export.open(newline="") as file:
        exported = sorted(float(row["VideoDuration"]) for row in csv.DictReader(file))
    with saved(visitor, "CSV", tmp_path).open(newline="") as file:
        shown = sorted(float(row["value"]) for row in csv.DictReader(file))
    assert shown == exported
    # The distribution is drawn from these.
    tenths = statistics.quantiles(exported, n=10, method="inclusive")
    cells = page.locator("#panel-groups ~ .scrolled tbody td").all_inner_texts()
    seconds = [float(text.removesuffix("\u00a0s")) for text in cells[1:4]]
    assert int(cells[0]) == VIDEOS
    assert seconds == [pytest.approx(tenths[n], abs=0.051) for n in (0, 4, 8)]
    assert visitor.complaints == []


def test_pictures_can_be_taken_away(visitor: Visitor, key: str, crawled: str, tmp_path: Path) -> None:
    # On one machine recordings come too quickly for a rate.
    visitor.open(key, "measurements", query=f"crawl={crawled}&parameter=bytes")
    expect(visitor.page.locator(".plotted canvas")).to_have_count(2)
    assert saved(visitor, "PNG", tmp_path).read_bytes().startswith(b"\x89PNG")
    drawing = saved(visitor, "SVG", tmp_path).read_text()
    assert drawing.startswith("<svg ")
    assert "<polyline" in drawing
    assert visitor.complaints == []


def test_choices_are_in_the_address_and_follow_one_another(visitor: Visitor, key: str, crawled: str) -> None:
    page = visitor.page
    visitor.open(key, "measurements", query=f"crawl={crawled}&parameter=bytes")
    expect(page.get_by_role("heading", name="Size downloaded over time")).to_be_visible()
    page.get_by_role("combobox", name="What", exact=True).select_option("stalls")
    expect(page.get_by_role("heading", name="Stalls over time")).to_be_visible()
    page.get_by_role("combobox", name="By", exact=True).select_option("hour")
    expect(page.get_by_role("heading", name="Stalls by the hour of the day")).to_be_visible()
    assert "parameter=stalls" in page.url
    assert f"crawl={crawled}" in page.url
    page.get_by_role("combobox", name="Compare with", exact=True).select_option("before")
    expect(page.locator("#panel-groups ~ .scrolled tbody th").first).to_contain_text("This time")
    assert visitor.complaints == []


def test_a_crawl_is_started_and_stopped_on_the_page(visitor: Visitor, key: str, stack: Stack, client: Client) -> None:
    page, name = visitor.page, f"here-{uuid.uuid4().hex[:6]}"
    url = add_playlist_to_site(stack, f"PLhere{name}", [{"id": f"{name}a"[:11], "title": "Une", "seconds": 2}])
    visitor.open(key, "measurements")
    page.get_by_text("Start a crawl").click()
    form = page.locator(".crawl-form form")
    form.get_by_label("Name").fill(name)
    form.get_by_label("Addresses").fill(f"{url}\n\n")
    form.get_by_label("Videos at most").fill("3")
    form.get_by_role("button", name="Start").click()
    expect(page.locator(".notice")).to_contain_text(f"“{name}” runs")
    line = page.get_by_role("row").filter(has_text=name)
    expect(line).to_contain_text("Done")
    expect(line).to_contain_text("1 of 1")
    assert CrawlRequests(client).one(name)["definition"]["videos"] == 3
    assert visitor.complaints == []
