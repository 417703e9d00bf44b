"""A live event on the local site, by the site's own clock: live, then being made ready, then a recording."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yt_dlp

from dev.site.client import set_clock
from dev.stack import Stack
from services.scraper.engines import ytdlp
from services.scraper.engines.values import Downloaded, SourceRules
from services.scraper.failures import classify

RULES = SourceRules(request_interval=0, extractors=("youtube.*",))
pytestmark = pytest.mark.usefixtures("through_the_site")
WATCH = "https://www.youtube.com/watch?v="
HOUR = 3600


@pytest.fixture
def put_clock(servers: Stack) -> Iterator[Callable[[float], None]]:
    """Puts the site's clock ahead by so many seconds; back again after the test."""
    yield lambda seconds: set_clock(servers.exports, seconds)
    set_clock(servers.exports, 0)


@pytest.fixture
def outcome(tmp_path: Path) -> Callable[[str], str]:
    """Downloads a video and names what becomes of it."""

    def call(id_: str) -> str:
        result = ytdlp.fetch(WATCH + id_, tmp_path, RULES)
        if isinstance(result, Downloaded):
            return "downloaded"
        failure = classify(result, datetime.now(UTC))
        return f"{failure.failure_class.value} {failure.reason}"

    return call


def test_a_live_event_becomes_a_recording(
    add_playlist: Callable[..., str], outcome: Callable[[str], str], put_clock: Callable[[float], None]
) -> None:
    now = time.time()
    times = {"live_until": now + HOUR, "processed_at": now + 2 * HOUR}
    add_playlist("PLsiteevent01", [{"id": "siteevent01", "title": "x", **times}])
    assert outcome("siteevent01") == "wait-until live"
    put_clock(HOUR + 1)
    assert outcome("siteevent01") == "wait-until live"
    put_clock(2 * HOUR + 1)
    assert outcome("siteevent01") == "downloaded"


def test_an_event_is_announced_then_live_then_a_recording_at_once(
    add_playlist: Callable[..., str], outcome: Callable[[str], str], put_clock: Callable[[float], None]
) -> None:
    now = time.time()
    event = {"trouble": "premiere", "premieres_at": now + HOUR, "live_until": now + 2 * HOUR}
    add_playlist("PLsiteevent02", [{"id": "siteevent02", "title": "x", **event}])
    assert outcome("siteevent02") == "wait-until not-yet"
    put_clock(HOUR + 1)
    assert outcome("siteevent02") == "wait-until live"
    put_clock(2 * HOUR + 1)
    assert outcome("siteevent02") == "downloaded"


def test_a_recording_is_told_from_an_ordinary_video(add_playlist: Callable[..., str]) -> None:
    def status(**video: Any) -> object:
        add_playlist(f"PL{video['id']}", [{"title": "x", **video}])
        with yt_dlp.YoutubeDL({"quiet": True, "cachedir": False, "compat_opts": {"no-certifi"}}) as ydl:
            return ydl.extract_info(WATCH + video["id"], download=False)["live_status"]

    assert status(id="siteevent03", live_until=time.time() - HOUR) == "was_live"
    assert status(id="siteevent04") == "not_live"
