"""No recording with a hole is stored, and no whole one refused, by the real yt-dlp and FFmpeg. `make bench ARGS=holes`
tries the same with recordings of up to three hours.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dev.checks.recording_check import recordings, try_recording
from dev.stack import Stack
from services.scraper.media.ffmpeg import Ffmpeg, find_ffmpeg
from tests.site import requests_of

pytestmark = pytest.mark.usefixtures("through_the_site")
AddPlaylist = Callable[..., str]
WATCH = "https://www.youtube.com/watch?v="
VIDEOS = recordings("holeshort", 20)


@pytest.mark.parametrize("name", VIDEOS)
async def test_what_has_a_hole_is_refused(add_playlist: AddPlaylist, name: str) -> None:
    video = VIDEOS[name]
    add_playlist("PLholesshort01", [video])
    outcome = await try_recording(Ffmpeg(find_ffmpeg()), WATCH + video["id"], "mp3-320,original")
    assert (outcome.refused is None) == name.endswith("whole"), (name, outcome)


@pytest.mark.parametrize("missing", [0, 1, -1])
async def test_a_fragment_that_is_missing_is_no_small_thing(
    add_playlist: AddPlaylist, servers: Stack, missing: int
) -> None:
    """yt-dlp skips it unless told otherwise."""
    id_ = f"fragment{missing:03}"
    video = {"id": id_, "title": "x", "seconds": 20, "fragment_seconds": 2, "fragments_missing": [missing]}
    add_playlist("PLfragments001", [video])
    outcome = await try_recording(Ffmpeg(find_ffmpeg()), WATCH + id_, "mp3-320")
    assert outcome.refused == "fragment-missing"
    assert requests_of(servers, "media", id_) > 0


@pytest.mark.parametrize("page", [30, 12])
async def test_a_page_that_is_wrong_about_its_sound_is_not_believed(add_playlist: AddPlaylist, page: float) -> None:
    """The track's own length agrees with what was heard."""
    id_ = f"pagewrong{page:02}"
    add_playlist("PLpagewrong001", [{"id": id_, "title": "x", "seconds": 22, "page_seconds": page}])
    assert (await try_recording(Ffmpeg(find_ffmpeg()), WATCH + id_, "mp3-320")).refused is None


@pytest.mark.parametrize("codecs", [["opus"], ["m4a"]])
@pytest.mark.parametrize("profiles", ["original", "mp3-320,original", "flac"])
async def test_sound_in_another_codec_than_its_container_says_is_stored_if_it_is_whole(
    add_playlist: AddPlaylist, codecs: list[str], profiles: str
) -> None:
    id_ = f"othercodec{codecs[0][0]}"
    add_playlist("PLothercodec01", [{"id": id_, "title": "x", "codecs": codecs, "trouble": "other-codec"}])
    assert (await try_recording(Ffmpeg(find_ffmpeg()), WATCH + id_, profiles)).refused is None
