"""Consumers check who sent a message: what RabbitMQ lets pass by CC and BCC is parked."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from aiormq import spec
from pydantic import SecretStr

from services.retry.keeper import Keeper
from shared.catalog.connection import Catalog
from shared.catalog.playlists.acceptance import accept_playlist
from shared.catalog.videos.acceptance import Entry, accept_videos, mark_requested
from shared.contracts import MESSAGES, VideoRequested, wrap
from shared.messaging.connection import connect
from shared.messaging.consuming.consumer import Consumer, ConsumerOptions
from shared.messaging.consuming.parking import empty_parking_queues
from shared.messaging.publisher import Publisher
from shared.messaging.sender import Sender, Senders, current_sender
from shared.runtime.defect_book import DefectBook
from shared.settings import BrokerSettings
from shared.topology import (
    EVENTS_EXCHANGE,
    PARKING_EXCHANGE,
    REQUESTS_EXCHANGE,
    ROUTES,
    WORK_EXCHANGE,
    WORK_QUEUES,
    parking_of,
)
from shared.topology.permissions import ROLES
from tests.hostile.broker.rights import CC_IS_CHECKED, HONEST, NO_DELAY, VHOST, keys_to, kind_of, send
from tests.hostile.broker.virtual_host import (
    LIMIT,
    publish_raw,
    signed_in,
    taken_from,
    user_of,
    version_of,
    wait_for_messages,
)


def golden(type_: str) -> bytes:
    return Path(f"tests/contract/golden/{type_}.json").read_bytes()


def taken_by(queue: str) -> list[str]:
    """Types of messages that lead to a queue."""
    [found] = [q for q in WORK_QUEUES if q.name == queue]
    return [t for t in ROUTES if any(b.key == t or b.key.startswith(f"{t}.") for b in found.bindings)]


class Attempt(NamedTuple):
    """A message sent past the routing key, and whether the consumer is to hand it to its handler."""

    role: str
    exchange: str
    honest: str
    header: str
    key: str
    type: str
    #: Whether it is signed; RabbitMQ makes sure that nobody signs as another.
    signed: bool

    @property
    def user(self) -> str | None:
        return user_of(VHOST, self.role) if self.signed else None

    @property
    def handled(self) -> bool:
        # What people have the API put back is taken, whoever sent it at first.
        known = self.signed and (self.role in ROUTES[self.type].senders or self.role == "api")
        return ROUTES[self.type].open or known


def attempts(queue: str) -> Iterator[Attempt]:
    """Every way by which a role's user gets a message into a queue, that its routing key alone does not open."""
    for role, exchange in itertools.product(ROLES, ("delay.l00", EVENTS_EXCHANGE, REQUESTS_EXCHANGE)):
        honest = HONEST.get((role, kind_of(exchange)))
        ways = [key for key, queues in keys_to(exchange, honest or "").items() if queue in queues]
        if honest is None or not ways or queue in keys_to(exchange).get(honest, ()):
            continue
        for type_, (header, signed) in itertools.product(taken_by(queue), (("CC", True), ("BCC", False))):
            yield Attempt(role, exchange, honest, header, ways[0], type_, signed)


@pytest.mark.parametrize("queue", [queue.name for queue in WORK_QUEUES])
async def test_a_consumer_takes_from_each_user_what_its_role_may_send(
    urls: dict[str, str], queue: str, inputs: Callable[[int], None]
) -> None:
    """The second wall: what RabbitMQ lets pass by CC and BCC is parked, with a reason that names its sender."""
    [owner] = [role for role, each in ROLES.items() if queue in each.takes_from]
    users = ",".join(f"{role}={user_of(VHOST, role)}" for role in ROLES)
    settings = BrokerSettings(url=SecretStr(urls[owner]), users=users)
    handled: list[tuple[str, Sender]] = []

    async def take(message: Any) -> None:
        handled.append((message.type, current_sender()))

    async with await connect(settings, owner, 10) as broker, signed_in(urls["admin"]) as admin:
        channel = await admin.channel()
        await taken_from(channel)
        publisher = await Publisher.open(broker, owner, 10)
        handlers = {MESSAGES[type_]: take for type_ in taken_by(queue)}
        known = Senders.of(settings, owner)
        consumer = Consumer(broker, publisher, queue, handlers, prefetch=50, options=ConsumerOptions(False, known))
        await consumer.start()
        arrived = []
        for attempt in attempts(queue):
            async with signed_in(urls[attempt.role]) as connection:
                told = {attempt.header: [attempt.key]}
                if await send(
                    connection, attempt.exchange, attempt.honest, golden(attempt.type), attempt.user, headers=told
                ):
                    arrived.append(attempt)
        wanted = [(a.type, Sender(a.user, service=a.signed, outsider=not a.signed)) for a in arrived if a.handled]
        parked = await wait_for_messages(channel, parking_of(queue), len(arrived) - len(wanted))
        async with asyncio.timeout(LIMIT):
            while len(handled) < len(wanted):
                await asyncio.sleep(0.02)
        await consumer.stop(LIMIT)
        left = {name for name in await taken_from(channel) if name in (queue, parking_of(queue))}
    inputs(len(arrived))
    assert all("may not send" in str(message.headers["x-parked-reason"]) for message in parked)
    assert sorted(handled, key=str) == sorted(wanted, key=str)
    assert left == set()


VIDEO, PLAYLIST = "youtube:forgedvideo", "youtube:PLforged0000001"
VIDEO_URL, PLAYLIST_URL = "https://youtu.be/forgedvideo", "https://www.youtube.com/playlist?list=PLforged0000001"


async def test_no_stranger_has_a_video_or_a_playlist_given_up(
    urls: dict[str, str], catalog: Catalog, inputs: Callable[[int], None]
) -> None:
    """What a parked message is about may be given up for it; so only for one of those who may send it."""
    await accept_playlist(catalog, PLAYLIST, PLAYLIST_URL)
    await accept_videos(catalog, PLAYLIST, ("mp3-320",), [Entry(VIDEO, VIDEO_URL, "x")], await catalog.now())
    await mark_requested(catalog, [VIDEO], await catalog.now())
    request = wrap(VideoRequested(video_id=VIDEO, url=VIDEO_URL), "sync", datetime.now(UTC))
    users = ",".join(f"{role}={user_of(VHOST, role)}" for role in ROLES)

    def of(role: str) -> BrokerSettings:
        return BrokerSettings(url=SecretStr(urls[role]), users=users)

    async def never(_: object) -> None:
        raise AssertionError("a handler was called")

    async with (
        await connect(of("scraper"), "scraper", 10) as scraper,
        await connect(of("retry"), "retry", 10) as retry,
        signed_in(urls["sync"]) as sync,
        signed_in(urls["submitter"]) as outside,
    ):
        checked = await version_of(sync) >= CC_IS_CHECKED
        known = Senders.of(of("scraper"), "scraper")
        publisher = await Publisher.open(scraper, "scraper", 10)
        options = ConsumerOptions(False, known)
        consumer = Consumer(scraper, publisher, "scraper.videos", {VideoRequested: never}, prefetch=9, options=options)
        await consumer.start()
        lies: dict[str, Any] = {
            "x-parked-reason": "x",
            "x-death": [{"queue": "scraper.videos", "reason": "delivery_limit"}],
        }
        for user in (user_of(VHOST, "sync"), None):
            headers = {"CC": [NO_DELAY + "scraper.videos"], **lies}
            await send(sync, "delay.l00", NO_DELAY + "sync.stored", request, user, headers)
            await send(sync, PARKING_EXCHANGE, "sync.stored", request, user, {"CC": ["scraper.videos"], **lies})
        body = b'{"url": "%s"}' % PLAYLIST_URL.encode()
        channel = await outside.channel()
        await publish_raw(
            channel, body, "playlist.submitted.v1", WORK_EXCHANGE, spec.Basic.Properties(expiration="0", headers=lies)
        )
        keeper = Keeper(catalog, DefectBook(catalog, None))
        kept: list[str] = []

        async def keep(queue: str, *about: Any) -> None:
            await keeper.keep(queue, *about)
            kept.append(queue)

        await empty_parking_queues(retry, keep, declare=False, senders=Senders.of(of("retry"), "retry"))
        wanted = ["scraper.playlists"] if checked else ["scraper.playlists", *["scraper.videos"] * 4]
        async with asyncio.timeout(LIMIT):
            while not Counter(wanted) <= Counter(kept):
                await asyncio.sleep(0.05)
        await consumer.stop(LIMIT)
    inputs(5)
    video, playlist = await catalog.videos.find_one({"_id": VIDEO}), await catalog.playlists.find_one({"_id": PLAYLIST})
    assert video is not None
    assert playlist is not None
    assert (video["state"], "defects" in video) == ("queued", False)
    assert (playlist["state"], "defects" in playlist) == ("accepted", False)
