"""The retry service's composition root."""

from __future__ import annotations

import random
from contextlib import AsyncExitStack
from functools import partial

from services.retry.handlers import Retrier, handlers
from services.retry.keeper import Keeper
from services.retry.settings import RetrySettings
from services.retry.sweeper import Sweeper
from services.retry.totals import count_totals
from shared import metrics
from shared.catalog.connection import connect as connect_catalog
from shared.messaging.connection import connect as connect_broker
from shared.messaging.consuming.consumer import Consumer, ConsumerOptions
from shared.messaging.consuming.parking import empty_parking_queues
from shared.messaging.declare import ensure_topology
from shared.messaging.depth import depth
from shared.messaging.publisher import Publisher
from shared.messaging.sender import Senders
from shared.runtime.defect_book import DefectBook
from shared.runtime.identity import name_of_this_process
from shared.runtime.periodic import Outcome, run_periodically
from shared.runtime.process import Runtime
from shared.settings import BrokerSettings, MongoSettings, load
from shared.topology import FAILURES_QUEUE

#: Failures decided on at once. Each is a few milliseconds of waiting for the servers.
PREFETCH = 50


async def main(runtime: Runtime) -> None:
    """Build the service, run it until a stop is requested, and close it."""
    broker_settings, settings = load(BrokerSettings), load(RetrySettings)
    wait = runtime.settings.startup_wait_seconds
    async with AsyncExitStack() as stack:
        catalog = await connect_catalog(load(MongoSettings), runtime.service, wait, wait)
        stack.push_async_callback(catalog.close)
        broker = await stack.enter_async_context(await connect_broker(broker_settings, runtime.service, wait, wait))
        await ensure_topology(broker, broker_settings, wait)
        publisher = await Publisher.open(broker, runtime.service, broker_settings.publish_seconds)
        senders, book = Senders.of(broker_settings, runtime.service), DefectBook(catalog, publisher)
        consumer = Consumer(
            broker,
            publisher,
            FAILURES_QUEUE,
            handlers(Retrier(catalog, publisher, settings, random.Random())),
            prefetch=PREFETCH,
            options=ConsumerOptions(broker_settings.declare, senders, book),
        )
        runtime.check("catalog", catalog.problem)
        runtime.check("broker", consumer.problem)
        await consumer.start()
        keeper = Keeper(catalog, book)
        await empty_parking_queues(broker, keeper.keep, declare=broker_settings.declare, senders=senders)
        sweeper = Sweeper(catalog, publisher, partial(depth, broker), settings, name_of_this_process())
        sweeping = run_periodically("sweep", partial(_sweep_and_count, sweeper), settings.sweep_seconds, _count_sweep)
        stack.callback(runtime.background(sweeping, "sweeper").cancel)
        stack.callback(runtime.background(runtime.watch(consumer.lost), "watchdog").cancel)
        runtime.ready()
        await runtime.stopped()
        await consumer.stop(runtime.settings.drain_seconds)


async def _sweep_and_count(sweeper: Sweeper) -> None:
    await sweeper.sweep()
    await count_totals(sweeper.catalog, sweeper.depth)


def _count_sweep(outcome: Outcome) -> None:
    metrics.SWEEPS.labels(outcome).inc()
