"""The retry service's composition root."""

from __future__ import annotations

import os
import random
import socket
from contextlib import AsyncExitStack
from functools import partial

from services.retry.handlers import Retrier
from services.retry.keeper import Keeper
from services.retry.settings import RetrySettings
from services.retry.sweeper import Sweeper
from shared.catalog.connection import connect as connect_catalog
from shared.contracts import PlaylistFailed, VideoFailed
from shared.messaging.connection import connect as connect_broker
from shared.messaging.consumer import Consumer, ConsumerOptions
from shared.messaging.declare import ensure_topology
from shared.messaging.depth import depth
from shared.messaging.parking import empty_parking_queues
from shared.messaging.publisher import Publisher
from shared.messaging.sender import Senders
from shared.runtime.defect_book import DefectBook
from shared.runtime.process import Runtime
from shared.settings import BrokerSettings, MongoSettings, load
from shared.topology import FAILURES_QUEUE

#: Failures decided on at once. Each is a few milliseconds of waiting for the servers.
PREFETCH = 50


async def main(runtime: Runtime) -> None:
    """Build the service, run it until it is asked to stop, take it apart."""
    broker_settings, mongo_settings, settings = load(BrokerSettings), load(MongoSettings), load(RetrySettings)
    wait = runtime.settings.startup_wait_seconds
    async with AsyncExitStack() as stack:
        catalog = await connect_catalog(mongo_settings, runtime.service, wait, wait)
        stack.push_async_callback(catalog.close)
        broker = await stack.enter_async_context(await connect_broker(broker_settings, runtime.service, wait, wait))
        await ensure_topology(broker, broker_settings, wait)
        publisher = await Publisher.open(broker, runtime.service, broker_settings.publish_seconds)
        retrier = Retrier(catalog, publisher, settings, random.Random())
        senders = Senders.of(broker_settings, runtime.service)
        book = DefectBook(catalog, publisher)
        consumer = Consumer(
            broker,
            publisher,
            FAILURES_QUEUE,
            {VideoFailed: retrier.video_failed, PlaylistFailed: retrier.playlist_failed},
            prefetch=PREFETCH,
            options=ConsumerOptions(broker_settings.declare, senders, book),
        )
        owner = f"{socket.gethostname()}:{os.getpid()}"
        sweeper = Sweeper(catalog, publisher, partial(depth, broker), settings, owner)
        runtime.check("catalog", catalog.problem)
        runtime.check("broker", consumer.problem)
        await consumer.start()
        keeper = Keeper(catalog, book)
        await empty_parking_queues(broker, keeper.keep, declare=broker_settings.declare, senders=senders)
        stack.callback(runtime.background(sweeper.sweep_for_ever(), "sweeper").cancel)
        stack.callback(runtime.background(runtime.watch(consumer.lost), "watchdog").cancel)
        runtime.ready()
        await runtime.stopped()
        await consumer.stop(runtime.settings.drain_seconds)
