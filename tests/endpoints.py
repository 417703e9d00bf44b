"""Endpoints, deliveries and notices, put into the catalog of a running system; and a receiver on this machine."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from pydantic import SecretStr

from shared.catalog.connection import Catalog, connect
from shared.settings import MongoSettings

SECRET = f"whsec_{base64.b64encode(bytes(range(32))).decode()}"
#: A type of events that none has, so that an endpoint gets tests alone.
OF_NOTHING = ("nothing.happened.v1",)
Documents = Mapping[str, Sequence[Mapping[str, Any]]]


def endpoint(name: str, url: str, types: Sequence[str] = ("video.abandoned.v1",), **more: Any) -> dict[str, Any]:
    """A document of `endpoints`."""
    return {
        "_id": name,
        "url": url,
        "types": list(types),
        "secret": SECRET,
        "enabled": True,
        "resume": 0,
        "version": 1,
        "created_at": datetime.now(UTC),
        "failures": 0,
        **more,
    }


def delivery(of: str, number: int, minutes_ago: int, subject: str, **more: Any) -> dict[str, Any]:
    """A document of `deliveries`; without `failed_at` or more than one attempt, it was delivered."""
    at = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    ended = {} if more.get("error") else {"delivered_at": at}
    return {
        "_id": f"{of}/00000000-0000-0000-0000-{number:012}",
        "endpoint": of,
        "event_type": "audio.stored.v1",
        "subject": subject,
        "attempts": 1,
        "at": at,
        "status": 200,
        "error": None,
        **ended,
        **more,
    }


def put(exports: Mapping[str, str], documents: Documents) -> None:
    """Put documents into collections of the catalog, in place of those with the same ids."""
    _run(_put(exports, documents))


def change(exports: Mapping[str, str], name: str, **fields: Any) -> None:
    """Set fields of an endpoint."""

    async def set_fields(catalog: Catalog) -> None:
        await catalog.endpoints.update_one({"_id": name}, {"$set": fields})

    _run(_with_catalog(exports, set_fields))


def remove(exports: Mapping[str, str], *names: str) -> None:
    """Remove endpoints."""

    async def delete(catalog: Catalog) -> None:
        await catalog.endpoints.delete_many({"_id": {"$in": list(names)}})

    _run(_with_catalog(exports, delete))


async def _put(exports: Mapping[str, str], documents: Documents) -> None:
    async def replace(catalog: Catalog) -> None:
        for name, found in documents.items():
            for document in found:
                await catalog.collection(name).replace_one({"_id": document["_id"]}, dict(document), upsert=True)

    await _with_catalog(exports, replace)


async def _with_catalog(exports: Mapping[str, str], work: Any) -> None:
    catalog = await connect(
        MongoSettings(uri=SecretStr(exports["MONGO_URI"]), database=exports["MONGO_DATABASE"]), "tests", 10
    )
    try:
        await work(catalog)
    finally:
        await catalog.close()


def _run(work: Any) -> None:
    # In a thread of its own: in this one Playwright may keep an event loop running.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, work).result()


@dataclass
class Receiver:
    """What a receiver has got: the address, and the events in their envelopes."""

    url: str
    events: list[dict[str, Any]] = field(default_factory=list)


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Run a receiver that accepts everything."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            receiver.events.append(json.loads(body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver = Receiver(f"http://127.0.0.1:{server.server_port}/hook")
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()
