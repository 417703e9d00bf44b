"""The sync service's composition root."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any

from services.sync.backlog import Backlog
from services.sync.handlers import handlers
from services.sync.mirror import Mirror
from services.sync.purge import purge
from services.sync.reconcile import Options, Reconciliation, reconcile
from services.sync.settings import OTHER_THREADS, SyncSettings
from shared import metrics
from shared.catalog.connection import Catalog
from shared.catalog.connection import connect as connect_catalog
from shared.errors import Misconfigured, NotAdmitted, Unavailable
from shared.logs import logger
from shared.messaging.connection import Broker
from shared.messaging.connection import connect as connect_broker
from shared.messaging.consuming.consumer import Consumer, ConsumerOptions
from shared.messaging.declare import ensure_topology
from shared.messaging.publisher import Publisher
from shared.messaging.sender import Senders
from shared.runtime.defect_book import DefectBook
from shared.runtime.periodic import run_periodically
from shared.runtime.process import Runtime
from shared.settings import BrokerSettings, MongoSettings, ObjectStoreSettings, load
from shared.storage.s3.objects import ObjectStore
from shared.storage.server_copies import server_copies
from shared.storage.target import MirrorTarget
from shared.storage.targets import configured, must_be_elsewhere
from shared.topology import STORED_QUEUE

log = logger(__name__)

#: Why there is no mirror.
OFF = "neither AZURE_ACCOUNT_URL nor MIRROR_S3_ENDPOINT is set"


@dataclass(frozen=True)
class _Servers:
    """The connections of this service. `targets`: of the mirror; none while it is off."""

    catalog: Catalog
    broker: Broker
    publisher: Publisher
    store: ObjectStore
    targets: Sequence[MirrorTarget]


async def main(runtime: Runtime) -> None:
    """Build the service, run it until a stop is requested, and close it."""
    settings = load(SyncSettings)
    os.nice(settings.niceness)
    async with AsyncExitStack() as stack:
        servers = await _connect(runtime, stack)
        # Events and the reconciliation read and write objects at once, and servers' names are looked up by threads too.
        threads = 2 * settings.slots * (1 + len(servers.targets)) + OTHER_THREADS
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(threads))
        mirror = None
        if servers.targets:
            in_flight = settings.in_flight_megabytes * 2**20
            copies = server_copies(servers.store, load(ObjectStoreSettings), settings.copy_url)
            mirror = Mirror(servers.catalog, servers.store, servers.targets, servers.publisher, in_flight, copies)
        metrics.MIRROR_ON.set(mirror is not None)
        _start_background(runtime, stack, servers, mirror, settings)
        consumer = _consumer(runtime, servers, mirror, settings)
        runtime.check("broker", consumer.problem)
        await consumer.start()
        stack.callback(runtime.background(runtime.watch(consumer.lost), "watchdog").cancel)
        runtime.ready()
        await runtime.stopped()
        await consumer.stop(runtime.settings.drain_seconds)


async def _connect(runtime: Runtime, stack: AsyncExitStack) -> _Servers:
    """Connect to every server, and add their checks to /readyz."""
    broker_settings, wait = load(BrokerSettings), runtime.settings.startup_wait_seconds
    store_settings = load(ObjectStoreSettings)
    store = ObjectStore(store_settings)
    broker = await stack.enter_async_context(await connect_broker(broker_settings, runtime.service, wait, wait))
    await ensure_topology(broker, broker_settings, wait)
    publisher = await Publisher.open(broker, runtime.service, broker_settings.publish_seconds)
    catalog = await connect_catalog(load(MongoSettings), runtime.service, wait, wait)
    stack.push_async_callback(catalog.close)
    await store.ensure_bucket(wait, wait)
    runtime.check("catalog", catalog.problem)
    # Copies wait for an unavailable store, and no other process could make them meanwhile.
    runtime.optional_check("store", store.problem)
    targets = configured(store_settings)
    await _connect_mirror(runtime, stack, store, targets)
    return _Servers(catalog, broker, publisher, store, targets)


async def _connect_mirror(
    runtime: Runtime, stack: AsyncExitStack, store: ObjectStore, targets: Sequence[MirrorTarget]
) -> None:
    """Connect to the mirror: until one target is there, whose copies need not wait for those in the others."""
    if not targets:
        log.warning("mirror.off", reason=f"{OFF}; stored objects stay in the object store only")
        runtime.note("mirror", _mirror_is_off)
        return
    for target in targets:
        stack.push_async_callback(target.close)
        metrics.MIRROR_OBJECTS.labels("mirrored", target.name)
        runtime.optional_check(f"mirror.{target.name}", target.problem)
    connecting = {asyncio.ensure_future(_connect_target(runtime, store, target)) for target in targets}
    try:
        await _first_connected(connecting)
    finally:
        for each in connecting:
            each.cancel()
        await asyncio.gather(*connecting, return_exceptions=True)


async def _first_connected(connecting: Collection[asyncio.Future[None]]) -> None:
    """Wait for one of them. Raises what is wrong with a setting, or the last error if all fail."""
    for number, each in enumerate(asyncio.as_completed(connecting), 1):
        try:
            await each
            return
        except (NotAdmitted, Unavailable) as error:
            if number == len(connecting):
                raise
            log.error("mirror.target_away", error=str(error))


async def _connect_target(runtime: Runtime, store: ObjectStore, target: MirrorTarget) -> None:
    """Create the container if it is missing, and make sure that it is another one than the object store's."""
    wait = runtime.settings.startup_wait_seconds
    await target.ensure_container(wait, wait)
    await must_be_elsewhere(store, target)


async def _keep_connected(runtime: Runtime, store: ObjectStore, target: MirrorTarget) -> None:
    """Do the same for a target that was away at the start. A wrong setting ends the service, as at its start."""
    try:
        await _connect_target(runtime, store, target)
    except Misconfigured as error:
        if not isinstance(error, NotAdmitted):
            runtime.misconfigured = error
            runtime.stop()
        raise


async def _mirror_is_off() -> str:
    return f"off: {OFF}"


def _start_background(
    runtime: Runtime, stack: AsyncExitStack, servers: _Servers, mirror: Mirror | None, settings: SyncSettings
) -> None:
    """Start the background work: the purge, and with a mirror the backlog and the reconciliation."""
    catalog, store, grace = servers.catalog, servers.store, settings.grace_seconds
    work: dict[str, tuple[Callable[[], Awaitable[Any]], float]] = {
        "purge": (partial(purge, catalog, store, servers.targets, grace), settings.reconcile_seconds)
    }
    if mirror is not None:
        options = Options(grace_seconds=grace, at_once=settings.slots)
        work["backlog"] = (Backlog(catalog, mirror, grace).copy, settings.reconcile_seconds)
        for target in servers.targets:
            reconciliation = Reconciliation(catalog, store, target, mirror, options)
            work[f"reconcile.{target.name}"] = (partial(reconcile, reconciliation), settings.sweep_seconds)
            if len(servers.targets) > 1:
                keep = partial(_keep_connected, runtime, store, target)
                work[f"mirror.{target.name}"] = (keep, settings.reconcile_seconds)
    for name, (run, every_seconds) in work.items():
        loop = run_periodically(name, run, every_seconds)
        stack.callback(runtime.background(loop, name).cancel)


def _consumer(runtime: Runtime, servers: _Servers, mirror: Mirror | None, settings: SyncSettings) -> Consumer:
    broker_settings = load(BrokerSettings)
    return Consumer(
        servers.broker,
        servers.publisher,
        STORED_QUEUE,
        handlers(mirror),
        prefetch=settings.slots,
        # The broker lets this service publish copies only.
        options=ConsumerOptions(
            broker_settings.declare, Senders.of(broker_settings, runtime.service), DefectBook(servers.catalog, None)
        ),
    )
