"""The services' user of MongoDB as docker-compose.yml makes it: it can do all they do, in one database, and no more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from dev.install import SERVERS_BIN
from dev.ports import free_port
from dev.processes.program import Program, RunningProgram, answers_tcp
from shared.catalog.connection import connect
from shared.catalog.playlists.acceptance import accept_playlist
from shared.catalog.videos.acceptance import Entry, accept_videos
from shared.errors import Misconfigured
from shared.settings import MongoSettings
from tests.state_folders import state_folder

DATABASE, USER, PASSWORD, ROOT_PASSWORD = "fonoteca", "fonoteca", "of-the-services", "of-root"
PLAYLIST, URL = "youtube:PLusers00000001", "https://www.youtube.com/playlist?list=PLusers00000001"


def _start(folder: Path, port: int, *more: str) -> RunningProgram:
    where = ["--host", "127.0.0.1", "--port", str(port), "--storage-path", str(folder / "data"), "--cache-size", "64M"]
    command = [str(SERVERS_BIN / "secantusd-py"), *where, *more]
    running = RunningProgram(Program("mongodb", command, answers_tcp(port)), folder / "log")
    running.wait_ready()
    return running


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """host:port of a server that asks everybody who they are, with the users of deploy/compose/mongodb/users.js."""
    port = free_port()
    with state_folder("tests-mongodb") as folder:
        running = _start(folder, port)
        with MongoClient[dict[str, object]](f"mongodb://127.0.0.1:{port}/?directConnection=true") as client:
            client.admin.command("createUser", "root", pwd=ROOT_PASSWORD, roles=["root"])
            rights = [{"role": "readWrite", "db": DATABASE}]
            client.admin.command("createUser", USER, pwd=PASSWORD, roles=rights)
        running.stop()
        running = _start(folder, port, "--auth")
        yield f"127.0.0.1:{port}"
        running.stop()


def settings(address: str, sign_in: str) -> MongoSettings:
    uri = f"mongodb://{sign_in}{address}/?directConnection=true"
    return MongoSettings(uri=SecretStr(uri), database=DATABASE)


async def test_the_catalog_makes_its_collections_and_indexes_and_works(address: str) -> None:
    catalog = await connect(settings(address, f"{USER}:{PASSWORD}@"), "tests", 10)
    await accept_playlist(catalog, PLAYLIST, URL)
    entry = Entry("youtube:usersvideo1", "https://youtu.be/usersvideo1", "x")
    await accept_videos(catalog, PLAYLIST, ("mp3-320",), [entry], await catalog.now())
    assert await catalog.videos.count_documents({}) == 1
    await catalog.close()


@pytest.mark.parametrize("database", ["another", "admin"])
def test_it_sees_no_other_database(address: str, database: str) -> None:
    with MongoClient[dict[str, object]](f"mongodb://{USER}:{PASSWORD}@{address}/?directConnection=true") as client:
        with pytest.raises(OperationFailure, match="not authorized"):
            client[database]["videos"].find_one()
        with pytest.raises(OperationFailure, match="not authorized"):
            client[database]["videos"].insert_one({})


@pytest.mark.parametrize("sign_in", ["", f"{USER}:another@", "nobody:x@"], ids=["nobody", "wrong password", "no user"])
async def test_a_service_that_may_not_sign_in_says_so(address: str, sign_in: str) -> None:
    with pytest.raises(Misconfigured, match="MONGO_URI"):
        await connect(settings(address, sign_in), "tests", 10)
