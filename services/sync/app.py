"""The sync service's composition root."""

from __future__ import annotations

import os
from contextlib import AsyncExitStack
from functools import partial

from services.sync.backlog import for_ever, reconcile
from services.sync.handlers import Sync
from services.sync.mirror import Mirror
from services.sync.purge import purge
from services.sync.reconcile import Sweep, sweep_and_tell
from services.sync.settings import SyncSettings
from shared import metrics
from shared.catalog.connection import connect as connect_catalog
from shared.contracts import AudioStored
from shared.logs import logger
from shared.messaging.connection import connect as connect_broker
from shared.messaging.consumer import Consumer, ConsumerOptions
from shared.messaging.declare import ensure_topology
from shared.messaging.publisher import Publisher
from shared.messaging.sender import Senders
from shared.runtime.defect_book import DefectBook
from shared.runtime.process import Runtime
from shared.settings import AzureSettings, BrokerSettings, MongoSettings, ObjectStoreSettings, load
from shared.storage.azure.blobs import BlobMirror
from shared.storage.objects import ObjectStore
from shared.topology import STORED_QUEUE

log = logger(__name__)


async def _off() -> str:
    return "off: AZURE_ACCOUNT_URL is not set"


async def main(runtime: Runtime) -> None:
    """Build the service, run it until it is asked to stop, take it apart."""
    broker_settings, mongo_settings = load(BrokerSettings), load(MongoSettings)
    azure_settings, settings = load(AzureSettings), load(SyncSettings)
    store = ObjectStore(load(ObjectStoreSettings))
    wait = runtime.settings.startup_wait_seconds
    os.nice(settings.niceness)
    async with AsyncExitStack() as stack:
        broker = await stack.enter_async_context(await connect_broker(broker_settings, runtime.service, wait, wait))
        await ensure_topology(broker, broker_settings, wait)
        publisher = await Publisher.open(broker, runtime.service, broker_settings.publish_seconds)
        catalog = await connect_catalog(mongo_settings, runtime.service, wait, wait)
        stack.push_async_callback(catalog.close)
        await store.ensure_bucket(wait, wait)
        runtime.check("catalog", catalog.problem)
        # Copies wait for a store that is away, and nobody is served meanwhile by another process.
        runtime.optional_check("store", store.problem)
        mirror: Mirror | None = None
        blobs: BlobMirror | None = None
        if azure_settings.account_url is None:
            log.warning(
                "mirror.off", reason="AZURE_ACCOUNT_URL is not set; stored objects stay in the object store only"
            )
            runtime.note("mirror", _off)
        else:
            blobs = BlobMirror(azure_settings)
            stack.push_async_callback(blobs.close)
            await blobs.ensure_container(wait, wait)
            mirror = Mirror(catalog, store, blobs, publisher)
            runtime.optional_check("mirror", blobs.problem)
            copying = for_ever(partial(reconcile, catalog, mirror, settings.grace_seconds), settings.reconcile_seconds)
            stack.callback(runtime.background(copying, "reconcile").cancel)
            sweep = Sweep(catalog, store, blobs, mirror, grace_seconds=settings.grace_seconds)
            sweeping = for_ever(partial(sweep_and_tell, sweep), settings.sweep_seconds)
            stack.callback(runtime.background(sweeping, "sweep").cancel)
        purging = for_ever(partial(purge, catalog, store, blobs, settings.grace_seconds), settings.reconcile_seconds)
        stack.callback(runtime.background(purging, "purge").cancel)
        metrics.MIRROR_ON.set(mirror is not None)
        consumer = Consumer(
            broker,
            publisher,
            STORED_QUEUE,
            {AudioStored: Sync(mirror).audio_stored},
            prefetch=settings.slots,
            # Its user at the broker may publish nothing but copies.
            options=ConsumerOptions(
                broker_settings.declare, Senders.of(broker_settings, runtime.service), DefectBook(catalog, None)
            ),
        )
        runtime.check("broker", consumer.problem)
        await consumer.start()
        stack.callback(runtime.background(runtime.watch(consumer.lost), "watchdog").cancel)
        runtime.ready()
        await runtime.stopped()
        await consumer.stop(runtime.settings.drain_seconds)
