"""Writes an archive as the code of this working copy makes it: documents of every kind, and the list of its objects.

    PYTHONPATH=<working copy> .venv/bin/python tests/migrations/write_archive.py FOLDER

Run it in a working copy of what is to be released, before anything in `shared/catalog/documents/` changes again. The
stack and the local site are that working copy's; so this program uses nothing of them but what all of them have.
"""

from __future__ import annotations

import json
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import aio_pika
import anyio
import httpx
from bson.json_util import CANONICAL_JSON_OPTIONS, dumps
from minio import Minio
from pymongo import MongoClient
from pymongo.database import Database

from dev.demo.run import QUICK
from dev.site.client import add_playlist
from dev.stack import Stack

#: Seconds for each of its parts.
PATIENCE_SECONDS = 300
#: What the server keeps for itself, or what is worth nothing a day later.
LEFT_OUT = {"sessions", "turns", "audits"}

_CC = "Creative Commons Attribution license (reuse allowed)"


def _video(id_: str, **more: Any) -> dict[str, Any]:
    return {"id": id_, "title": f"Tɛnkpɔn {id_}", "channel": "Radio Fonoteca", "seconds": 2, **more}


#: What a list has, good and bad: everything that a video can become.
VIDEOS = [
    _video("stored-cc01", licence=_CC),
    _video("stored-no01", channel="Another channel"),
    _video("stored-no02", sound="music"),
    _video("-stored-03x", title="../ɖɔ̌ wé"),
    _video("flaky-503-1", trouble="server-error", trouble_tries=1),
    _video("bot-check-1", trouble="bot-check", trouble_tries=1),
    _video("private-vid", trouble="private"),
    _video("removed-vid", trouble="removed"),
    _video("removed-too", trouble="removed", placeholder=False),
    _video("cut-short-1", trouble="cut-short"),
    _video("prem-later1", trouble="premiere", premieres_at=time.time() + 7200),
    _video("deleted-now"),
    _video("given-up-01", trouble="premiere", premieres_at=time.time() + 7200),
]
SECOND = [_video("stored-cc01", licence=_CC), _video("in-second-1")]
SLOW = [_video(f"slow-{n}-slow", seconds=60, bytes_per_second=2_000) for n in range(4)]


def main(folder: Path) -> None:
    """Bring a stack up, use it, end it in the middle of its work, and write what is there."""
    with (
        tempfile.TemporaryDirectory(prefix="archive-") as state,
        Stack(Path(state), site=True, settings=_SETTINGS) as up,
    ):
        _use(up)
        for name in ("retry", "sync", "api"):
            # Nothing is put in order any more.
            up.programs.pop(name).kill()
        _write(up.exports, folder)


_SETTINGS = {
    **QUICK,
    "SYNC_GRACE_SECONDS": "1",
    "SYNC_RECONCILE_SECONDS": "2",
    "SCRAPER_BESIDE": "info",
    "SCRAPER_REQUESTS_PER_HOUR": "1000000",
    "SCRAPER_PROFILES": "mp3-320,wav-16k-mono",
}


def _use(up: Stack) -> None:
    api = httpx.Client(
        base_url=up.exports["API_URL"], headers={"Authorization": f"Bearer {up.exports['API_KEY']}"}, timeout=30
    )
    videos = _database(up.exports)["videos"]
    first = _submit(api, add_playlist(up.exports, "PLarchive0000001", VIDEOS, title="Archive"))
    _until(lambda: api.get(f"/v1/playlists/{first}").json()["state"] == "expanded")
    _until(lambda: videos.count_documents({"state": "stored", "mirror": {"$exists": True}}) >= 7)
    _until(lambda: videos.count_documents({"state": {"$in": ["queued", "running"]}}) == 0)
    _decide(api, "delete", "deleted-now")
    _decide(api, "abandon", "given-up-01")
    _submit(api, add_playlist(up.exports, "PLarchive0000002", SECOND, title="Second"))
    _submit(api, "https://www.youtube.com/playlist?list=PLnotthere000001")
    api.post("/v1/keys", json={"name": "radio team", "scope": "submit", "days": 90}).raise_for_status()
    anyio.run(_park, up.exports["RABBITMQ_URL"])
    _until(lambda: bool(api.get("/v1/parked").json()["items"]))
    _until(lambda: videos.find_one({"_id": "youtube:in-second-1", "mirror": {"$exists": True}}) is not None)
    _until(lambda: videos.find_one({"tombstone.purged_at": {"$ne": None}, "tombstone": {"$ne": None}}) is not None)
    _submit(api, add_playlist(up.exports, "PLarchive0000003", SLOW, title="Slow"))
    _until(lambda: videos.find_one({"state": "running"}) is not None)
    up.programs.pop("scraper").kill()
    _submit(api, add_playlist(up.exports, "PLarchive0000004", SECOND, title="Never listed"), key="once")


def _submit(api: httpx.Client, url: str, key: str | None = None) -> str:
    headers = {"Idempotency-Key": key} if key is not None else {}
    answer = api.post("/v1/playlists", json={"url": url}, headers=headers)
    answer.raise_for_status()
    return str(answer.json()["id"])


def _decide(api: httpx.Client, action: str, source_id: str) -> None:
    api.post("/v1/decisions", json={"action": action, "video": f"youtube:{source_id}"}).raise_for_status()


async def _park(url: str) -> None:
    """Publish what no code can process."""
    async with await aio_pika.connect(url) as connection:
        exchange = await (await connection.channel()).get_exchange("fonoteca.work")
        await exchange.publish(aio_pika.Message(b'{"url": 7, "why": "no address"}'), "playlist.submitted.v1")


def _until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not done():
        if time.monotonic() > end:
            raise TimeoutError("what the archive needs did not come")
        time.sleep(0.2)


def _write(exports: dict[str, str], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    database = _database(exports)
    names = sorted(set(database.list_collection_names()) - LEFT_OUT)
    for name in names:
        if found := sorted(_line(document) for document in database[name].find()):
            (folder / f"{name}.jsonl").write_text("\n".join(found) + "\n", encoding="utf-8")
    indexes = {
        name: {index: about for index, about in database[name].index_information().items() if index != "_id_"}
        for name in names
    }
    lines = [f"{json.dumps(name)}: {json.dumps(about)}" for name, about in indexes.items()]
    (folder / "indexes.json").write_text("{" + ",\n".join(lines) + "}\n")
    objects = [json.dumps(found, ensure_ascii=False) for found in _objects(exports)]
    (folder / "objects.jsonl").write_text("\n".join(objects) + "\n", encoding="utf-8")


def _database(exports: dict[str, str]) -> Database[dict[str, Any]]:
    client: MongoClient[dict[str, Any]] = MongoClient(exports["MONGO_URI"])
    return client["fonoteca"]


def _line(document: dict[str, Any]) -> str:
    """As extended JSON, without the name of the machine."""
    text: str = dumps(document, json_options=CANONICAL_JSON_OPTIONS, ensure_ascii=False)
    return text.replace(socket.gethostname(), "workstation")


def _objects(exports: dict[str, str]) -> Iterator[dict[str, Any]]:
    store = Minio(
        exports["MINIO_ENDPOINT"],
        access_key=exports["MINIO_ACCESS_KEY"],
        secret_key=exports["MINIO_SECRET_KEY"],
        secure=False,
    )
    for found in store.list_objects(exports["MINIO_BUCKET"], recursive=True):
        stat = store.stat_object(exports["MINIO_BUCKET"], str(found.object_name))
        own = {k.lower(): v for k, v in (stat.metadata or {}).items() if k.lower().startswith("x-amz-meta-")}
        yield {"key": found.object_name, "size_bytes": stat.size, "metadata": own}


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
