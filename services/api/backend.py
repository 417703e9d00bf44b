"""What the routes work with, found through the application's state."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import Annotated

from fastapi import Depends, Request

from services.api.cached_query import CachedQuery
from services.api.http.slots import Places
from services.api.live.listening import Live
from services.api.live.notifier import Notifier
from services.api.live.recent import Recent
from services.api.live.scoreboards import Scoreboards
from services.api.overview import Depth, overview
from services.api.schemas.overview import OverviewOut
from shared.catalog.connection import Catalog
from shared.messaging.publisher import Publisher
from shared.storage.links import Links
from shared.storage.objects import ObjectStore

#: Large answers made at once: a page of two MiB takes ten times as much on its way.
LARGE_AT_ONCE = 8

#: Clients that may listen to events at once, unless the server says otherwise.
LISTENERS = 256
#: Part of the places for events that one key may take: dashboards of others must find one.
LISTENERS_SHARE = 4
#: Answers with sound at once, each of which holds a connection to the object store; and those to one key.
STREAMS, STREAMS_OF_ONE = 64, 32


@dataclass(frozen=True)
class Backend:
    """The servers behind the API, and what it knows of them."""

    catalog: Catalog
    publisher: Publisher
    store: ObjectStore
    live: Live
    overview: CachedQuery[OverviewOut]
    #: Whether playlists may be on hosts that are not on the public internet.
    private_hosts: bool
    #: Seconds after which a list may be listed again, for whoever may only submit.
    relist_seconds: float
    #: Held while an answer that may be large is made: few at once, so that memory has a bound.
    large_answers: asyncio.Semaphore
    #: Clients that listen to events now, and those that listen to sound.
    listeners: Places
    streams: Places
    #: What makes presigned addresses; None: nothing does.
    links: Links | None
    #: Where clients reach the API; None: as their requests say.
    public_url: str | None


def new_backend(
    catalog: Catalog,
    queue_depth: Depth,
    publisher: Publisher,
    store: ObjectStore,
    *,
    private_hosts: bool = False,
    relist_seconds: float = 0,
    listeners: int = LISTENERS,
    links: Links | None = None,
    public_url: str | None = None,
) -> Backend:
    """A backend whose `live` is not fed yet. `listeners`: so many may listen to events at once.

    `queue_depth`: how many messages wait in a queue; raises Unavailable.
    """
    notifier = Notifier()
    live = Live(Recent(), Scoreboards(catalog, notifier), notifier)
    look = CachedQuery(partial(overview, catalog, queue_depth))
    return Backend(
        catalog,
        publisher,
        store,
        live,
        look,
        private_hosts,
        relist_seconds,
        asyncio.Semaphore(LARGE_AT_ONCE),
        Places(listeners, "listen to events", max(1, listeners // LISTENERS_SHARE)),
        Places(STREAMS, "listen to sound", STREAMS_OF_ONE),
        links,
        public_url,
    )


def _backend(request: Request) -> Backend:
    backend: Backend = request.app.state.backend
    return backend


BackendDep = Annotated[Backend, Depends(_backend)]
