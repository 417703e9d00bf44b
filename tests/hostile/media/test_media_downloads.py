"""Hostile streams and downloads lead nowhere inside, and are opened as nothing but media."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from dev.stack import Stack
from services.scraper.engines.values import Downloaded, SourceRules
from services.scraper.failures import classify
from services.scraper.media.ffmpeg import Ffmpeg, find_ffmpeg
from services.scraper.workers.pool import Workers
from tests.hostile.media.surroundings import Surroundings, encoded
from tests.hostile.media_inputs import STREAMS, TEXTS
from tests.site import add_playlist_to_site

WATCH = "https://www.youtube.com/watch?v="
POLITE = SourceRules(request_interval=0, extractors=("youtube.*",))


@pytest.fixture(scope="module")
def workers(servers: Stack) -> Iterator[Workers]:
    """A pool whose workers reach the local site by its proxy."""
    with pytest.MonkeyPatch.context() as environment:
        for name in ("https_proxy", "HTTPS_PROXY"):
            environment.setenv(name, servers.exports["FONOTECA_SITE_PROXY"])
        environment.setenv("SSL_CERT_FILE", servers.exports["FONOTECA_SITE_CA"])
        pool = Workers(slots=1, tasks_per_worker=50)
        yield pool
        asyncio.run(pool.close())


@pytest.fixture(scope="module")
def unguarded_workers() -> Iterator[Workers]:
    """Workers of their own: the guard of the network is never taken off again."""
    pool = Workers(slots=1, tasks_per_worker=50)
    yield pool
    asyncio.run(pool.close())


@pytest.fixture
def add_playlist(servers: Stack) -> Callable[..., str]:
    return partial(add_playlist_to_site, servers)


async def outcome(workers: Workers, url: str, folder: Path) -> str:
    """What an attempt ends with, as far as the media decides: "" if it would be stored."""
    folder.mkdir(exist_ok=True)
    result = (await workers.fetch(url, folder, POLITE, 120)).result
    if not isinstance(result, Downloaded):
        return classify(result, datetime.now(UTC)).reason
    return await encoded(Ffmpeg(find_ffmpeg()), result.path, result.source_codec)


@pytest.mark.parametrize("name", STREAMS)
async def test_a_stream_leads_nowhere_inside(
    workers: Workers, add_playlist: Callable[..., str], around: Surroundings, tmp_path: Path, name: str
) -> None:
    text, expected = STREAMS[name]
    id_ = f"hstream{list(STREAMS).index(name):04}"
    manifest = around.filled(text, fragment=f"/fragments/{id_}/0.ts")
    add_playlist(f"PL{id_}", [{"id": id_, "title": name, "seconds": 2, "fragment_seconds": 2, "manifest": manifest}])
    ended = await outcome(workers, WATCH + id_, tmp_path / "work")
    around.check()
    assert ended == expected


@pytest.mark.parametrize("name", [name for name in STREAMS if name.startswith(("sample-aes", "a method", "a key"))])
async def test_a_stream_is_not_handed_to_ffmpeg(
    unguarded_workers: Workers, around: Surroundings, tmp_path: Path, name: str
) -> None:
    """Where inner hosts may be asked, so that FFmpeg would get all that it asks for: it does not come."""
    text, expected = STREAMS[name]
    around.inner.pages["/stream.m3u8"] = around.filled(text, fragment="/piece.ts").encode()
    rules = SourceRules(0, ("default",), private_hosts=True)
    (tmp_path / "work").mkdir()
    address = f"http://{around.inner.address}/stream.m3u8"
    result = (await unguarded_workers.fetch(address, tmp_path / "work", rules, 120)).result
    # yt-dlp reads the playlist, and an honest piece; FFmpeg would use its name, and ask for keys and pieces.
    asked = {visit.split(" ")[1] for visit in around.inner.visits}
    assert asked == ({"/stream.m3u8"} if expected else {"/stream.m3u8", "/piece.ts"})
    assert "lavf" not in " ".join(around.inner.visits).lower()
    assert not around.opened.opened()
    assert expected == ("" if isinstance(result, Downloaded) else classify(result, datetime.now(UTC)).reason)


@pytest.mark.parametrize("name", ["m3u8 of file:", "ffconcat", "sdp", "mpd of http", "svg of file:", "cue"])
async def test_a_download_that_is_no_media_is_opened_as_nothing_else(
    workers: Workers, add_playlist: Callable[..., str], around: Surroundings, tmp_path: Path, name: str
) -> None:
    id_ = f"hmedia{list(TEXTS).index(name):05}"
    video = {"id": id_, "title": name, "seconds": 2, "codecs": ["m4a"]}
    add_playlist(f"PL{id_}", [{**video, "media_text": around.filled(TEXTS[name])}])
    assert await outcome(workers, WATCH + id_, tmp_path / "work") == "damaged-media"
    around.check()
