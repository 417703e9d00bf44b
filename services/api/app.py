"""The API's composition root."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from functools import partial

from services.api.auth.authenticator import Authenticator
from services.api.backend import new_backend
from services.api.broker_link import BrokerLink
from services.api.live.feed import keep_fed
from services.api.settings import ApiSettings
from services.api.web_app import web_app
from shared.catalog.connection import connect as connect_catalog
from shared.logs import logger
from shared.runtime.connections import affordable, raise_file_limit
from shared.runtime.http import Limits, listener, serve_http
from shared.runtime.process import Runtime
from shared.settings import BrokerSettings, MongoSettings, ObjectStoreSettings, SourceSettings, load
from shared.storage.links import Links
from shared.storage.objects import ObjectStore

log = logger(__name__)

#: Connections accepted before the others are looked after again.
AT_ONCE = 16
#: Seconds that the start waits for the broker, so that usually all is there at once; then the API serves without it.
BROKER_SECONDS = 10


async def main(runtime: Runtime) -> None:
    """Build the service, run it until it is asked to stop, take it apart."""
    broker_settings, mongo_settings, settings = load(BrokerSettings), load(MongoSettings), load(ApiSettings)
    sources = load(SourceSettings)
    connections = affordable(settings.connections, raise_file_limit())
    # Tried before any server is waited for; it is opened for good when there is something to serve.
    listener(settings.host, settings.port, "API").close()
    # Only for listening: an object store that is away keeps nobody from looking and deciding.
    store_settings = load(ObjectStoreSettings)
    store = ObjectStore(store_settings)
    links = Links(store_settings, settings.link_url, settings.link_seconds) if settings.link_seconds else None
    wait = runtime.settings.startup_wait_seconds
    async with AsyncExitStack() as stack:
        catalog = await connect_catalog(mongo_settings, runtime.service, wait, wait)
        stack.push_async_callback(catalog.close)
        link = BrokerLink(broker_settings, runtime.service)
        stack.push_async_callback(link.close)
        backend = new_backend(
            catalog,
            link.depth,
            link.publisher,
            store,
            private_hosts=sources.private_hosts,
            relist_seconds=sources.relist_seconds,
            listeners=connections // 2,
            links=links,
            public_url=settings.public_url,
        )
        feed = partial(keep_fed, catalog=catalog, recent=backend.live.recent, notifier=backend.live.notifier)
        joining = runtime.background(link.run(wait, feed), "broker")
        stack.callback(joining.cancel)
        runtime.check("catalog", catalog.problem)
        # What needs only the catalog is served without these: lists, the dashboard, decisions.
        runtime.optional_check("broker", link.publisher.problem)
        runtime.optional_check("events", link.events_problem)
        runtime.optional_check("store", store.problem)
        # A broker that is away ends no API.
        stack.callback(runtime.background(runtime.watch(link.events_lost), "watchdog").cancel)
        app = web_app(backend, Authenticator(settings))
        limits = Limits(connections, AT_ONCE, settings.proxies)
        port = await stack.enter_async_context(serve_http(app, settings.host, settings.port, "API", limits))
        # Whoever listens would otherwise keep the server from ending.
        stack.callback(backend.live.notifier.close)
        log.info("api.listening", host=settings.host, port=port, connections=connections)
        await _joined(link, joining, min(wait, BROKER_SECONDS))
        runtime.ready()
        await runtime.stopped()


async def _joined(link: BrokerLink, joining: asyncio.Task[None], seconds: float) -> None:
    """Return when the broker is there, or has been waited for long enough."""
    waiting = asyncio.ensure_future(link.joined.wait())
    await asyncio.wait({waiting, joining}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
