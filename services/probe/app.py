"""The probe service's composition root."""

from __future__ import annotations

from contextlib import AsyncExitStack

from services.probe.handlers import Measurements, handlers
from services.probe.rounds import Rounds
from services.probe.settings import ProbeSettings
from shared import metrics
from shared.catalog.connection import connect as connect_catalog
from shared.messaging.connection import connect as connect_broker
from shared.messaging.consumer import Consumer, ConsumerOptions
from shared.messaging.declare import ensure_topology
from shared.messaging.publisher import Publisher
from shared.messaging.sender import Senders
from shared.runtime.identity import name_of_this_process
from shared.runtime.periodic import run_periodically
from shared.runtime.process import Runtime
from shared.settings import BrokerSettings, MongoSettings, load
from shared.topology import MEASUREMENTS_QUEUE

#: Measurements kept at once. Each is a few milliseconds of waiting for the database.
PREFETCH = 20


async def main(runtime: Runtime) -> None:
    """Build the service, run it until it is asked to stop, take it apart."""
    broker_settings, settings = load(BrokerSettings), load(ProbeSettings)
    wait = runtime.settings.startup_wait_seconds
    async with AsyncExitStack() as stack:
        catalog = await connect_catalog(load(MongoSettings), runtime.service, wait, wait)
        stack.push_async_callback(catalog.close)
        broker = await stack.enter_async_context(await connect_broker(broker_settings, runtime.service, wait, wait))
        await ensure_topology(broker, broker_settings, wait)
        publisher = await Publisher.open(broker, runtime.service, broker_settings.publish_seconds)
        # Without a book of defects: a defect of a measurement must not count against its video.
        options = ConsumerOptions(broker_settings.declare, Senders.of(broker_settings, runtime.service), None)
        keeping = handlers(Measurements(catalog))
        consumer = Consumer(broker, publisher, MEASUREMENTS_QUEUE, keeping, prefetch=PREFETCH, options=options)
        show_zeros()
        runtime.check("catalog", catalog.problem)
        runtime.check("broker", consumer.problem)
        await consumer.start()
        rounds = Rounds(catalog, settings.keep_days, name_of_this_process())
        rolling = run_periodically("probe", rounds.round, settings.round_seconds)
        stack.callback(runtime.background(rolling, "rounds").cancel)
        stack.callback(runtime.background(runtime.watch(consumer.lost), "watchdog").cancel)
        runtime.ready()
        await runtime.stopped()
        await consumer.stop(runtime.settings.drain_seconds)


def show_zeros() -> None:
    """Export what is counted by kind before it happens, so that a graph shows zero and not nothing."""
    metrics.SLOWEST_SHARE.set(1)
    for result in ("downloaded", "failed", "known"):
        metrics.MEASUREMENTS.labels("archive", result)
