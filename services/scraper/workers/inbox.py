"""What a worker process sends, received while the service is still busy with what came before."""

from __future__ import annotations

import asyncio
from multiprocessing.connection import Connection
from typing import Any

#: Items received ahead. A page of YouTube has a hundred, so up to five are read in vain if the rest is not wanted.
AHEAD = 500


class Inbox:
    """Receives lists of items, and None as their end, from the other end of a pipe."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._loop = asyncio.get_running_loop()
        self._items: list[Any] = []
        self._ended = False
        self._error: Exception | None = None
        self._changed = asyncio.Event()
        self._reads = False
        self._read()

    async def next(self) -> list[Any] | None:
        """Return all items that have come since the last call, at least one; None at the end.

        Raises EOFError if the other end is gone without having sent the end, and what receiving raised.
        """
        while not (self._items or self._ended or self._error):
            self._changed.clear()
            await self._changed.wait()
        if self._items:
            items, self._items = self._items, []
            self._read()
            return items
        if self._error is not None:
            raise self._error
        return None

    def close(self) -> None:
        """Receive nothing more. The pipe stays open."""
        if self._reads:
            self._loop.remove_reader(self._pipe.fileno())
            self._reads = False

    def _read(self) -> None:
        if not (self._reads or self._ended or self._error):
            self._loop.add_reader(self._pipe.fileno(), self._receive)
            self._reads = True

    def _receive(self) -> None:
        try:
            batch = self._pipe.recv()
        except OSError as error:
            self._error = EOFError(str(error))
        except Exception as error:  # raised by `next`: what follows it would look complete
            self._error = error
        else:
            self._ended = batch is None
            self._items += batch or ()
        if self._ended or self._error or len(self._items) >= AHEAD:
            # The pipe fills, and the worker waits.
            self.close()
        self._changed.set()
