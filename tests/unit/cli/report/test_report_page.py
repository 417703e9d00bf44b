"""A report is one file of its own, and text of strangers is text."""

from __future__ import annotations

from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

from cli.measuring.report.page import report_page
from cli.measuring.report.pictures import Curve, distribution, picture
from tests.unit.cli.report.made_up import NOON, row


class Tags(HTMLParser):
    """The tags of a page, and what they load."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.names: set[str] = set()
        self.loaded: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.loaded += [str(value) for name, value in attrs if name in ("src", "href")]
        if tag not in ("meta", "line", "polyline", "path", "i"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.open and self.open[-1] == tag:
            self.open.pop()


def test_it_needs_nothing_else() -> None:
    rows = [row(hour, egress=egress, ping=0.03) for hour in range(24) for egress in ("one", "two")]
    page = report_page(rows, "last 7 days", NOON)
    tags = Tags(page)
    assert tags.open == [], "every tag is closed"
    assert tags.loaded == []
    assert not tags.names & {"script", "link", "img", "iframe"}
    assert "http" not in page
    for heading in ("Findings", "Rate over time, by egress", "Round trip", "By egress", "By the hour of the day"):
        assert f"{heading}" in page


def test_text_of_strangers_is_text() -> None:
    harm = '<script>alert("x")</script>'
    page = report_page([row(egress=harm, host=harm, network=harm, reason=harm, failed=True)] * 3, harm, NOON)
    assert "<script" not in page
    assert page.count("&lt;script&gt;") > 4


def test_without_measurements_it_says_so() -> None:
    page = report_page([], "crawl nothing", NOON)
    assert "Nothing was measured." in page
    assert Tags(page).open == []


def test_measurements_without_any_value_are_no_error() -> None:
    bare: dict[str, Any] = {"rate": None, "first_byte": None, "startup": None, "stalls": None}
    page = report_page([row(**bare), row(**bare, failed=True)], "all", NOON + timedelta(days=1))
    assert "Nothing of this was measured." in page


def test_a_distribution_has_few_points_and_ends_with_all() -> None:
    curve = distribution("many", range(10_000))
    assert len(curve.points) <= 201
    assert list(curve.points[-1]) == [9999, 1]
    assert list(distribution("none", []).points) == []


def test_curves_of_one_point_are_drawn() -> None:
    drawn = picture([Curve("one", [(3, 0)])], "x", str, str)
    assert "polyline" in drawn
    assert "nan" not in drawn
