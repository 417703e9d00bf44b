"""The probe service's composition root."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

from services.probe.crawls import Crawls
from services.probe.handlers import Answers, Measurements, answer_handlers, measurement_handlers
from services.probe.networks import open_networks
from services.probe.rounds import Rounds
from services.probe.settings import ProbeSettings
from shared import metrics
from shared.catalog.connection import connect as connect_catalog
from shared.messaging.connection import connect as connect_broker
from shared.messaging.consuming.consumer import Consumer, ConsumerOptions
from shared.messaging.declare import ensure_topology
from shared.messaging.publisher import Publisher
from shared.messaging.sender import Senders
from shared.runtime.identity import name_of_this_process
from shared.runtime.periodic import run_periodically
from shared.runtime.process import Runtime
from shared.settings import BrokerSettings, MongoSettings, load
from shared.topology import MEASUREMENTS_QUEUE, PROBED_QUEUE

#: Measurements kept at once. Each is a few milliseconds of waiting for the database.
PREFETCH = 20


async def main(runtime: Runtime) -> None:
    """Build the service, run it until it is asked to stop, take it apart."""
    broker_settings, settings = load(BrokerSettings), load(ProbeSettings)
    networks = open_networks(settings.as_file, online=settings.as_online)
    wait = runtime.settings.startup_wait_seconds
    async with AsyncExitStack() as stack:
        catalog = await connect_catalog(load(MongoSettings), runtime.service, wait, wait)
        stack.push_async_callback(catalog.close)
        broker = await stack.enter_async_context(await connect_broker(broker_settings, runtime.service, wait, wait))
        await ensure_topology(broker, broker_settings, wait)
        publisher = await Publisher.open(broker, runtime.service, broker_settings.publish_seconds)
        # Without a book of defects: a defect of a measurement must not count against its video.
        options = ConsumerOptions(broker_settings.declare, Senders.of(broker_settings, runtime.service), None)
        owner = name_of_this_process()
        crawls = Crawls(catalog, publisher, owner, settings.answer_seconds, settings.crawl_poll_seconds)
        consuming = {
            MEASUREMENTS_QUEUE: measurement_handlers(Measurements(catalog, networks)),
            PROBED_QUEUE: answer_handlers(Answers(catalog, crawls.wake)),
        }
        consumers = [
            Consumer(broker, publisher, queue, handlers, prefetch=PREFETCH, options=options)
            for queue, handlers in consuming.items()
        ]
        show_zeros()
        runtime.check("catalog", catalog.problem)
        for queue, consumer in zip(consuming, consumers, strict=True):
            runtime.check(queue.partition(".")[2], consumer.problem)
            await consumer.start()
        planning = run_periodically("crawls", crawls.round, 0)
        stack.callback(runtime.background(planning, "crawls").cancel)
        rounds = Rounds(catalog, settings.keep_days, owner)
        rolling = run_periodically("probe", rounds.round, settings.round_seconds)
        stack.callback(runtime.background(rolling, "rounds").cancel)
        stack.callback(runtime.background(runtime.watch(*(consumer.lost for consumer in consumers)), "watchdog").cancel)
        runtime.ready()
        await runtime.stopped()
        drain = runtime.settings.drain_seconds
        await asyncio.gather(*(consumer.stop(drain) for consumer in consumers))


def show_zeros() -> None:
    """Export what is counted by kind before it happens, so that a graph shows zero and not nothing."""
    metrics.SLOWEST_SHARE.set(1)
    for result in ("downloaded", "failed", "known"):
        metrics.MEASUREMENTS.labels("archive", result)
        metrics.MEASUREMENTS.labels("probe", result)
    for kind in ("list", "video"):
        metrics.CRAWL_REQUESTS.labels(kind)
    for outcome in ("done", "failed"):
        metrics.CRAWL_ANSWERS.labels(outcome)
