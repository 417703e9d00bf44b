"""What the routes work with, found through the application's state."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Annotated

from fastapi import Depends, Request

from services.api.live.bell import Bell
from services.api.live.listening import Live
from services.api.live.recent import Recent
from services.api.live.scoreboards import Scoreboards
from services.api.overview import overview
from services.api.schemas.overview import OverviewOut
from services.api.shared_look import SharedLook
from shared.catalog.connection import Catalog
from shared.messaging.connection import Broker
from shared.messaging.depth import depth
from shared.messaging.publisher import Publisher
from shared.storage.objects import ObjectStore


@dataclass(frozen=True)
class Backend:
    """The servers behind the API, and what it knows of them."""

    catalog: Catalog
    publisher: Publisher
    store: ObjectStore
    live: Live
    overview: SharedLook[OverviewOut]
    #: Whether playlists may be on hosts that are not on the public internet.
    private_hosts: bool
    #: Seconds after which a list may be listed again, for whoever may only submit.
    relist_seconds: float


def new_backend(
    catalog: Catalog,
    broker: Broker,
    publisher: Publisher,
    store: ObjectStore,
    *,
    private_hosts: bool = False,
    relist_seconds: float = 0,
) -> Backend:
    """A backend whose `live` is not fed yet."""
    bell = Bell()
    live = Live(Recent(), Scoreboards(catalog, bell), bell)
    look = SharedLook(partial(overview, catalog, partial(depth, broker)))
    return Backend(catalog, publisher, store, live, look, private_hosts, relist_seconds)


def _backend(request: Request) -> Backend:
    backend: Backend = request.app.state.backend
    return backend


BackendDep = Annotated[Backend, Depends(_backend)]
