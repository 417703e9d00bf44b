"""Getting recordings out of the running system, with the command that people call."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import httpx

from cli.api.client import Client
from dev.stack import Stack
from tests.e2e.pipeline import when_ended

FONOTECA = str(Path(sys.executable).parent / "fonoteca")


def test_what_was_fetched_from_a_source_plays_at_home(
    stack: Stack, client: Client, add_to_site: Callable[..., str], tmp_path: Path
) -> None:
    channel = {"channel": "Radio / Zou"}
    videos = [
        {"id": "getstored01", "title": "Conte: Yɔ̀gbó", "seconds": 8, **channel},
        {"id": "getstored02", "title": "../Conte", "seconds": 5, "take": 1, **channel},
        {"id": "getgone0001", "title": "Gone", "trouble": "removed"},
    ]
    playlist = client.submit(add_to_site("PLgetthem0001", videos, title="À emporter"))["id"]
    stored = {v["id"]: v for v in when_ended(client, playlist, videos=3) if v["state"] == "stored"}
    assert set(stored) == {"youtube:getstored01", "youtube:getstored02"}
    done = subprocess.run(
        [FONOTECA, "--env-file", str(stack.env_file), "get", "--playlist", playlist, "--to", str(tmp_path)],
        capture_output=True,
        text=True,
        env={name: value for name, value in os.environ.items() if not name.startswith("API_")},
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    files = {path.name: path for path in (tmp_path / "Radio _ Zou").iterdir()}
    assert set(files) == {
        "2026-03-14 Conte_ Yɔ̀gbó [getstored01].mp3",
        "2026-03-14 .._Conte [getstored02].mp3",
    }
    for path in files.values():
        [video] = [video for id_, video in stored.items() if id_.removeprefix("youtube:") in path.name]
        assert hashlib.sha256(path.read_bytes()).hexdigest() == video["audio"]["sha256"]
        subprocess.run(["ffmpeg", "-v", "error", "-xerror", "-i", str(path), "-f", "null", "-"], check=True)

    # The same, as a podcast player fetches it: its server knows a password, and no address tells a key.
    secret = client.make_key("podcast app", "listen", 1)["key"]
    url = f"{stack.exports['API_URL']}/v1/playlists/{playlist}/feed.rss"
    with httpx.Client(auth=("me", secret), trust_env=False) as player:
        channel_ = ElementTree.fromstring(player.get(url).content)[0]
        found = {}
        for item in channel_.findall("item"):
            enclosure = item.find("enclosure")
            assert enclosure is not None
            found[item.findtext("guid")] = player.get(enclosure.get("url", "")).content
    assert channel_.findtext("title") == "À emporter"
    assert {id_: hashlib.sha256(content).hexdigest() for id_, content in found.items()} == {
        id_: video["audio"]["sha256"] for id_, video in stored.items()
    }

    # An address of the store itself, which asks for no key and gives what was stored.
    link = client.link("youtube:getstored01", "mp3-320.mp3")
    content = httpx.get(link["url"], trust_env=False).content
    assert hashlib.sha256(content).hexdigest() == stored["youtube:getstored01"]["audio"]["sha256"] == link["sha256"]
