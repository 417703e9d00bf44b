"""A limit on every media connection of the local site, which can be changed while an answer is under way."""

from __future__ import annotations

import json
import ssl
import urllib.request
from collections.abc import Callable, Iterator

import pytest

from dev.site.client import set_speed
from dev.site.playback import STEP_SECONDS
from dev.stack import Stack

#: Bytes a second at which the end of a sound is minutes away.
SLOW = 100


@pytest.fixture
def speed(servers: Stack) -> Iterator[Callable[[int], None]]:
    """Sets the site's bytes a second for each connection; no limit after the test."""
    yield lambda bytes_per_second: set_speed(servers.exports, bytes_per_second)
    set_speed(servers.exports, 0)


@pytest.fixture
def web(servers: Stack) -> urllib.request.OpenerDirector:
    """Opens addresses of the site, and gives what has come as it came."""
    return urllib.request.build_opener(
        urllib.request.ProxyHandler({"https": servers.exports["FONOTECA_SITE_PROXY"]}),
        urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=servers.exports["FONOTECA_SITE_CA"])),
    )


@pytest.mark.parametrize("own", [0, 10**9])
def test_media_comes_in_small_steps_until_the_limit_is_lifted(
    add_playlist: Callable[..., str], speed: Callable[[int], None], web: urllib.request.OpenerDirector, own: int
) -> None:
    id_ = f"sitespeed{min(own, 1):02}"
    add_playlist(f"PL{id_}", [{"id": id_, "title": "x", "bytes_per_second": own}])
    with web.open("https://www.youtube.com/youtubei/v1/player", json.dumps({"videoId": id_}).encode()) as answer:
        address = json.load(answer)["streamingData"]["adaptiveFormats"][0]["url"]
    speed(SLOW)
    with web.open(address) as media:
        first = media.read1()
        assert len(first) <= SLOW * STEP_SECONDS
        speed(0)
        rest = media.read()
    assert len(first + rest) == int(media.headers["Content-Length"])
