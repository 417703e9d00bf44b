"""What becomes of a message by what its handler does; the client's channel and message are played."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pytest
from aiormq.exceptions import ChannelInvalidStateError

from shared.contracts import Message, PlaylistSubmitted
from shared.contracts.defect import DEFECT_LIMIT
from shared.errors import (
    AlreadyThere,
    CatalogRefused,
    CatalogUnavailable,
    MirrorUnavailable,
    StoreUnavailable,
    TryLater,
    Unprocessable,
)
from shared.messaging.consuming import settlement
from shared.messaging.consuming.settlement import Settlement
from shared.messaging.publisher import DEFECTS_HEADER, PARKED_REASON_HEADER, Publisher
from shared.messaging.sender import Senders
from shared.topology import PARKING_EXCHANGE, PLAYLISTS_QUEUE

BODY = json.dumps({"url": "https://www.youtube.com/playlist?list=PLabcdefghij1234"}).encode()
OWN = "fonoteca"


@dataclass
class Broker:
    """Stands for the client's channel: keeps what is published, and fails as it is told to."""

    published: list[tuple[str, Any]] = field(default_factory=list)
    away: bool = False

    is_closed: bool = False

    async def get_underlay_channel(self) -> Broker:
        return self

    async def basic_publish(self, body: bytes, *, exchange: str, properties: Any, **_: Any) -> None:
        if self.away:
            raise ChannelInvalidStateError("closed")
        self.published.append((exchange, Published(body, properties.headers)))


class Published(NamedTuple):
    """A message that the broker took."""

    body: bytes
    headers: dict[str, Any]


class IncomingChannel:
    """Stands for the channel by which a message came."""

    def __init__(self, settled: list[str]) -> None:
        self._settled = settled

    async def basic_ack(self, tag: int, *, wait: bool) -> None:
        assert (tag, wait) == (1, False)
        self._settled.append("ack")


@dataclass
class Incoming:
    """Stands for a message as the client hands it over."""

    defects: int = 0
    delivery_tag: int = 1
    body: bytes = BODY
    user_id: str = OWN
    message_id: str | None = None
    settled: list[str] = field(default_factory=list)

    @property
    def headers(self) -> dict[str, Any]:
        return {DEFECTS_HEADER: self.defects}

    @property
    def channel(self) -> IncomingChannel:
        return IncomingChannel(self.settled)

    async def reject(self) -> None:
        self.settled.append("reject")


@dataclass
class Book:
    """Counts in memory; raises what it is given."""

    counted: int = 0
    trouble: Exception | None = None

    async def count(self, message: Message, error: Exception, times: int) -> int:
        if self.trouble is not None:
            raise self.trouble
        self.counted = max(self.counted + 1, times)
        return self.counted


def settling(broker: Broker, book: Book, handler: Callable[[Any], Awaitable[None]]) -> Settlement:
    channel: Any = broker
    publisher = Publisher(channel, "tests", 1, OWN)
    return Settlement(PLAYLISTS_QUEUE, publisher, {PlaylistSubmitted: handler}, Senders(OWN), book)


def raising(error: BaseException | None) -> Callable[[Any], Awaitable[None]]:
    async def handle(_: PlaylistSubmitted) -> None:
        if error is not None:
            raise error

    return handle


async def settled(
    error: BaseException | None, amqp: Incoming | None = None, book: Book | None = None
) -> tuple[str, Incoming, Broker]:
    """The outcome of a message whose handler raises `error`."""
    amqp, broker = amqp or Incoming(), Broker()
    message: Any = amqp
    outcome = await settling(broker, book or Book(), raising(error)).settle(message, lambda: True)
    return outcome, amqp, broker


async def test_a_message_that_is_handled_is_acknowledged() -> None:
    outcome, amqp, broker = await settled(None)
    assert (outcome, amqp.settled, broker.published) == ("acked", ["ack"], [])


async def test_a_message_that_nobody_can_process_is_parked_with_the_reason() -> None:
    outcome, amqp, broker = await settled(Unprocessable("no such site"))
    [(exchange, parked)] = broker.published
    assert (outcome, amqp.settled, exchange) == ("parked", ["ack"], PARKING_EXCHANGE)
    assert (parked.body, parked.headers[PARKED_REASON_HEADER]) == (BODY, "no such site")


@pytest.mark.parametrize(
    "error",
    [
        TryLater(5, "not now"),
        CatalogUnavailable("away"),
        AlreadyThere("somebody else wrote it"),
        StoreUnavailable("away"),
        MirrorUnavailable("away"),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_a_message_whose_servers_are_away_is_delivered_again_uncharged(error: Exception) -> None:
    book = Book()
    outcome, amqp, broker = await settled(error, Incoming(defects=3), book)
    [(exchange, again)] = broker.published
    assert (outcome, amqp.settled, book.counted) == ("delayed", ["ack"], 0)
    assert exchange.startswith("delay.")
    assert (again.body, again.headers[DEFECTS_HEADER]) == (BODY, 3)


@pytest.mark.parametrize(
    "error", [ZeroDivisionError("a defect"), CatalogRefused("too large"), OSError("disk")], ids=repr
)
async def test_a_defect_is_counted_and_the_message_delivered_again(error: Exception) -> None:
    book = Book()
    outcome, amqp, broker = await settled(error, book=book)
    [(exchange, again)] = broker.published
    assert (outcome, amqp.settled, book.counted) == ("delayed", ["ack"], 1)
    assert exchange.startswith("delay.")
    assert again.headers[DEFECTS_HEADER] == 1


@pytest.mark.parametrize(
    ("amqp", "book"),
    [(Incoming(defects=DEFECT_LIMIT - 1), Book()), (Incoming(), Book(counted=DEFECT_LIMIT - 1))],
    ids=["of the message", "of its document"],
)
async def test_the_last_defect_parks_the_message(amqp: Incoming, book: Book) -> None:
    outcome, amqp, broker = await settled(ZeroDivisionError("a defect"), amqp, book)
    [(exchange, parked)] = broker.published
    assert (outcome, amqp.settled, exchange) == ("parked", ["ack"], PARKING_EXCHANGE)
    assert "ZeroDivisionError: a defect" in parked.headers[PARKED_REASON_HEADER]


@pytest.mark.parametrize("trouble", [CatalogUnavailable("away"), CatalogRefused("too large")], ids=repr)
async def test_a_defect_that_the_catalog_cannot_count_is_not_charged(trouble: Exception) -> None:
    outcome, amqp, broker = await settled(ZeroDivisionError("x"), Incoming(defects=2), Book(trouble=trouble))
    [(_, again)] = broker.published
    assert (outcome, amqp.settled, again.headers[DEFECTS_HEADER]) == ("delayed", ["ack"], 2)


async def test_a_settlement_that_fails_itself_rejects_the_message() -> None:
    outcome, amqp, broker = await settled(ZeroDivisionError("x"), book=Book(trouble=KeyError("a second defect")))
    assert (outcome, amqp.settled, broker.published) == ("parked", ["reject"], [])


async def test_a_message_that_cannot_be_settled_now_is_settled_when_the_broker_is_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(settlement, "UNAVAILABLE_SECONDS", 0)
    broker, amqp, asked = Broker(away=True), Incoming(), 0

    def is_open() -> bool:
        nonlocal asked
        asked += 1
        broker.away = asked < 3
        return True

    message: Any = amqp
    outcome = await settling(broker, Book(), raising(TryLater(1, "not now"))).settle(message, is_open)
    assert (outcome, amqp.settled, len(broker.published), asked) == ("delayed", ["ack"], 1, 3)


async def test_without_its_channel_a_message_is_left_to_the_broker() -> None:
    broker, amqp = Broker(away=True), Incoming()
    message: Any = amqp
    outcome = await settling(broker, Book(), raising(TryLater(1, "not now"))).settle(message, lambda: False)
    assert (outcome, amqp.settled, broker.published) == ("returned", [], [])


async def test_a_message_whose_handler_is_cancelled_is_not_settled() -> None:
    begun = asyncio.Event()

    async def endless(_: PlaylistSubmitted) -> None:
        begun.set()
        await asyncio.Event().wait()

    broker, amqp = Broker(), Incoming()
    message: Any = amqp
    task = asyncio.create_task(settling(broker, Book(), endless).settle(message, lambda: True))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (amqp.settled, broker.published) == ([], [])
