"""The notify service's composition root."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack

from services.notify.channels.hooks import hooks_running
from services.notify.channels.people import People
from services.notify.channels.sending import Sending
from services.notify.endpoints_file import apply_endpoints_of
from services.notify.handlers import Notifier, delivery_handlers, event_handlers
from services.notify.notices.rounds import Rounds
from services.notify.places import Places
from services.notify.policy import Policy
from services.notify.settings import NotifySettings
from shared import metrics
from shared.catalog.connection import Catalog
from shared.catalog.connection import connect as connect_catalog
from shared.catalog.notifications.endpoints import count_failing, count_paused
from shared.messaging.connection import connect as connect_broker
from shared.messaging.consuming.consumer import Consumer, ConsumerOptions
from shared.messaging.declare import ensure_topology
from shared.messaging.publisher import Publisher
from shared.messaging.sender import Senders
from shared.outbound.posting import new_client
from shared.runtime.identity import name_of_this_process
from shared.runtime.periodic import run_periodically
from shared.runtime.process import Runtime
from shared.settings import BrokerSettings, MongoSettings, load
from shared.topology import DELIVERIES_QUEUE, NOTIFY_EVENTS_QUEUE

#: Events handled at once. Each is a few milliseconds of waiting for the database and the broker.
PREFETCH = 20
#: Seconds between two counts of endpoints.
COUNT_SECONDS = 15


async def main(runtime: Runtime) -> None:
    """Build the service, run it until it is asked to stop, take it apart."""
    broker_settings, settings = load(BrokerSettings), load(NotifySettings)
    wait = runtime.settings.startup_wait_seconds
    async with AsyncExitStack() as stack:
        catalog = await connect_catalog(load(MongoSettings), runtime.service, wait, wait)
        stack.push_async_callback(catalog.close)
        await apply_endpoints_of(catalog, settings)
        broker = await stack.enter_async_context(await connect_broker(broker_settings, runtime.service, wait, wait))
        await ensure_topology(broker, broker_settings, wait)
        publisher = await Publisher.open(broker, runtime.service, broker_settings.publish_seconds)
        client = await stack.enter_async_context(new_client(settings.timeout_seconds))
        sending = Sending(client, settings.timeout_seconds, settings.private_hosts)
        hooks = await stack.enter_async_context(hooks_running(settings.hook_seconds))
        people = People(settings.timeout_seconds, stack.enter_context(ThreadPoolExecutor(settings.slots, "people")))
        rng = random.Random()
        policy, places = Policy(rng), Places(settings.slots, rng)
        notifier = Notifier(catalog, publisher, sending, people, hooks, policy, places, settings.pause_after)
        senders = Senders.of(broker_settings, runtime.service)
        # Without a book of defects: a defect of a notification must not count against the video of its event.
        options = ConsumerOptions(broker_settings.declare, senders, None)
        consumers = [
            Consumer(broker, publisher, queue, handlers, prefetch=prefetch, options=options)
            for queue, handlers, prefetch in (
                (NOTIFY_EVENTS_QUEUE, event_handlers(notifier), PREFETCH),
                (DELIVERIES_QUEUE, delivery_handlers(notifier), settings.slots),
            )
        ]
        # Before anything is delivered a graph shows zero, and not nothing.
        for outcome in ("delivered", "retried", "failed", "skipped"):
            metrics.DELIVERIES.labels(outcome)
        runtime.check("catalog", catalog.problem)
        runtime.check("broker", publisher.problem)
        for consumer in consumers:
            await consumer.start()
            stack.callback(runtime.background(runtime.watch(consumer.lost), "watchdog").cancel)
        counting = run_periodically("notify", lambda: count_endpoints(catalog), COUNT_SECONDS)
        stack.callback(runtime.background(counting, "counts").cancel)
        rounds = Rounds(catalog, publisher, settings, name_of_this_process())
        telling = run_periodically("notify", rounds.round, settings.round_seconds)
        stack.callback(runtime.background(telling, "rounds").cancel)
        runtime.ready()
        await runtime.stopped()
        for consumer in consumers:
            await consumer.stop(runtime.settings.drain_seconds)


async def count_endpoints(catalog: Catalog) -> None:
    """Count the endpoints that need a person, for the metrics. Raises a CatalogError."""
    metrics.PAUSED_ENDPOINTS.set(await count_paused(catalog))
    metrics.FAILING_ENDPOINTS.set(await count_failing(catalog))
