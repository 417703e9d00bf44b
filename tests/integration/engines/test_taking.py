"""What the real yt-dlp takes of a video of the local site: the original's sound, and nothing beyond the limits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dev.stack import Stack
from services.scraper.engines import ytdlp
from services.scraper.engines.values import Downloaded, SourceRules
from services.scraper.failures import Evidence, classify
from tests.site import requests_of

RULES = SourceRules(request_interval=0, extractors=("youtube.*",))
pytestmark = pytest.mark.usefixtures("through_the_site")
AddPlaylist = Callable[..., str]
WATCH = "https://www.youtube.com/watch?v="


@pytest.fixture
def fetch(add_playlist: AddPlaylist, tmp_path: Path) -> Callable[..., Downloaded | Evidence]:
    """Puts a video on the site and downloads it."""

    def call(rules: SourceRules = RULES, **video: Any) -> Downloaded | Evidence:
        add_playlist(f"PL{video['id']}", [{"title": "x", **video}])
        folder = tmp_path / video["id"]
        folder.mkdir(exist_ok=True)
        return ytdlp.fetch(WATCH + video["id"], folder, rules)

    return call


def reason(result: Downloaded | Evidence) -> str:
    assert isinstance(result, Evidence), result
    failure = classify(result, datetime.now(UTC))
    return f"{failure.failure_class.value} {failure.reason}"


def test_the_original_is_taken_though_a_dub_is_played_by_default(fetch: Callable[..., Any]) -> None:
    plain = fetch(id="takeplain01", seconds=6, take=40, codecs=["opus"])
    dubbed = fetch(id="takedubbed1", seconds=6, take=40, codecs=["opus"], language="fon", dubs=["en", "fr"])
    assert dubbed.metadata["language"] == "fon"
    assert dubbed.path.read_bytes() == plain.path.read_bytes()
    english = fetch(replace(RULES, language="en"), id="takedubbed1", seconds=6, take=40, language="fon", dubs=["en"])
    assert english.metadata["language"] == "en"
    assert english.path.read_bytes() != plain.path.read_bytes()


@pytest.mark.parametrize("missing", ["original_offered", "original_named"])
def test_a_dub_is_never_taken_for_the_original(fetch: Callable[..., Any], missing: str, servers: Stack) -> None:
    video = {"id": f"dub{missing[-8:]}", "language": "fon", "dubs": ["en", "fr"], missing: False}
    result = fetch(**video)
    assert reason(result) == "tool track-missing"
    assert "only in en" in result.text
    assert requests_of(servers, "media", str(video["id"])) == 0


def test_the_only_track_is_taken_though_captions_alone_tell_its_language(fetch: Callable[..., Any]) -> None:
    result = fetch(id="takecaption", captions="fon")
    assert isinstance(result, Downloaded), result
    assert result.metadata["language"] == "fon"


def test_a_language_that_is_not_there_is_a_reason(fetch: Callable[..., Any]) -> None:
    result = fetch(replace(RULES, language="de"), id="takegerman1", language="fon", dubs=["en"])
    assert reason(result) == "tool track-missing"


def test_what_is_too_long_is_not_asked_for(fetch: Callable[..., Any], servers: Stack) -> None:
    assert reason(fetch(replace(RULES, longest_seconds=10), id="takelong001", seconds=11)) == (
        "permanent longer-than-allowed"
    )
    assert requests_of(servers, "media", "takelong001") == 0
    assert isinstance(fetch(replace(RULES, longest_seconds=11), id="takelong002", seconds=11), Downloaded)


def test_what_is_too_large_is_stopped(fetch: Callable[..., Any]) -> None:
    """60 s at 128 kbit/s are 0.96 MB."""
    assert reason(fetch(replace(RULES, largest_bytes=500_000), id="takelarge01", seconds=60)) == (
        "permanent larger-than-allowed"
    )
    assert isinstance(fetch(replace(RULES, largest_bytes=2_000_000), id="takelarge02", seconds=60), Downloaded)
