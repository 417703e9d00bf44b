"""A budget of requests on the local site: what comes after it gets a 429, until the site is told otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yt_dlp
from yt_dlp.networking.exceptions import HTTPError

from dev.site.client import set_budget
from dev.stack import Stack
from services.scraper.engines import ytdlp
from services.scraper.engines.values import Downloaded, SourceRules
from services.scraper.failures import Evidence, classify
from tests.site import requests_of

RULES = SourceRules(request_interval=0, extractors=("youtube.*",))
pytestmark = pytest.mark.usefixtures("through_the_site")
WATCH = "https://www.youtube.com/watch?v="
#: Pages and calls of one download: its page, and the player's answer to two clients.
ONE_DOWNLOAD = 3


@pytest.fixture
def budget(servers: Stack) -> Iterator[Callable[..., None]]:
    """Sets the site's budget; none after the test."""
    yield lambda requests, **more: set_budget(servers.exports, requests, **more)
    set_budget(servers.exports, None)


def reason(result: Any) -> str:
    assert isinstance(result, Evidence), result
    failure = classify(result, datetime.now(UTC))
    return f"{failure.failure_class.value} {failure.reason}"


def test_downloads_are_refused_when_the_budget_is_spent(
    add_playlist: Callable[..., str], tmp_path: Path, servers: Stack, budget: Callable[..., None]
) -> None:
    add_playlist("PLsitebudget1", [{"id": "sitebudget1", "title": "x"}])
    before = requests_of(servers, "over-budget", "/youtubei/v1/player")
    budget(ONE_DOWNLOAD)
    assert isinstance(ytdlp.fetch(WATCH + "sitebudget1", tmp_path, RULES), Downloaded)
    assert requests_of(servers, "over-budget", "/youtubei/v1/player") == before
    assert reason(ytdlp.fetch(WATCH + "sitebudget1", tmp_path, RULES)) == "egress too-many-requests"
    assert requests_of(servers, "over-budget", "/youtubei/v1/player") > before
    budget(None)
    assert isinstance(ytdlp.fetch(WATCH + "sitebudget1", tmp_path, RULES), Downloaded)


@pytest.mark.parametrize("answered", range(ONE_DOWNLOAD))
def test_wherever_the_refusal_comes_it_is_the_egress_and_names_its_time(
    add_playlist: Callable[..., str], tmp_path: Path, budget: Callable[..., None], answered: int
) -> None:
    """Instead of the page, of both player's calls, of the second one: yt-dlp's last word is another each time."""
    add_playlist("PLsitebudget4", [{"id": "sitebudget4", "title": "x"}])
    budget(answered, retry_after=77)
    result = ytdlp.fetch(WATCH + "sitebudget4", tmp_path, RULES)
    if isinstance(result, Downloaded):
        assert answered == ONE_DOWNLOAD - 1, "one answer of the player is enough"
        return
    assert reason(result) == "egress too-many-requests"
    assert result.retry_after == 77


def test_listings_are_refused_too(add_playlist: Callable[..., str], budget: Callable[..., None]) -> None:
    url = add_playlist("PLsitebudget2", [{"id": "sitebudget2", "title": "x"}])
    budget(0)
    *_, last = ytdlp.list_videos(url, RULES)
    assert reason(last) == "egress too-many-requests"


@pytest.mark.parametrize(("seconds", "header"), [(0, None), (77, "77")])
def test_the_refusal_may_say_how_long(budget: Callable[..., None], seconds: int, header: str | None) -> None:
    budget(0, retry_after=seconds)
    with yt_dlp.YoutubeDL({"quiet": True, "compat_opts": {"no-certifi"}}) as ydl, pytest.raises(HTTPError) as caught:
        ydl.urlopen(WATCH + "sitebudget3")
    assert caught.value.status == 429
    assert caught.value.response.headers["Retry-After"] == header
