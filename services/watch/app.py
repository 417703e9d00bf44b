"""The watch service's composition root."""

from __future__ import annotations

import random
from contextlib import AsyncExitStack

from services.watch.callback import Callback
from services.watch.handlers import handlers
from services.watch.retention import Retainer
from services.watch.scheduler import Scheduler
from services.watch.settings import WatchSettings
from services.watch.sources_file import apply_file
from services.watch.subscriber import ANSWER_SECONDS, ASK_SECONDS, CALLBACK_PATH, Subscriber
from shared import metrics
from shared.catalog.connection import Catalog
from shared.catalog.connection import connect as connect_catalog
from shared.catalog.sources.subscriptions import forget_subscriptions
from shared.contracts.source import Rung
from shared.logs import logger
from shared.messaging.connection import connect as connect_broker
from shared.messaging.consuming.consumer import Consumer, ConsumerOptions
from shared.messaging.declare import ensure_topology
from shared.messaging.publisher import Publisher
from shared.messaging.sender import Senders
from shared.outbound.posting import Poster, new_client
from shared.runtime.defect_book import DefectBook
from shared.runtime.http import Limits, serve_http
from shared.runtime.identity import name_of_this_process
from shared.runtime.periodic import run_periodically
from shared.runtime.process import Runtime
from shared.settings import BrokerSettings, MongoSettings, SourceSettings, load
from shared.topology import CHECKED_QUEUE

log = logger(__name__)

#: Answers recorded at once. Each is a few milliseconds of waiting for the database.
PREFETCH = 20
#: Seconds between two counts of sources.
COUNT_SECONDS = 15
#: Connections of hubs at once. A few hubs push for all feeds.
CALLBACK_CONNECTIONS = 256


async def main(runtime: Runtime) -> None:
    """Build the service, run it until it is asked to stop, take it apart."""
    broker_settings, settings = load(BrokerSettings), load(WatchSettings)
    wait = runtime.settings.startup_wait_seconds
    async with AsyncExitStack() as stack:
        catalog = await connect_catalog(load(MongoSettings), runtime.service, wait, wait)
        stack.push_async_callback(catalog.close)
        if settings.sources_file is not None:
            await apply_file(catalog, settings.sources_file, private_hosts=load(SourceSettings).private_hosts)
        broker = await stack.enter_async_context(await connect_broker(broker_settings, runtime.service, wait, wait))
        await ensure_topology(broker, broker_settings, wait)
        publisher = await Publisher.open(broker, runtime.service, broker_settings.publish_seconds)
        scheduler = Scheduler(catalog, publisher, settings, random.Random())
        senders = Senders.of(broker_settings, runtime.service)
        options = ConsumerOptions(broker_settings.declare, senders, DefectBook(catalog, None))
        consumer = Consumer(broker, publisher, CHECKED_QUEUE, handlers(scheduler), prefetch=PREFETCH, options=options)
        show_zeros()
        await receive_pushes(stack, runtime, catalog, settings)
        runtime.check("catalog", catalog.problem)
        runtime.check("broker", consumer.problem)
        await consumer.start()
        requesting = run_periodically("watch", scheduler.request_due, settings.poll_seconds)
        stack.callback(runtime.background(requesting, "scheduler").cancel)
        counting = run_periodically("watch", scheduler.count, COUNT_SECONDS)
        stack.callback(runtime.background(counting, "counts").cancel)
        retainer = Retainer(catalog, settings, name_of_this_process())
        expiring = run_periodically("watch", retainer.delete, settings.retention_seconds)
        stack.callback(runtime.background(expiring, "retention").cancel)
        stack.callback(runtime.background(runtime.watch(consumer.lost), "watchdog").cancel)
        runtime.ready()
        await runtime.stopped()
        await consumer.stop(runtime.settings.drain_seconds)


async def receive_pushes(stack: AsyncExitStack, runtime: Runtime, catalog: Catalog, settings: WatchSettings) -> None:
    """Serve the callback and keep the subscriptions, until the stack ends; without a callback address, forget them."""
    if settings.callback_url is None:
        await forget_subscriptions(catalog)
        return
    app = Callback(catalog, settings.lease_seconds).application()
    limits = Limits(CALLBACK_CONNECTIONS)
    server = serve_http(app, settings.callback_host, settings.callback_port, "WATCH_CALLBACK", limits)
    port = await stack.enter_async_context(server)
    log.info("callback.listening", host=settings.callback_host, port=port)
    client = await stack.enter_async_context(new_client(ANSWER_SECONDS))
    poster = Poster(client, ANSWER_SECONDS, load(SourceSettings).private_hosts)
    subscriber = Subscriber(catalog, poster, f"{settings.callback_url}{CALLBACK_PATH}", settings.lease_seconds)
    asking = run_periodically("subscriptions", subscriber.ask_hubs, ASK_SECONDS)
    stack.callback(runtime.background(asking, "subscriptions").cancel)
    counting = run_periodically("subscriptions", subscriber.count, COUNT_SECONDS)
    stack.callback(runtime.background(counting, "subscription counts").cancel)


def show_zeros() -> None:
    """Export what is counted by kind before it happens, so that a graph shows zero and not nothing."""
    for rung in Rung:
        metrics.LOOKS.labels(rung.value, "looked", "")
        metrics.LOOK_REQUESTS.labels(rung.value)
    for kind in ("new", "filtered", "gone"):
        metrics.LOOK_ENTRIES.labels(kind)
    for outcome in ("looked", "ignored", "wrong_signature"):
        metrics.PUSHES.labels(outcome)
    for outcome in ("looked", "failed"):
        metrics.PUSHED_LOOKS.labels(outcome)
    for state in ("subscribed", "asked", "refused"):
        metrics.SUBSCRIPTIONS.labels(state).set(0)
