"""What every fault's test does: fresh videos, a fault, the wait until all is quiet, the audit."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import aio_pika
import httpx
from aio_pika import DeliveryMode, Message

from shared.topology import DELAY_QUEUES, EVENTS_EXCHANGE, FAILURES_QUEUE, ROUTES, VIDEOS_QUEUE
from tests.faults.rig import Rig, wait_for
from tests.site import add_playlist_to_site, requests_of


@dataclass
class Row:
    """What one fault did."""

    fault: str
    runs: int = 0
    items: int = 0
    lost: int = 0
    duplicates: int = 0
    seconds_until_quiet: float = 0
    #: Duplicates that were absorbed before this fault.
    duplicates_before: int = 0


def new_playlist(rig: Rig, number: int, **more: Any) -> tuple[str, list[str]]:
    """A playlist of `number` fresh videos on the site. Returns its address and the videos' ids at the site."""
    stem = uuid.uuid4().hex[:6]
    ids = [f"{stem}{n:05}" for n in range(number)]
    videos = [{"id": id_, "title": id_, "seconds": 3, "codecs": ["opus"], **more} for id_ in ids]
    return add_playlist_to_site(rig.stack, f"PL{stem}00000000", videos, prepare=True), ids


def states_with(rig: Rig, before: dict[str, int], **more: int) -> dict[str, int]:
    """The states that there must be: those before, and what this fault adds."""
    return {state: n for state in {*before, *more} if (n := before.get(state, 0) + more.get(state, 0))}


def settle(rig: Rig, row: Row, before: dict[str, int], items: int, **states: int) -> None:
    """Wait until all is quiet, let the auditor look, and fill in the row."""
    wanted = states_with(rig, before, **(states or {"stored": items}))
    row.items += items
    row.seconds_until_quiet = rig.when_quiet(sum(wanted.values()), wanted)
    report = rig.audit()
    row.lost = sum(before.values()) + items - report["accepted"]
    row.duplicates = rig.absorbed() - row.duplicates_before
    assert report["violations"] == []
    assert row.lost == 0


def attempts_of(rig: Rig, ids: list[str]) -> list[int]:
    return [rig.client.video(f"youtube:{id_}")["attempts"] for id_ in ids]


def reasons_of(rig: Rig, ids: list[str]) -> set[str | None]:
    return {a["reason"] for id_ in ids for a in rig.client.attempts(f"youtube:{id_}")}


def media_asked(rig: Rig, ids: list[str]) -> int:
    return sum(requests_of(rig.stack, "media", id_) for id_ in ids)


def more_asked(rig: Rig, ids: list[str], before: int) -> bool:
    return media_asked(rig, ids) > before


def breaker_state(rig: Rig, kind: str) -> str:
    return next(str(b["state"]) for b in rig.client.breakers() if b["kind"] == kind)


@contextmanager
def tap(rig: Rig, key: str) -> Iterator[str]:
    """A queue of ours that gets a copy of every event with this key. Yields its name."""
    name = f"faults.tap.{uuid.uuid4().hex[:8]}"
    asyncio.run(_declare_tap(rig, name, key))
    try:
        yield name
    finally:
        asyncio.run(_delete_tap(rig, name))


async def _declare_tap(rig: Rig, name: str, key: str) -> None:
    async with await aio_pika.connect(rig.direct["RABBITMQ_URL"]) as connection:
        channel = await connection.channel()
        queue = await channel.declare_queue(name, durable=True)
        await queue.bind(EVENTS_EXCHANGE, key)


async def _delete_tap(rig: Rig, name: str) -> None:
    async with await aio_pika.connect(rig.direct["RABBITMQ_URL"]) as connection:
        await (await connection.channel()).queue_delete(name)


def tapped(rig: Rig, name: str) -> list[str]:
    """The ids of the events that a tap holds; they stay in it."""
    return asyncio.run(_peek(rig, name))


async def _peek(rig: Rig, name: str) -> list[str]:
    async with await aio_pika.connect(rig.direct["RABBITMQ_URL"]) as connection:
        queue = await (await connection.channel()).get_queue(name)
        ids: list[str] = []
        # What is not acknowledged goes back into the queue with the end of this connection.
        while (message := await queue.get(fail=False)) is not None:
            ids.append(json.loads(message.body)["id"])
        return ids


async def publish(rig: Rig, bodies: list[bytes], key: str, times: int = 1) -> None:
    async with await aio_pika.connect(rig.direct["RABBITMQ_URL"]) as connection:
        channel = await connection.channel()
        exchange = await channel.get_exchange(ROUTES[key].exchange, ensure=False)
        for _ in range(times):
            for body in bodies:
                await exchange.publish(Message(body, delivery_mode=DeliveryMode.PERSISTENT), key)


#: What lies in slower levels of the delay tree belongs to earlier faults: videos that wait for an hour.
SOON_MILLISECONDS = 60_000


def forget_videos(rig: Rig, playlist_id: str) -> None:
    """Remove a playlist's videos, and every message about them, so that the next fault need not wait for them."""
    stopped = ("scraper", "retry")
    for name in stopped:
        rig.kill(name)
    with rig.mongo() as mongo:
        mongo[rig.direct["MONGO_DATABASE"]]["videos"].delete_many({"playlists": playlist_id})
        mongo[rig.direct["MONGO_DATABASE"]]["playlists"].delete_one({"_id": playlist_id})
    wait_for(lambda: asyncio.run(_empty(rig)), "empty queues")
    for name in stopped:
        rig.start_again(name)


async def _empty(rig: Rig) -> bool:
    """Empty the queues of work about videos. Whether that was all: nothing comes out of the delay tree soon."""
    async with await aio_pika.connect(rig.direct["RABBITMQ_URL"]) as connection:
        channel = await connection.channel()
        soon = [queue.name for queue in DELAY_QUEUES if int(queue.arguments["x-message-ttl"]) < SOON_MILLISECONDS]
        delayed = [await channel.declare_queue(name, passive=True) for name in soon]
        for name in (VIDEOS_QUEUE, FAILURES_QUEUE):
            await (await channel.get_queue(name)).purge()
        return sum(queue.declaration_result.message_count or 0 for queue in delayed) == 0


def post_playlist(rig: Rig, url: str, **headers: str) -> httpx.Response:
    """Submit a playlist over HTTP, and have whatever the API answers."""
    return httpx.post(
        f"{rig.direct['API_URL']}/v1/playlists",
        json={"url": url},
        headers={"Authorization": f"Bearer {rig.direct['API_KEY']}", **headers},
        trust_env=False,
        timeout=60,
    )
