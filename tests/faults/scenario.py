"""What every fault's test does: fresh videos, a fault, the wait until all is quiet, the audit."""

from __future__ import annotations

import os
import random
import re
import urllib.request
import uuid
from dataclasses import dataclass
from typing import Any

import aio_pika
import httpx
from aio_pika import DeliveryMode, Message

from tests.faults.rig import Rig
from tests.site import add_playlist_to_site, requests_of

FULL = os.environ.get("FAULTS") == "full"
DIE = random.Random(20260501)


@dataclass
class Row:
    """What one fault did."""

    fault: str
    runs: int = 0
    items: int = 0
    lost: int = 0
    duplicates: int = 0
    seconds_until_quiet: float = 0


def many(full: int, small: int) -> int:
    """The number for this run."""
    return full if FULL else small


def new_playlist(rig: Rig, number: int, **more: Any) -> tuple[str, list[str]]:
    """A playlist of `number` fresh videos on the site. Returns its address and the videos' ids at the site."""
    stem = uuid.uuid4().hex[:6]
    ids = [f"{stem}{n:05}" for n in range(number)]
    videos = [{"id": id_, "title": id_, "seconds": 3, "codecs": ["opus"], **more} for id_ in ids]
    return add_playlist_to_site(rig.stack, f"PL{stem}00000000", videos, prepare=True), ids


def states_with(rig: Rig, before: dict[str, int], **more: int) -> dict[str, int]:
    """The states that there must be: those before, and what this fault adds."""
    return {state: n for state in {*before, *more} if (n := before.get(state, 0) + more.get(state, 0))}


def duplicates(rig: Rig) -> int:
    """Requests that the running scraper took without anything to do."""
    with urllib.request.urlopen(rig.direct["SCRAPER_METRICS_URL"]) as answer:
        text = answer.read().decode()
    found = re.findall(r'^fonoteca_scraper_attempts_total\{.*outcome="duplicate".*\} (\S+)', text, re.MULTILINE)
    return int(sum(float(n) for n in found))


def settle(rig: Rig, row: Row, before: dict[str, int], items: int, **states: int) -> None:
    """Wait until all is quiet, let the auditor look, and fill in the row."""
    wanted = states_with(rig, before, **(states or {"stored": items}))
    row.items += items
    row.seconds_until_quiet = rig.when_quiet(sum(wanted.values()), wanted)
    report = rig.audit()
    row.lost = sum(before.values()) + items - report["accepted"]
    row.duplicates = duplicates(rig)
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


async def publish(rig: Rig, bodies: list[bytes], key: str, times: int = 1) -> None:
    async with await aio_pika.connect(rig.direct["RABBITMQ_URL"]) as connection:
        channel = await connection.channel()
        exchange = await channel.get_exchange("fonoteca.work", ensure=False)
        for _ in range(times):
            for body in bodies:
                await exchange.publish(Message(body, delivery_mode=DeliveryMode.PERSISTENT), key)


def post_playlist(rig: Rig, url: str, **headers: str) -> httpx.Response:
    """Submit a playlist over HTTP, and have whatever the API answers."""
    return httpx.post(
        f"{rig.direct['API_URL']}/v1/playlists",
        json={"url": url},
        headers={"Authorization": f"Bearer {rig.direct['API_KEY']}", **headers},
        trust_env=False,
        timeout=60,
    )
