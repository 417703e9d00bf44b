"""What a worker process sends, while the service is busy."""

from __future__ import annotations

import asyncio
import multiprocessing
import pickle
from collections.abc import Iterator
from multiprocessing.connection import Connection

import pytest

from services.scraper.workers.inbox import AHEAD, Inbox


@pytest.fixture
def pipe() -> Iterator[tuple[Connection, Connection]]:
    """The ends of the service and of the worker."""
    receiver, sender = multiprocessing.Pipe(duplex=False)
    yield receiver, sender
    receiver.close()
    sender.close()


async def arrived(inbox: Inbox, number: int) -> None:
    """Let the loop receive until so many items are there."""
    while len(inbox._items) < number:
        await asyncio.sleep(0)


async def test_what_came_meanwhile_comes_together(pipe: tuple[Connection, Connection]) -> None:
    inbox = Inbox(pipe[0])
    for batch in ([1], [2, 3], [], [4]):
        pipe[1].send(batch)
    await arrived(inbox, 4)
    assert await inbox.next() == [1, 2, 3, 4]
    pipe[1].send([5])
    pipe[1].send(None)
    assert [await inbox.next(), await inbox.next(), await inbox.next()] == [[5], None, None]
    inbox.close()


async def test_a_service_that_is_busy_is_not_sent_all(pipe: tuple[Connection, Connection]) -> None:
    inbox = Inbox(pipe[0])
    for start in range(0, 2 * AHEAD, 100):
        pipe[1].send(list(range(start, start + 100)))
    await arrived(inbox, AHEAD)
    for _ in range(20):
        await asyncio.sleep(0)
    assert await inbox.next() == list(range(AHEAD))
    await arrived(inbox, AHEAD)
    assert await inbox.next() == list(range(AHEAD, 2 * AHEAD))
    inbox.close()


@pytest.mark.parametrize("sent", [[], [[1, 2]]])
async def test_a_worker_that_ends_without_the_end_is_told_after_what_it_sent(
    pipe: tuple[Connection, Connection], sent: list[list[int]]
) -> None:
    inbox = Inbox(pipe[0])
    for batch in sent:
        pipe[1].send(batch)
    pipe[1].close()
    for batch in sent:
        assert await inbox.next() == batch
    with pytest.raises(EOFError):
        await inbox.next()
    inbox.close()


async def test_who_stops_waiting_loses_nothing(pipe: tuple[Connection, Connection]) -> None:
    inbox = Inbox(pipe[0])
    waiting = asyncio.create_task(inbox.next())
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    pipe[1].send([1])
    assert await inbox.next() == [1]
    inbox.close()


async def test_what_cannot_be_read_is_no_silent_gap(pipe: tuple[Connection, Connection]) -> None:
    inbox = Inbox(pipe[0])
    pipe[1].send([1])
    pipe[1].send_bytes(b"\x80\x04garbage")
    pipe[1].send([3])
    pipe[1].send(None)
    assert await inbox.next() == [1]
    for _ in range(2):
        with pytest.raises(pickle.UnpicklingError):
            await inbox.next()
    inbox.close()
