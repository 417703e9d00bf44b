"""A state folder copied to another place: the stack starts there with all it held, and leaves the first alone."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import aio_pika
import pytest

from cli.api.client import Address, Client
from dev.checks.archive_check import check_video
from dev.demo.run import QUICK, publish
from dev.install import ROOT, VENV
from dev.servers.rabbitmq_data import adopt_data
from dev.stack import Stack
from dev.state import State
from shared.topology.services import SERVICES
from tests.e2e.pipeline import eventually, when_ended
from tests.site import add_playlist_to_site
from tests.state_folders import state_folder

#: Letters that Erlang writes in a way of its own.
COPY = "copié là"


@pytest.fixture
def folder() -> Iterator[Path]:
    with state_folder("moved") as folder:
        yield folder


def test_a_copied_state_has_everything_and_leaves_the_first_alone(folder: Path) -> None:
    first, copy = folder / "first", folder / COPY
    notes: list[str] = []
    with Stack(first, site=True, settings=QUICK, say=notes.append) as stack:
        playlist = add_playlist_to_site(stack, "PLstored00001", [{"id": "storedvide1", "title": "Before"}])
        asyncio.run(publish(playlist, stack.exports))
        when_ended(_client(stack), "youtube:PLstored00001", videos=1)
        stack.stop_programs(list(SERVICES))
        # Nobody has read these yet: the broker alone knows of them.
        asyncio.run(publish("https://www.youtube.com/playlist?list=PLunread00001", stack.exports))
        asyncio.run(_publish_rubbish(stack.exports["RABBITMQ_URL"]))
    assert not any("copied or moved" in note for note in notes)
    shutil.copytree(first, copy)
    before = _contents(first)

    stack = Stack(copy, site=True, say=notes.append)
    try:
        stack.start_servers()
        # RabbitMQ 4 keeps no paths with its queues, so there is nothing to lead home.
        configurations = (first / "rabbitmq/data").glob("*/*/*/*/config")
        if any(b"data_dir" in file.read_bytes() for file in configurations):
            assert [note for note in notes if "copied or moved" in note]
            assert "copied or moved" in (copy / "logs/stack.log").read_text()
        add_playlist_to_site(stack, "PLunread00001", [{"id": "unreadvide1", "title": "After"}])
        stack.start_services(SERVICES, QUICK)
        client = _client(stack)
        videos = [
            *when_ended(client, "youtube:PLstored00001", videos=1),
            *when_ended(client, "youtube:PLunread00001", videos=1),
        ]
        assert {video["id"]: video["state"] for video in videos} == {
            "youtube:storedvide1": "stored",
            "youtube:unreadvide1": "stored",
        }
        assert [check_video(video, stack.exports).problems for video in videos] == [(), ()]
        eventually(lambda: "not a playlist" in _fonoteca(stack, "parked", "list", "--json") or None, "parked message")
        assert "The promise is kept." in _fonoteca(stack, "audit", "--scrub")
    finally:
        stack.stop()
    assert _contents(first) == before

    # It has arrived: the next start finds nothing to do.
    state = State(copy)
    adopt_data(state)
    state.release()
    assert state.notes == []


def _client(stack: Stack) -> Client:
    return Client(Address(stack.exports["API_URL"], stack.exports["API_KEY"]))


def _contents(folder: Path) -> dict[str, tuple[int, int]]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in files}


def _fonoteca(stack: Stack, *arguments: str) -> str:
    command = [str(VENV / "bin/fonoteca"), "--env-file", str(stack.env_file), *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


async def _publish_rubbish(url: str) -> None:
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel(on_return_raises=True)
        exchange = await channel.get_exchange("fonoteca.work")
        await exchange.publish(aio_pika.Message(b"not a playlist"), "playlist.submitted.v1")
