"""The watch service's half of WebSub, on a real catalog, beside the local hub."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from dev.hub.hub import Hub, serving
from services.watch.callback import Callback
from services.watch.subscriber import CALLBACK_PATH, Subscriber
from shared.catalog.connection import Catalog
from shared.catalog.documents import Source, Subscription
from shared.catalog.sources.definitions import get_source
from shared.outbound.posting import Poster, new_client
from shared.runtime.http import serve_http

LEASE_SECONDS = 3600


@dataclass(frozen=True)
class Pushes:
    """A subscriber with its callback, and a hub."""

    catalog: Catalog
    subscriber: Subscriber
    hub: Hub
    hub_url: str

    async def ask_hubs(self) -> int:
        """Ask the hubs, and wait until they have verified."""
        asked = await self.subscriber.ask_hubs()
        await self.hub.settled()
        return asked

    async def name_hub(self, name: str, topic: str | None = None) -> str:
        """Note the hub of a source, as a look does that reads its feed. Returns the topic."""
        topic = topic or f"https://www.youtube.com/feeds/{name}"
        known = {"hub": self.hub_url, "topic": topic}
        await self.catalog.sources.update_one({"_id": name}, {"$set": {"feed_hub": known}})
        return topic

    async def subscription(self, name: str) -> Subscription:
        """The subscription of a source."""
        found = await self.catalog.subscriptions.find_one({"_id": name})
        assert found is not None
        return found

    async def source(self, name: str) -> Source:
        """A followed source."""
        found = await get_source(self.catalog, name)
        assert found is not None
        return found

    async def make_due(self, name: str) -> None:
        """Make the next request to the hub of a source due now."""
        now = await self.catalog.now()
        await self.catalog.subscriptions.update_one({"_id": name}, {"$set": {"next_at": now}})


@asynccontextmanager
async def pushes_of(catalog: Catalog) -> AsyncIterator[Pushes]:
    """Serve a hub and a callback on loopback."""
    hub, app = Hub(), Callback(catalog, LEASE_SECONDS).application()
    async with serving(hub) as hub_url, serve_http(app, "127.0.0.1", 0, "TEST") as port, new_client(10) as client:
        base = f"http://127.0.0.1:{port}{CALLBACK_PATH}"
        subscriber = Subscriber(catalog, Poster(client, 10, private_hosts=True), base, LEASE_SECONDS)
        yield Pushes(catalog, subscriber, hub, hub_url)
