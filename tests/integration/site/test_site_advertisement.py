"""An advertisement before a video of the local site: yt-dlp waits until it is over, who does not is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yt_dlp

from dev.stack import Stack
from services.scraper.engines import ytdlp
from services.scraper.engines.values import Downloaded, SourceRules
from tests.site import requests_of

RULES = SourceRules(request_interval=0, extractors=("youtube.*",))
pytestmark = pytest.mark.usefixtures("through_the_site")
WATCH = "https://www.youtube.com/watch?v="


def test_no_media_is_asked_for_during_the_advertisement(
    add_playlist: Callable[..., str], tmp_path: Path, servers: Stack
) -> None:
    add_playlist("PLsiteadvert1", [{"id": "siteadvert1", "title": "x", "advertisement_seconds": 2}])
    result = ytdlp.fetch(WATCH + "siteadvert1", tmp_path, RULES)
    assert isinstance(result, Downloaded), result
    assert requests_of(servers, "media", "siteadvert1") > 0
    assert requests_of(servers, "early-media", "siteadvert1") == 0


def test_media_is_refused_during_the_advertisement(add_playlist: Callable[..., str], servers: Stack) -> None:
    add_playlist("PLsiteadvert2", [{"id": "siteadvert2", "title": "x", "advertisement_seconds": 3600}])
    with yt_dlp.YoutubeDL({"quiet": True, "cachedir": False, "compat_opts": {"no-certifi"}}) as ydl:
        info = ydl.extract_info(WATCH + "siteadvert2", download=False)
        with pytest.raises(yt_dlp.networking.exceptions.HTTPError, match="403"):
            ydl.urlopen(info["url"])
    assert requests_of(servers, "early-media", "siteadvert2") == 1
