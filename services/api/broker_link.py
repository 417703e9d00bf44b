"""The API's connection to the broker. The API starts without it: lists, the dashboard and audio do not need it."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable

from services.api.live.stream_follower import SINCE
from shared.errors import Unavailable
from shared.logs import logger
from shared.messaging.connection import Broker, close, connect
from shared.messaging.consuming.stream import StreamReader
from shared.messaging.declare import ensure_topology
from shared.messaging.depth import depth
from shared.messaging.publisher import Publisher
from shared.settings import BrokerSettings
from shared.topology import EVENTS_STREAM

log = logger(__name__)

#: Seconds until the next attempt after the broker became unavailable while connecting.
RETRY_SECONDS = 2


class BrokerLink:
    """One connection, with what the API does over it: publish, follow events, count messages."""

    def __init__(self, settings: BrokerSettings, service: str) -> None:
        self.publisher = Publisher(None, service, settings.publish_seconds)
        #: Set when the first connection is ready; from then on it reconnects by itself.
        self.connected = asyncio.Event()
        self._settings = settings
        self._service = service
        self._broker: Broker | None = None
        self._reader: StreamReader | None = None

    async def run(self, admission_seconds: float, follow: Callable[[StreamReader], Awaitable[None]]) -> None:
        """Connect, however long it takes, then run `follow` with the stream of events.

        Raises Misconfigured for a problem that only a person can solve; one is that the broker still does not know our
        user after `admission_seconds`.
        """
        while self._reader is None:
            try:
                self._reader = await self._connect(admission_seconds)
            except Unavailable as error:
                log.warning("broker.not_joined_yet", problem=str(error))
                await self._disconnect()
                await asyncio.sleep(RETRY_SECONDS)
        self.connected.set()
        await follow(self._reader)

    async def _connect(self, admission_seconds: float) -> StreamReader:
        self._broker = await connect(self._settings, self._service, math.inf, admission_seconds)
        await ensure_topology(self._broker, self._settings, math.inf)
        await self.publisher.attach(self._broker)
        reader = StreamReader(self._broker, EVENTS_STREAM, SINCE, declare=self._settings.declare)
        await reader.start()
        return reader

    async def depth(self, queue: str) -> int:
        """The number of messages that wait in a queue. Raises Unavailable."""
        if self._broker is None:
            raise Unavailable("there is no connection to RabbitMQ yet")
        return await depth(self._broker, queue)

    async def events_problem(self) -> str | None:
        """What keeps events from arriving, for /readyz; None: nothing."""
        return await self._reader.problem() if self._reader is not None else "no connection to RabbitMQ"

    async def events_lost(self) -> str | None:
        """What is wrong if the connection works but the reader of events is gone, for the watchdog; None: nothing."""
        return await self._reader.lost() if self._reader is not None else None

    async def close(self) -> None:
        """Close the connection, if there is one."""
        if self._reader is not None:
            await self._reader.close()
        await self._disconnect()

    async def _disconnect(self) -> None:
        broker, self._broker = self._broker, None
        if broker is not None:
            await close(broker)
