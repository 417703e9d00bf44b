"""A client of /v1/events that keeps what it received."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
from httpx_sse import ServerSentEvent, aconnect_sse

from dev.stack import Stack

#: Seconds within which the awaited events arrive; reached only when they do not.
LIMIT = 240


@dataclass
class Received:
    """What a listener received."""

    happened: list[dict[str, Any]] = field(default_factory=list)
    progress: list[dict[str, Any]] = field(default_factory=list)
    resets: int = 0
    last_id: str | None = None

    def take(self, event: ServerSentEvent) -> None:
        """Keep an event."""
        if event.event == "message":
            return  # A comment that keeps the connection open.
        if event.event == "reset":
            self.resets += 1
            return
        getattr(self, event.event).append(json.loads(event.data))
        self.last_id = event.id or self.last_id

    def videos(self, type_: str) -> list[str]:
        """The videos of one type of events, in order."""
        return [each["video"] for each in self.happened if each["type"] == type_]


async def listen(
    stack: Stack,
    enough: Callable[[Received], bool],
    *,
    playlist: str | None = None,
    replica: str = "API",
    last_id: str | None = None,
    connected: asyncio.Event | None = None,
) -> Received:
    """Listen until it is enough."""
    received = Received()
    headers = {"Authorization": f"Bearer {stack.exports['API_KEY']}"} | ({"Last-Event-ID": last_id} if last_id else {})
    query = {"playlist": playlist} if playlist is not None else {}
    async with (
        asyncio.timeout(LIMIT),
        httpx.AsyncClient(trust_env=False, timeout=None) as client,  # the limit is above
        aconnect_sse(
            client, "GET", f"{stack.exports[f'{replica}_URL']}/v1/events", params=query, headers=headers
        ) as source,
    ):
        source.response.raise_for_status()
        async for event in source.aiter_sse():
            received.take(event)
            if connected is not None:
                # The first event is the progress; after its position nothing may be missed.
                connected.set()
            if enough(received):
                return received
    return received
