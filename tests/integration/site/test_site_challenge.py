"""A challenge in the media addresses of the local site: yt-dlp solves it by running the player's script."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yt_dlp

from dev.stack import Stack
from services.scraper.engines import ytdlp
from services.scraper.engines.values import Downloaded, SourceRules
from services.scraper.engines.ytdlp import client, downloading
from services.scraper.failures import Evidence, classify
from tests.site import requests_of

RULES = SourceRules(request_interval=0, extractors=("youtube.*",))
pytestmark = pytest.mark.usefixtures("through_the_site")
WATCH = "https://www.youtube.com/watch?v="


def test_a_challenge_is_solved(add_playlist: Callable[..., str], tmp_path: Path, servers: Stack) -> None:
    add_playlist("PLsitesolved1", [{"id": "sitesolved1", "title": "x", "challenge": True}])
    result = ytdlp.fetch(WATCH + "sitesolved1", tmp_path, RULES)
    assert isinstance(result, Downloaded), result
    assert requests_of(servers, "media", "sitesolved1") > 0
    assert requests_of(servers, "unsolved-media", "sitesolved1") == 0


def test_media_is_refused_with_another_solution(add_playlist: Callable[..., str], servers: Stack) -> None:
    add_playlist("PLsitesolved2", [{"id": "sitesolved2", "title": "x", "challenge": True}])
    with yt_dlp.YoutubeDL({"quiet": True, "cachedir": False, "compat_opts": {"no-certifi"}}) as ydl:
        info = ydl.extract_info(WATCH + "sitesolved2", download=False)
        with pytest.raises(yt_dlp.networking.exceptions.HTTPError, match="403"):
            ydl.urlopen(yt_dlp.utils.update_url_query(info["url"], {"n": "0123456789abcdef"}))
        ydl.urlopen(info["url"]).close()
    assert requests_of(servers, "unsolved-media", "sitesolved2") == 1


def test_without_a_runtime_for_scripts_the_tool_is_at_fault(
    add_playlist: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = client.options_of
    monkeypatch.setattr(downloading, "options_of", lambda *given: usual(*given) | {"js_runtimes": {}})
    add_playlist("PLsitenorun01", [{"id": "sitenorun01", "title": "x", "challenge": True}])
    result = ytdlp.fetch(WATCH + "sitenorun01", tmp_path, RULES)
    assert isinstance(result, Evidence), result
    failure = classify(result, datetime.now(UTC))
    assert (failure.failure_class.value, failure.reason) == ("tool", "js-runtime"), result
