"""The API's way to the broker, which may come later than the API: lists, the dashboard and listening need it not."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable

from services.api.live.feed import SINCE
from shared.errors import Unavailable
from shared.logs import logger
from shared.messaging.connection import Broker, close, connect
from shared.messaging.declare import ensure_topology
from shared.messaging.depth import depth
from shared.messaging.publisher import Publisher
from shared.messaging.stream import StreamReader
from shared.settings import BrokerSettings
from shared.topology import EVENTS_STREAM

log = logger(__name__)

#: Seconds until it is tried again after the broker went away in the middle of it.
AGAIN_SECONDS = 2


class BrokerLink:
    """One connection, with what the API does over it."""

    def __init__(self, settings: BrokerSettings, service: str) -> None:
        self.publisher = Publisher(None, service, settings.publish_seconds)
        #: Set when there is a connection; it comes back by itself from then on.
        self.joined = asyncio.Event()
        self._settings = settings
        self._service = service
        self._broker: Broker | None = None
        self._reader: StreamReader | None = None

    async def run(self, admission_seconds: float, feed: Callable[[StreamReader], Awaitable[None]]) -> None:
        """Connect, however long it takes, and hand the stream of events to `feed`.

        Raises Misconfigured if what is wrong mends itself only by a person, or if the broker still does not know our
        user after `admission_seconds`.
        """
        while self._reader is None:
            try:
                self._reader = await self._join(admission_seconds)
            except Unavailable as error:
                log.warning("broker.not_joined_yet", problem=str(error))
                await self._drop()
                await asyncio.sleep(AGAIN_SECONDS)
        self.joined.set()
        await feed(self._reader)

    async def _join(self, admission_seconds: float) -> StreamReader:
        self._broker = await connect(self._settings, self._service, math.inf, admission_seconds)
        await ensure_topology(self._broker, self._settings, math.inf)
        await self.publisher.attach(self._broker)
        reader = StreamReader(self._broker, EVENTS_STREAM, SINCE, declare=self._settings.declare)
        await reader.start()
        return reader

    async def depth(self, queue: str) -> int:
        """How many messages wait in a queue. Raises Unavailable."""
        if self._broker is None:
            raise Unavailable("there has been no connection to RabbitMQ yet")
        return await depth(self._broker, queue)

    async def events_problem(self) -> str | None:
        """None if events can arrive, else what is wrong; for /readyz."""
        return await self._reader.problem() if self._reader is not None else "no connection to RabbitMQ"

    async def events_lost(self) -> str | None:
        """None unless the connection is there and the reader of events is not; for the watchdog."""
        return await self._reader.lost() if self._reader is not None else None

    async def close(self) -> None:
        """Close the connection, if there is one."""
        if self._reader is not None:
            await self._reader.close()
        await self._drop()

    async def _drop(self) -> None:
        broker, self._broker = self._broker, None
        if broker is not None:
            await close(broker)
