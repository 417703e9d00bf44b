"""The API's composition root."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from functools import partial

from services.api.auth.authenticator import Authenticator
from services.api.backend import Backend, Servers, new_backend
from services.api.broker_link import BrokerLink
from services.api.live.stream_follower import follow_stream
from services.api.settings import ApiSettings
from services.api.web_app import web_app
from shared.catalog.connection import connect as connect_catalog
from shared.logs import logger
from shared.runtime.connections import affordable, raise_file_limit
from shared.runtime.http import Limits, listener, serve_http
from shared.runtime.process import Runtime
from shared.settings import BrokerSettings, MongoSettings, ObjectStoreSettings, SourceSettings, load
from shared.storage.s3.links import Links
from shared.storage.s3.objects import ObjectStore

log = logger(__name__)

#: Connections accepted between two checks of the others.
AT_ONCE = 16
#: Seconds that the start waits for the broker, so that usually everything is ready at once; then the API serves
#: without it.
BROKER_SECONDS = 10


async def main(runtime: Runtime) -> None:
    """Run the API until it is asked to stop."""
    settings = load(ApiSettings)
    connections = affordable(settings.connections, raise_file_limit())
    # Fail now if the port is taken, before waiting for any server; it is opened when there is something to serve.
    listener(settings.host, settings.port, "API").close()
    store, links = _object_store(settings)
    wait = runtime.settings.startup_wait_seconds
    async with AsyncExitStack() as stack:
        catalog = await connect_catalog(load(MongoSettings), runtime.service, wait, wait)
        stack.push_async_callback(catalog.close)
        link = BrokerLink(load(BrokerSettings), runtime.service)
        stack.push_async_callback(link.close)
        backend = new_backend(
            Servers(catalog, link.publisher, link.depth, store, links),
            load(SourceSettings),
            max_listeners=connections // 2,
            public_url=settings.public_url,
        )
        follow = partial(follow_stream, catalog=catalog, recent=backend.live.recent, notifier=backend.live.notifier)
        connecting = runtime.background(link.run(wait, follow), "broker")
        stack.callback(connecting.cancel)
        _add_checks(runtime, backend, link)
        stack.callback(runtime.background(runtime.watch(link.events_lost), "watchdog").cancel)
        app = web_app(backend, Authenticator(settings))
        limits = Limits(connections, AT_ONCE, settings.proxies)
        port = await stack.enter_async_context(serve_http(app, settings.host, settings.port, "API", limits))
        # Without this, open streams of events would keep the server from stopping.
        stack.callback(backend.live.notifier.close)
        log.info("api.listening", host=settings.host, port=port, connections=connections)
        await _connected(link, connecting, min(wait, BROKER_SECONDS))
        runtime.ready()
        await runtime.stopped()


def _object_store(settings: ApiSettings) -> tuple[ObjectStore, Links | None]:
    """The object store and what makes its presigned links. Neither is asked anything yet."""
    store_settings = load(ObjectStoreSettings)
    links = Links(store_settings, settings.link_url, settings.link_seconds) if settings.link_seconds else None
    return ObjectStore(store_settings), links


def _add_checks(runtime: Runtime, backend: Backend, link: BrokerLink) -> None:
    runtime.check("catalog", backend.catalog.problem)
    # Lists, the dashboard and decisions need only the catalog, so without the others the API is degraded, but ready.
    runtime.optional_check("broker", link.publisher.problem)
    runtime.optional_check("events", link.events_problem)
    runtime.optional_check("store", backend.store.problem)


async def _connected(link: BrokerLink, connecting: asyncio.Task[None], seconds: float) -> None:
    """Return when the broker is connected, cannot be, or has been waited for long enough."""
    waiting = asyncio.ensure_future(link.connected.wait())
    await asyncio.wait({waiting, connecting}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
