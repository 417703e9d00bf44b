"""Answers that would be too large: bodies, texts and lists without end, and clients that read nothing of them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import aio_pika
import httpx
import pytest

from cli.api.client import Address, Client
from dev.stack import Stack
from shared.catalog.access.keys import make_key
from shared.catalog.connection import Catalog
from shared.catalog.documents import Scope, VideoState
from shared.catalog.operations.parked import PREVIEW_BYTES, keep
from shared.contracts import wrap
from shared.topology import EVENTS_STREAM
from tests.e2e.pipeline import eventually
from tests.hostile.api_process import Api, opened, read_to_end, running_api
from tests.hostile.conftest import FULL
from tests.live_messages import mirrored_fact

MIB = 2**20
NOW = datetime(2026, 1, 1, tzinfo=UTC)
#: Bytes that any answer of a list may have, and memory that any question may take for good.
MAX_ANSWER, MEMORY = 8 * MIB, 200 * MIB
PARKED = 300 if FULL else 40


@pytest.fixture(scope="module")
def api(servers: Stack) -> Iterator[Api]:
    """An API of this module's own."""
    with running_api(servers, "answers") as running:
        yield running


@pytest.fixture(scope="module")
def kept(api: Api) -> list[str]:
    """Ids of parked messages of a MiB each."""

    async def park() -> list[str]:
        async with api.catalog() as catalog:
            bodies = (bytes([number % 256]) * MIB for number in range(PARKED))
            return [
                await keep(catalog, "scraper.playlists", body, "large", NOW + timedelta(seconds=number))
                for number, body in enumerate(bodies)
            ]

    return asyncio.run(park())


def pages(http: httpx.Client, path: str, **query: Any) -> Iterator[httpx.Response]:
    """All pages of a list."""
    cursor = None
    while True:
        answer = http.get(path, params={**query, **({"cursor": cursor} if cursor else {})})
        assert answer.status_code == 200, answer.text
        yield answer
        cursor = answer.json()["next"]
        if cursor is None:
            return


def asking(api: Api, path: str) -> bytes:
    """A question of who has a key, as bytes."""
    return f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {api.key}\r\n\r\n".encode()


def test_parked_megabytes_are_listed_by_their_beginnings(
    api: Api, kept: list[str], inputs: Callable[[int], None]
) -> None:
    inputs(PARKED)
    before = api.memory()
    with api.http() as http:
        answers = list(pages(http, "/v1/parked"))
        items = [item for answer in answers for item in answer.json()["items"]]
    assert {item["id"] for item in items} == set(kept)
    assert all(item["size_bytes"] == MIB and item["cut"] for item in items)
    assert max(len(item["body"]) for item in items) <= PREVIEW_BYTES
    assert max(len(answer.content) for answer in answers) < 2 * MIB
    assert api.memory() - before < MEMORY


def test_one_parked_message_is_cut_and_its_body_can_be_had(api: Api, kept: list[str]) -> None:
    with api.http() as http:
        shown = http.get(f"/v1/parked/{kept[7]}").json()
        assert (shown["size_bytes"], shown["cut"], shown["body"]) == (MIB, True, "\x07" * 64 * 1024)
        whole = http.get(f"/v1/parked/{kept[7]}/body")
        assert whole.content == b"\x07" * MIB
        assert whole.headers["Content-Type"] == "application/octet-stream"
        assert "attachment" in whole.headers["Content-Disposition"]
    # A person who asks at the command line sees it whole, as before.
    assert Client(Address(api.url, api.key)).parked_message(kept[7])["body"] == "\x07" * MIB


def test_many_who_ask_at_once_take_no_more_memory(api: Api, kept: list[str], inputs: Callable[[int], None]) -> None:
    inputs(100)
    before = api.memory()

    async def ask() -> list[int]:
        headers = {"Authorization": f"Bearer {api.key}"}
        limits = httpx.Limits(max_connections=50)
        async with httpx.AsyncClient(
            base_url=api.url, headers=headers, trust_env=False, timeout=120, limits=limits
        ) as http:
            paths = [f"/v1/parked/{id_}{end}" for id_ in kept[:50] for end in ("", "/body")]
            answers = await asyncio.gather(*(http.get(path) for path in paths))
            return [answer.status_code for answer in answers]

    assert set(asyncio.run(ask())) == {200}
    assert api.memory() - before < MEMORY


def test_a_client_that_downloads_and_reads_nothing_takes_little_memory(
    api: Api, kept: list[str], inputs: Callable[[int], None]
) -> None:
    """So many megabytes are asked for; what is not read is not kept."""
    number = 300
    inputs(number)
    before = api.memory()
    with contextlib.ExitStack() as stack:
        for each in range(number):
            asked = asking(api, f"/v1/parked/{kept[each % len(kept)]}/body")
            stack.enter_context(opened(api.address, asked, receive_bytes=4096))
        with api.http() as http:
            assert http.get("/v1/status").status_code == 200
        eventually(
            lambda: api.metric('fonoteca_api_connections_dropped_total{reason="unread"}') > 0, "dropped connection"
        )
        assert api.memory() - before < MEMORY
    api.is_well()


#: Bodies of which only the beginning is shown, however they are made.
BODIES = {
    "control characters": b"\x01" * MIB,
    "quotes": b'"' * MIB,
    "bytes that are no text": b"\xff" * MIB,
    "four bytes a letter": "😀".encode() * (MIB // 4),
    "a letter that is cut": b"a" * (PREVIEW_BYTES - 1) + "ɖ".encode(),
    "deep JSON": b"[" * MIB,
    "more than is kept": b"a" * (3 * MIB),
    "zeros": bytes(MIB),
    "nothing": b"",
    "just what is shown": b"a" * PREVIEW_BYTES,
}


@pytest.mark.parametrize("name", BODIES)
async def test_a_body_of_any_kind_is_bounded(api: Api, name: str) -> None:
    body = BODIES[name]
    async with api.catalog() as catalog:
        id_ = await keep(catalog, f"queue of {name}", body, "r" * 100_000, NOW)
        # Kept by an older version, without a beginning of its own.
        old: Any = {"_id": f"old {name}"[:30], "queue": f"queue of {name}", "reason": "r" * 100_000, "parked_at": NOW}
        old |= {"body": body[:MIB], "size_bytes": len(body)}
        await catalog.parked.insert_one(old)
    with api.http() as http:
        for _ in range(2):
            answer = http.get("/v1/parked", params={"queue": f"queue of {name}"})
            items = answer.json()["items"]
            assert {item["id"] for item in items} == {id_, old["_id"]}
            assert len(answer.content) < 64 * 1024
            assert {item["size_bytes"] for item in items} == {len(body)}
            assert {item["cut"] for item in items} == {len(body) > PREVIEW_BYTES}
            assert {len(item["reason"]) for item in items} == {2000}
            assert {item["body"] for item in items} == {body[:PREVIEW_BYTES].decode(errors="replace")}
        assert http.get(f"/v1/parked/{id_}/body").content == body[:MIB]
        dropped = http.delete(f"/v1/parked/{id_}").json()
        assert dropped["body"] == body[:MIB].decode(errors="replace"), "the last copy is whole"
        assert http.get(f"/v1/parked/{id_}").status_code == 404


def video(number: int, **more: Any) -> Any:
    id_ = f"youtube:large{number:06}"
    metadata = {"channel": "c", "description": more.pop("description", "")}
    return {
        "_id": id_,
        "accession": number,
        "extractor": "youtube",
        "source_id": id_[8:],
        "url": "https://www.youtube.com/watch?v=x",
        "title": "t",
        "words": ["t"],
        "spelled": "t",
        "duration_seconds": 1.0,
        "profiles": ["mp3-320"],
        "playlists": ["youtube:PLlarge"],
        "state": VideoState.WAITING,
        "state_since": NOW,
        "accepted_at": NOW,
        "token": 0,
        "attempts": 0,
        "metadata": metadata,
        **more,
    }


def failure(detail: str) -> dict[str, Any]:
    reason = {"failure_class": "transient", "reason": "timeout", "detail": detail, "retry_at": None}
    moments = dict.fromkeys(("due_at", "first_failed_at", "last_failed_at"), NOW)
    return {"failure": reason, "decided": True, "charged": 0, "in_a_row": 1, **moments}


#: Fields of a video that a source or a person could fill without end.
LARGE_FIELDS: dict[str, dict[str, Any]] = {
    "description": {"description": "d" * 4 * MIB},
    "title": {"title": "t" * MIB},
    "channel": {"metadata": {"channel": "c" * MIB}},
    "detail of a failure": {"retry": failure("e" * MIB)},
    "playlists": {"playlists": [f"youtube:PL{number:020}" for number in range(3000)]},
    "control characters": {"title": "\x01" * (MIB // 4)},
    "licence": {"metadata": {"licence": "l" * MIB}},
}


async def _fill(catalog: Catalog, videos: list[Any]) -> None:
    await catalog.videos.delete_many({})
    for each in videos:
        await catalog.videos.insert_one(each)
    await catalog.counters.update_one({"_id": "accession"}, {"$set": {"last": len(videos)}}, upsert=True)


@pytest.mark.parametrize("name", LARGE_FIELDS)
async def test_a_list_of_large_videos_comes_in_small_pages(api: Api, name: str, inputs: Callable[[int], None]) -> None:
    number = 12
    inputs(number)
    before = api.memory()
    async with api.catalog() as catalog:
        await _fill(catalog, [video(at, **LARGE_FIELDS[name]) for at in range(1, number + 1)])
    with api.http() as http:
        for query in ({}, {"state": "waiting"}, {"limit": 500}):
            answers = list(pages(http, "/v1/videos", **query))
            ids = [item["id"] for answer in answers for item in answer.json()["items"]]
            assert ids == [f"youtube:large{at:06}" for at in range(number, 0, -1)]
            assert max(len(answer.content) for answer in answers) < MAX_ANSWER
        exported = list(Client(Address(api.url, api.key)).videos("waiting"))
        assert len(exported) == number
    assert api.memory() - before < MEMORY


async def test_attempts_without_end_come_in_pages(api: Api, inputs: Callable[[int], None]) -> None:
    number = 1200
    inputs(number)
    id_ = "youtube:large000001"
    async with api.catalog() as catalog:
        await _fill(catalog, [video(1)])
        entries: list[Any] = [
            {
                "_id": f"{id_}/{token}",
                "video_id": id_,
                "url": "u",
                "title": "t",
                "status": "failed",
                "timestamp": NOW,
                "retry_attempts": token,
                "last_retry": None,
                "error": "e" * 20_000,
                "failure_class": "transient",
                "reason": "timeout",
                "token": token,
                "scraper": "s",
                "seconds": 1.0,
                "stages": {},
            }
            for token in range(number)
        ]
        await catalog.logs.insert_many(entries)
    with api.http() as http:
        answers = list(pages(http, f"/v1/videos/{id_}/attempts", limit=500))
        assert [a["retry_attempts"] for answer in answers for a in answer.json()["items"]] == list(range(number))
        assert max(len(answer.content) for answer in answers) < MAX_ANSWER
        assert http.get(f"/v1/videos/{id_}/attempts", params={"cursor": "LTE"}).status_code == 400
    assert len(Client(Address(api.url, api.key)).attempts(id_)) == number


async def test_keys_without_end_come_in_pages(api: Api, inputs: Callable[[int], None]) -> None:
    number = 250
    inputs(number)
    async with api.catalog() as catalog:
        made = [await make_key(catalog, "n" * 100, Scope.READ, None) for _ in range(number)]
        # Made at the same moment, they are still distinguished.
        await catalog.keys.update_many({}, {"$set": {"created_at": NOW}})
    with api.http() as http:
        answers = list(pages(http, "/v1/keys"))
    ids = [key["id"] for answer in answers for key in answer.json()["items"]]
    assert len(answers) == 3
    assert sorted(ids) == sorted(key.document["_id"] for key in made)
    assert len(Client(Address(api.url, api.key)).keys()) == number


async def test_playlists_with_large_texts_come_in_small_pages(api: Api, inputs: Callable[[int], None]) -> None:
    number = 40
    inputs(number)
    async with api.catalog() as catalog:
        for at in range(number):
            playlist: Any = {
                "_id": f"youtube:PLlarge{at:03}",
                "url": "u",
                "state": "expanded",
                "state_since": NOW,
                "accepted_at": NOW,
                "submitted_at": NOW,
                "title": "t" * (MIB // 2),
                "left_out": ["s" * 1000 for _ in range(500)],
                "attempts": 0,
                "charged": 0,
            }
            await catalog.playlists.insert_one(playlist)
    with api.http() as http:
        answers = list(pages(http, "/v1/playlists", limit=500))
    ids = [item["id"] for answer in answers for item in answer.json()["items"]]
    assert sorted(ids) == [f"youtube:PLlarge{at:03}" for at in range(number)]
    assert max(len(answer.content) for answer in answers) < MAX_ANSWER


async def test_listeners_that_pause_pile_nothing_up(api: Api, servers: Stack, inputs: Callable[[int], None]) -> None:
    """Events pass many clients that read none; a client that reads receives all, and memory stays bounded."""
    paused, events = (100, 20_000) if FULL else (40, 1500)
    inputs(paused)
    before = api.memory()
    head = asking(api, "/v1/events")
    with contextlib.ExitStack() as stack:
        for _ in range(paused):
            listener = stack.enter_context(opened(api.address, head, receive_bytes=4096))
            assert listener.recv(15) == b"HTTP/1.1 200 OK"
        last = f"youtube:{uuid.uuid4().hex}"
        heard = asyncio.create_task(_heard(api, last))
        await _publish(servers, last, events)
        assert await asyncio.wait_for(heard, 120) == events
        assert api.memory() - before < MEMORY
        await asyncio.to_thread(api.is_well)


async def _heard(api: Api, last: str) -> int:
    """How many events a reading client receives, up to the last one."""
    number = 0
    headers = {"Authorization": f"Bearer {api.key}"}
    async with (
        httpx.AsyncClient(base_url=api.url, headers=headers, trust_env=False, timeout=120) as http,
        http.stream("GET", "/v1/events") as answer,
    ):
        async for line in answer.aiter_lines():
            if not line.startswith("data: ") or '"type":"audio.mirrored.v1"' not in line:
                continue
            event = json.loads(line.removeprefix("data: "))
            number += str(event["video"]).startswith(last)
            if event["video"] == f"{last}-end":
                return number
    raise AssertionError("the answer ended")


async def _publish(servers: Stack, last: str, number: int) -> None:
    """Put events into the stream alone: no service sent them, so others that take such events would park them."""
    async with await aio_pika.connect(servers.exports["RABBITMQ_URL"]) as connection:
        exchange = (await connection.channel()).default_exchange
        videos = [f"{last}-{at}" for at in range(number - 1)] + [f"{last}-end"]
        now = datetime.now(UTC)
        bodies = [wrap(mirrored_fact(video, now), "sync", now) for video in videos]
        for at in range(0, number, 500):
            messages = [aio_pika.Message(body) for body in bodies[at : at + 500]]
            await asyncio.gather(*(exchange.publish(message, EVENTS_STREAM) for message in messages))


def test_it_is_well_after_all(api: Api) -> None:
    """The last one: whatever was tried before."""
    api.is_well()
    with opened(api.address, b"GET /v1/status HTTP/1.0\r\n\r\n") as stranger:
        assert read_to_end(stranger).startswith(b"HTTP/1.1 401")
    log = api.log.read_text()
    assert "Traceback" not in log, log[log.index("Traceback") :][:4000]
