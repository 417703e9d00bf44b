"""The API's composition root."""

from __future__ import annotations

from contextlib import AsyncExitStack

from services.api.access import Gate
from services.api.backend import new_backend
from services.api.live.feed import SINCE, keep_fed
from services.api.settings import ApiSettings
from services.api.web_app import web_app
from shared.catalog.connection import connect as connect_catalog
from shared.logs import logger
from shared.messaging.connection import connect as connect_broker
from shared.messaging.declare import ensure_topology
from shared.messaging.publisher import Publisher
from shared.messaging.stream import StreamReader
from shared.runtime.connections import affordable, raise_file_limit
from shared.runtime.http import Limits, listener, serve_http
from shared.runtime.process import Runtime
from shared.settings import BrokerSettings, MongoSettings, ObjectStoreSettings, SourceSettings, load
from shared.storage.links import Links
from shared.storage.objects import ObjectStore
from shared.topology import EVENTS_STREAM

log = logger(__name__)

#: Connections accepted before the others are looked after again.
AT_ONCE = 16


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
        catalog = await connect_catalog(mongo_settings, runtime.service, wait)
        stack.push_async_callback(catalog.close)
        broker = await stack.enter_async_context(await connect_broker(broker_settings, runtime.service, wait))
        await ensure_topology(broker, broker_settings, wait)
        publisher = await Publisher.open(broker, runtime.service, broker_settings.publish_seconds)
        backend = new_backend(
            catalog,
            broker,
            publisher,
            store,
            private_hosts=sources.private_hosts,
            relist_seconds=sources.relist_seconds,
            listeners=connections // 2,
            links=links,
            public_url=settings.public_url,
        )
        reader = StreamReader(broker, EVENTS_STREAM, SINCE, declare=broker_settings.declare)
        await reader.start()
        stack.push_async_callback(reader.close)
        feeding = keep_fed(reader, catalog, backend.live.recent, backend.live.bell)
        stack.callback(runtime.background(feeding, "feed").cancel)
        runtime.check("catalog", catalog.problem)
        runtime.check("broker", publisher.problem)
        runtime.check("events", reader.problem)
        # A broker that is away ends no API: lists, the dashboard and listening need it not.
        stack.callback(runtime.background(runtime.watch(reader.lost), "watchdog").cancel)
        app = web_app(backend, Gate(settings))
        limits = Limits(connections, AT_ONCE, settings.proxies)
        port = await stack.enter_async_context(serve_http(app, settings.host, settings.port, "API", limits))
        # Whoever listens would otherwise keep the server from ending.
        stack.callback(backend.live.bell.close)
        log.info("api.listening", host=settings.host, port=port, connections=connections)
        runtime.ready()
        await runtime.stopped()
