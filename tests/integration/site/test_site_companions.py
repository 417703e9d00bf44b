"""What lies beside a video of the local site, as yt-dlp finds it: pictures, captions, chapters."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yt_dlp
from yt_dlp.networking.exceptions import HTTPError

from dev.stack import Stack
from tests.site import requests_of

pytestmark = pytest.mark.usefixtures("through_the_site")
Look = Callable[..., dict[str, Any]]
WATCH = "https://www.youtube.com/watch?v="


@pytest.fixture
def ydl(tmp_path: Path) -> Iterator[yt_dlp.YoutubeDL]:
    """yt-dlp that writes pictures and captions, and no sound."""
    options = {
        "quiet": True,
        "noprogress": True,
        "cachedir": False,
        "compat_opts": {"no-certifi"},
        "skip_download": True,
        "writethumbnail": True,
        "writesubtitles": True,
        "writeautomaticsub": True,
        "subtitleslangs": ["all"],
        "subtitlesformat": "vtt",
        "outtmpl": {"default": str(tmp_path / "%(id)s.%(ext)s")},
    }
    with yt_dlp.YoutubeDL(options) as ydl:
        yield ydl


@pytest.fixture
def look(add_playlist: Callable[..., str], ydl: yt_dlp.YoutubeDL) -> Look:
    """Puts a video on the site and lets yt-dlp write what lies beside it. Returns what it found."""

    def call(**video: Any) -> dict[str, Any]:
        add_playlist(f"PL{video['id']}", [{"title": "x", **video}])
        info: dict[str, Any] = ydl.extract_info(WATCH + video["id"])
        return info

    return call


def test_a_picture(look: Look, tmp_path: Path, servers: Stack) -> None:
    info = look(id="sitecover01")
    assert info["thumbnail"] == "https://i.ytimg.com/vi/sitecover01/maxresdefault.jpg"
    [picture] = tmp_path.iterdir()
    assert picture.name == "sitecover01.jpg"
    assert picture.read_bytes()[:3] == b"\xff\xd8\xff"
    assert requests_of(servers, "thumbnail", "sitecover01") > 0
    assert requests_of(servers, "media", "sitecover01") == 0


def test_no_picture(look: Look, tmp_path: Path, servers: Stack) -> None:
    look(id="sitecover02", cover=False)
    assert list(tmp_path.iterdir()) == []
    assert requests_of(servers, "thumbnail", "sitecover02") > 0


def test_captions_that_people_wrote_and_those_of_a_machine(look: Look, tmp_path: Path, servers: Stack) -> None:
    info = look(id="sitewords01", cover=False, captions="fon", subtitles=["fr", "en-GB"])
    assert sorted(info["subtitles"]) == ["en-GB", "fr"]
    assert sorted(info["automatic_captions"]) == ["fon", "fon-orig"]
    written = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert set(written) == {f"sitewords01.{name}.vtt" for name in ("en-GB", "fon", "fon-orig", "fr")}
    assert "00:00:04.000 --> 00:00:05.000\nfr 3\n" in written["sitewords01.fr.vtt"]
    assert requests_of(servers, "captions", "sitewords01") == 4


@pytest.mark.parametrize("status", [404, 429])
def test_captions_that_are_refused(look: Look, ydl: yt_dlp.YoutubeDL, tmp_path: Path, status: int) -> None:
    ydl.params["ignoreerrors"] = True
    info = look(id=f"sitewords{status}"[:11], cover=False, subtitles=["fr"], captions_status=status, retry_after=9)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(HTTPError) as caught:
        ydl.urlopen(info["subtitles"]["fr"][-1]["url"])
    assert caught.value.status == status
    assert caught.value.response.headers["Retry-After"] == "9"


def test_chapters(look: Look) -> None:
    info = look(id="sitechapter", cover=False, description="Heard here:\n0:00 Beginning\n0:02 Middle\n0:04 End\nBye")
    found = [(chapter["start_time"], chapter["end_time"], chapter["title"]) for chapter in info["chapters"]]
    assert found == [(0, 2, "Beginning"), (2, 4, "Middle"), (4, 5, "End")]
