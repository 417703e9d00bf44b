"""Which sites are chosen, which addresses they take, and what their values may be."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, cast

import pytest
from pydantic import ValidationError

from services.scraper.engines.site_packages import SiteCodeFailed, load
from services.scraper.engines.ytdlp.client import Words
from services.scraper.engines.ytdlp.identity import id_at
from services.scraper.engines.ytdlp.sites.evidence import site_evidence
from services.scraper.engines.ytdlp.sites.moments import moment_of
from services.scraper.failures import classify
from services.scraper.sites import Entry, Gone, HttpError, Media, NotYet, Private, SiteFailure, TooManyRequests, web
from services.scraper.sites.routes import (
    SiteRoute,
    check_apart,
    chosen_sites,
    problem_of_host,
    route_to,
    site_named_in,
)
from shared.addresses.video_ids import video_id
from shared.contracts.reasons import Reason
from shared.errors import Misconfigured
from shared.untrusted.bounds import MAX_SECONDS
from tests.site_packages import install

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ROUTE = SiteRoute("small", ("archive.example", "archive.example:8080"))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def names(setting: str) -> list[str]:
    return [point.name for point in chosen_sites(setting)]


def test_installed_sites_are_used_unless_the_setting_names_others(folder: Path) -> None:
    assert names("all") == []
    install(folder, "two", "")
    install(folder, "one", "")
    assert names("all") == ["one", "two"]
    assert names("two") == ["two"]
    assert names("none") == []
    with pytest.raises(Misconfigured, match=r"three, which no package provides\..*installed are one, two"):
        names("one,three")


def test_a_name_belongs_to_one_package(folder: Path) -> None:
    install(folder, "one", "", "first")
    install(folder, "one", "", "second")
    with pytest.raises(Misconfigured, match=r"Both first 1\.0 and second 1\.0 provide the site one"):
        names("all")


@pytest.mark.parametrize("name", ["YouTube", "a.b", "all", "none", "a" * 41])
def test_a_name_is_plain(folder: Path, name: str) -> None:
    install(folder, name, "", "odd")
    with pytest.raises(Misconfigured, match="is not allowed"):
        names("all")


def test_choosing_imports_nothing(folder: Path) -> None:
    install(folder, "one", "raise SystemExit")
    assert names("all") == ["one"]


@pytest.mark.parametrize("name", ["youtube", "generic", "soundcloud"])
def test_a_site_cannot_have_the_ids_of_another_extractor(name: str) -> None:
    """The dot cannot be in a name of yt-dlp's, which is that of a class."""
    own = video_id(SiteRoute(name, ()).extractor, "a")
    assert own == f"site.{name}:a"
    assert own != id_at(name, "a", "https://archive.example/a")
    assert (site_named_in(own), site_named_in(f"{name}:a"), site_named_in(None)) == (name, None, None)


@pytest.mark.parametrize(
    ("url", "taken"),
    [
        ("https://archive.example/x", True),
        ("http://www.Archive.example:80/x", True),
        ("http://archive.example:8080/x", True),
        ("https://archive.example:8443/x", False),
        ("https://sub.archive.example/x", False),
        ("https://archive.example@elsewhere.example/x", False),
        ("https://[broken/", False),
    ],
)
def test_a_site_takes_its_hosts_and_no_others(url: str, *, taken: bool) -> None:
    assert (route_to(url, [ROUTE]) is ROUTE) == taken


@pytest.mark.parametrize(
    "host", ["archive.example", "archive.example:8080", "a_b.example", "127.0.0.1:9", "[::1]:8080", "xn--mnchen-3ya.de"]
)
def test_a_host_may_be_any_name_or_address(host: str) -> None:
    assert problem_of_host(host) is None


@pytest.mark.parametrize(
    "host",
    [
        "*",
        "*.archive.example",
        "a b",
        "a..b",
        "-a.example",
        "a%20b",
        "münchen.de",
        "a.example:80",
        "a.example:443",
        "a\n",
    ],
)
def test_a_host_that_no_address_can_have_is_told(host: str) -> None:
    assert "write it as archive.example" in (problem_of_host(host) or "")


@pytest.mark.parametrize("host", ["www.youtube.com", "youtu.be", "m.youtube-nocookie.com", "", "a/b", "u@b.example", 5])
def test_some_hosts_are_nobodys(host: object) -> None:
    assert problem_of_host(host) is not None


def test_two_sites_take_no_host_together() -> None:
    check_apart([ROUTE, SiteRoute("other", ("other.example",))])
    with pytest.raises(Misconfigured, match=r"small and other both take archive\.example"):
        check_apart([ROUTE, SiteRoute("other", ("archive.example",))])


@pytest.mark.parametrize("id_", ["", ".a", "a.", "a/b", "a:b", "a" * 201, "é", 5])
def test_an_id_needs_no_quoting(id_: str) -> None:
    with pytest.raises(ValidationError):
        Entry(id_, "https://archive.example/a")


@pytest.mark.parametrize("id_", ["a", "a-b_c.d", "0" * 200, "a..b"])
def test_a_plain_id_stays_as_it_is(id_: str) -> None:
    assert video_id(ROUTE.extractor, Entry(id_, "https://archive.example/a").id) == f"site.small:{id_}"


@pytest.mark.parametrize(
    "wrong", [{"address": "ftp://a/b"}, {"seconds": -1}, {"title": None}, {"seconds": "5"}, {"headers": {"a": 5}}]
)
def test_media_is_checked_where_it_is_made(wrong: dict[str, object]) -> None:
    given: dict[str, Any] = {"address": "https://archive.example/a.mp3", "title": "A"}
    Media(**given)
    with pytest.raises(ValidationError):
        Media(**given | wrong)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (Gone("x"), Reason.NOT_FOUND),
        (Private("HTTP Error 429"), Reason.PRIVATE),
        (NotYet("x", NOW), Reason.NOT_YET),
        (TooManyRequests("x", 5), Reason.TOO_MANY_REQUESTS),
        (KeyError("Video unavailable"), Reason.EXTRACTOR_BROKEN),
        (MemoryError(), Reason.ANSWER_TOO_LARGE),
        (TimeoutError(), Reason.TIMEOUT),
        (PermissionError("Private video"), Reason.UNKNOWN),
        (HttpError(404, "https://archive.example/a"), Reason.NOT_FOUND),
        (HttpError(410, "https://archive.example/a"), Reason.NOT_FOUND),
        (HttpError(403, "https://archive.example/a"), Reason.FORBIDDEN),
        (HttpError(429, "https://archive.example/a"), Reason.TOO_MANY_REQUESTS),
        (HttpError(503, "https://archive.example/a"), Reason.SERVER_ERROR),
        (HttpError(418, "https://archive.example/a"), Reason.UNKNOWN),
        (SystemExit("x"), Reason.EXTRACTOR_BROKEN),
    ],
)
def test_types_decide_the_reason_and_texts_do_not(error: BaseException, reason: Reason) -> None:
    evidence = site_evidence(SiteCodeFailed("small", error), Words())
    assert classify(evidence, NOW).reason == reason


def test_a_defect_of_a_site_names_its_place(folder: Path) -> None:
    install(folder, "place", "def fetch(entry):\n    return {}['items']\n", "site-with-a-place")
    site = load("place")
    with pytest.raises(KeyError) as raised:
        site.fetch(Entry("a", "https://archive.example/a"))
    evidence = site_evidence(SiteCodeFailed("place", raised.value), Words())
    assert evidence.text == "The package of the site place failed: KeyError: 'items' (site_with_a_place.py:2)"


@pytest.mark.parametrize("status", [404, 410, 403, 429, 503])
@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (KeyError("x"), Reason.EXTRACTOR_BROKEN),
        (SystemExit("x"), Reason.EXTRACTOR_BROKEN),
        (FileNotFoundError("cached page"), Reason.UNKNOWN),
        (Private("x"), Reason.PRIVATE),
        (HttpError(410, "https://archive.example/b"), Reason.NOT_FOUND),
    ],
)
def test_the_page_that_a_site_was_handling_says_nothing_of_its_failure(
    status: int, error: BaseException, reason: Reason
) -> None:
    error.__context__ = error.__cause__ = HttpError(status, "https://archive.example/a")
    assert classify(site_evidence(SiteCodeFailed("small", error), Words()), NOW).reason == reason


class Unnamed(SiteFailure):
    """Has no reason."""


class Invented(SiteFailure):
    """Has one that is no member of Reason."""


Invented.reason = cast("Reason", "not-found")


class Incomplete(NotYet):
    def __init__(self) -> None:
        Exception.__init__(self, "x")


def test_a_failure_that_a_site_declares_wrongly_is_its_defect() -> None:
    odd = NotYet("x", NOW)
    odd.begins_at = datetime(9999, 12, 31, tzinfo=UTC)
    for error in (Unnamed("x"), Invented("x"), Incomplete(), odd):
        with pytest.raises(SiteFailure) as raised:
            raise error
        evidence = site_evidence(SiteCodeFailed("small", raised.value), Words())
        assert evidence.reason == Reason.EXTRACTOR_BROKEN
        assert "(test_sites.py:" in evidence.text


@pytest.mark.parametrize("wrong", ["60", NOW, timedelta(minutes=1), True])
def test_the_seconds_of_a_rest_are_a_number(wrong: Any) -> None:
    with pytest.raises(TypeError, match="instead of a number of seconds"):
        TooManyRequests("slow", wrong)


@pytest.mark.parametrize(
    ("named", "kept"),
    [
        (30, 30),
        (0.5, 0.5),
        (None, None),
        (float("nan"), None),
        (-5, 0),
        (float("inf"), MAX_SECONDS),
        (1e300, MAX_SECONDS),
    ],
)
def test_the_seconds_of_a_rest_are_within_bounds(named: float | None, kept: float | None) -> None:
    error = TooManyRequests("slow", named)
    assert error.retry_after == kept
    assert classify(site_evidence(SiteCodeFailed("small", error), Words()), NOW).reason == Reason.TOO_MANY_REQUESTS


@pytest.mark.parametrize(
    ("begins_at", "error"),
    [
        (datetime(9999, 12, 31, tzinfo=UTC), ValueError),
        (datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-5))), ValueError),
        (datetime(1, 1, 1, tzinfo=UTC), ValueError),
        (date(2030, 1, 1), TypeError),
        ("2030-01-01T00:00:00Z", TypeError),
        (None, TypeError),
    ],
)
def test_a_moment_to_wait_for_is_one_of_the_calendar(begins_at: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        NotYet("x", begins_at)


@pytest.mark.parametrize(
    ("status", "error"), [("404", TypeError), (None, TypeError), (True, TypeError), (0, ValueError)]
)
def test_a_status_is_a_number_of_http(status: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        HttpError(status, "https://archive.example/a")


def test_what_a_site_makes_wrongly_is_told_with_the_sites_own_place(folder: Path) -> None:
    for name, made in (
        ("rest", "TooManyRequests('x', '60')"),
        ("entry", "Entry('a/b', 'x')"),
        ("decode", "loads('<')"),
    ):
        code = "from json import loads\nfrom services.scraper.sites import *\ndef fetch(entry):\n    "
        install(folder, name, f"{code}return {made}\n", f"site-of-{name}")
        with pytest.raises((TypeError, ValueError)) as raised:
            load(name).fetch(Entry("a", "https://archive.example/a"))
        evidence = site_evidence(SiteCodeFailed(name, raised.value), Words())
        assert evidence.text.endswith(f"(site_of_{name}.py:4)")


@pytest.mark.parametrize(
    "headers",
    [
        {"A": "b\r\nC: d"},
        {"A": "b\n"},
        {"A": " b"},
        {"A": "\x00"},
        {"A\r\n": "b"},
        {"A b": "c"},
        {"": "b"},
        {"A": "漢"},
    ],
)
def test_a_header_is_one_line(headers: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Media("https://archive.example/a.mp3", "A", headers=headers)
    with pytest.raises(ValueError, match="is no HTTP header"):
        web.read("http://127.0.0.1:1/", headers)


def test_a_plain_header_is_taken() -> None:
    headers = {"X-Key": 'a b; c="d"', "Cookie": "", "X-Name": "é"}
    assert Media("https://archive.example/a.mp3", "A", headers=headers).headers == headers


@pytest.mark.parametrize("hours", [14, -14])
def test_a_publication_is_within_the_calendar_in_utc(hours: int) -> None:
    zone = timezone(timedelta(hours=hours))
    edge = datetime(1, 1, 1, tzinfo=zone) if hours > 0 else datetime(9999, 12, 31, 23, tzinfo=zone)
    with pytest.raises(ValidationError, match="outside the calendar"):
        Entry("a", "https://archive.example/a", published=edge)
    with pytest.raises(ValidationError, match="outside the calendar"):
        Media("https://archive.example/a.mp3", "A", published=edge)


def test_a_moment_without_a_zone_is_in_utc() -> None:
    without_zone = datetime.fromisoformat("2026-01-01")
    assert moment_of(date(2026, 1, 1)) == moment_of(without_zone) == NOW
    with pytest.raises(ValueError, match="time zone"):
        NotYet("x", without_zone)
