"""What the routes work with, found through the application's state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from shared.catalog.connection import Catalog
from shared.messaging.publisher import Publisher


@dataclass(frozen=True)
class Backend:
    """The servers behind the API, and what it may take."""

    catalog: Catalog
    publisher: Publisher
    #: Whether playlists may be on hosts that are not on the public internet.
    private_hosts: bool = False


def _backend(request: Request) -> Backend:
    backend: Backend = request.app.state.backend
    return backend


BackendDep = Annotated[Backend, Depends(_backend)]
