"""What the routes work with. They find it through the application's state."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import Annotated

from fastapi import Depends, Request

from services.api.cached_query import CachedQuery
from services.api.http.concurrency import ConcurrencyLimit
from services.api.live.notifier import Notifier
from services.api.live.progress_polls import ProgressPolls
from services.api.live.recent_events import RecentEvents
from services.api.live.updates import LiveUpdates
from services.api.overview import QueueDepth, overview
from services.api.schemas.overview import OverviewOut
from shared.catalog.connection import Catalog
from shared.messaging.publisher import Publisher
from shared.settings import SourceSettings
from shared.storage.s3.links import Links
from shared.storage.s3.objects import ObjectStore

#: Large responses built at once: a page of 2 MiB takes ten times as much memory while it is built.
MAX_LARGE_RESPONSES = 8
#: Clients that may listen to events at once.
MAX_LISTENERS = 256
#: The divisor for one key's part of them: one key must not lock out the dashboards of others.
LISTENERS_DIVISOR = 4
#: Objects sent at once, each of which holds a connection to the object store; and those sent to one key.
MAX_STREAMS, MAX_STREAMS_PER_KEY = 64, 32


@dataclass(frozen=True)
class Servers:
    """The servers behind the API."""

    catalog: Catalog
    publisher: Publisher
    #: Counts the messages that wait in a queue. Raises Unavailable.
    queue_depth: QueueDepth
    store: ObjectStore
    #: Makes presigned links; None if API_LINK_SECONDS is 0.
    links: Links | None = None


@dataclass(frozen=True)
class Backend:
    """The servers behind the API, and what this replica keeps in memory."""

    catalog: Catalog
    publisher: Publisher
    store: ObjectStore
    #: Makes presigned links; None: there are none.
    links: Links | None
    #: Which playlists are accepted, and how often one may be listed.
    sources: SourceSettings
    #: Where clients reach the API; None: at the address that a request names.
    public_url: str | None
    live: LiveUpdates
    overview: CachedQuery[OverviewOut]
    #: Held while a response is built that may be large, to bound memory.
    large_responses: asyncio.Semaphore
    #: Bounds the clients that listen to events, and those that receive objects.
    listeners: ConcurrencyLimit
    streams: ConcurrencyLimit


def new_backend(
    servers: Servers, sources: SourceSettings, *, max_listeners: int = MAX_LISTENERS, public_url: str | None = None
) -> Backend:
    """Make a backend. Its `live.recent` stays empty until `follow_stream` fills it."""
    notifier = Notifier()
    return Backend(
        catalog=servers.catalog,
        publisher=servers.publisher,
        store=servers.store,
        links=servers.links,
        sources=sources,
        public_url=public_url,
        live=LiveUpdates(RecentEvents(), ProgressPolls(servers.catalog, notifier), notifier),
        overview=CachedQuery(partial(overview, servers.catalog, servers.queue_depth)),
        large_responses=asyncio.Semaphore(MAX_LARGE_RESPONSES),
        listeners=ConcurrencyLimit(max_listeners, "listen to events", max(1, max_listeners // LISTENERS_DIVISOR)),
        streams=ConcurrencyLimit(MAX_STREAMS, "receive audio", MAX_STREAMS_PER_KEY),
    )


def _backend(request: Request) -> Backend:
    backend: Backend = request.app.state.backend
    return backend


BackendDep = Annotated[Backend, Depends(_backend)]
