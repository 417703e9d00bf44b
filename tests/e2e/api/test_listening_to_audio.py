"""Hearing what is stored, through the API, from the real object store."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from cli.api.client import Client
from dev.stack import Stack
from tests.e2e.pipeline import when_ended


@pytest.fixture(scope="module")
def stored(client: Client, add_to_site: Callable[..., str]) -> dict[str, Any]:
    """A stored video in two profiles."""
    url = add_to_site("PLhear000001", [{"id": "hearvideo01", "title": "Ɖɔ “wé”; nú\tmì/x", "seconds": 20}])
    client.submit(url, {"profiles": ["mp3-128", "wav-16k-mono"]})
    [video] = when_ended(client, "youtube:PLhear000001", videos=1)
    return video


@pytest.fixture
def http(stack: Stack) -> httpx.Client:
    headers = {"Authorization": f"Bearer {stack.exports['API_KEY']}"}
    return httpx.Client(base_url=stack.exports["API_URL"], headers=headers, trust_env=False)


def test_the_whole_sound_is_what_was_stored(http: httpx.Client, stored: dict[str, Any]) -> None:
    for audio, type_ in ((stored["audio"], "audio/mpeg"), (stored["further"][0], "audio/wav")):
        answer = http.get(f"/v1/videos/{stored['id']}/audio", params={"profile": audio["profile"]})
        assert answer.status_code == 200
        assert hashlib.sha256(answer.content).hexdigest() == audio["sha256"]
        assert answer.headers["Content-Type"] == type_
        assert answer.headers["Accept-Ranges"] == "bytes"
        assert "%C6%89%C9%94" in answer.headers["Content-Disposition"]
    assert stored["profiles"] == ["mp3-128", "wav-16k-mono"]


def test_a_part_is_that_part(http: httpx.Client, stored: dict[str, Any]) -> None:
    url, size = f"/v1/videos/{stored['id']}/audio", stored["audio"]["size_bytes"]
    whole = http.get(url).content
    part = http.get(url, headers={"Range": "bytes=1000-1999"})
    assert (part.status_code, part.content) == (206, whole[1000:2000])
    assert part.headers["Content-Range"] == f"bytes 1000-1999/{size}"
    last = http.get(url, headers={"Range": "bytes=-100"})
    assert (last.status_code, last.content) == (206, whole[-100:])
    beyond = http.get(url, headers={"Range": f"bytes={size}-"})
    assert beyond.status_code == 416
    assert beyond.headers["Content-Range"] == f"bytes */{size}"
    # What a client has of another file does not go on with a part of this one.
    other = http.get(url, headers={"Range": "bytes=1000-1999", "If-Range": '"another"'})
    assert (other.status_code, len(other.content)) == (200, size)
    same = http.get(url, headers={"Range": "bytes=1000-1999", "If-Range": f'"{stored["audio"]["sha256"]}"'})
    assert same.status_code == 206


def test_what_cannot_be_heard_says_why(http: httpx.Client, stored: dict[str, Any]) -> None:
    for path, text in (
        (f"/v1/videos/{stored['id']}/audio?profile=flac", "stored of it: mp3-128, wav-16k-mono"),
        ("/v1/videos/youtube:none/audio", "There is no video"),
    ):
        answer = http.get(path)
        assert answer.status_code == 404
        assert text in answer.json()["detail"]
