"""The work of `fonoteca sync` on the servers: compare, list, count."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from cli.context import take_settings
from cli.errors import REFUSED, CliError
from cli.servers.direct import WAIT_SECONDS, check_all
from cli.servers.stores import report_absent, user_error
from services.sync.mirror import Mirror
from services.sync.reconcile import PREFIX, Options, Reconciliation
from services.sync.report import ReconciliationReport
from services.sync.settings import OTHER_THREADS, SyncSettings
from shared import logs
from shared.catalog.connection import Catalog
from shared.catalog.connection import connect as connect_catalog
from shared.catalog.reports.progress import progress as archive_progress
from shared.errors import CatalogError, Unavailable
from shared.settings import MongoSettings, ObjectStoreSettings, check, load
from shared.storage.content import Described
from shared.storage.s3.objects import ObjectStore
from shared.storage.server_copies import server_copies
from shared.storage.target import MirrorTarget
from shared.storage.targets import configured, must_be_elsewhere, named, place_of

#: Names listed at a time.
BATCH = 500


@dataclass(frozen=True)
class _Servers:
    catalog: Catalog
    store: ObjectStore
    targets: list[MirrorTarget]


def _chosen(name: str | None) -> list[MirrorTarget]:
    """Return the targets with this name, or all. Raises Misconfigured if there is none, or a setting is wrong."""
    return named(configured(load(ObjectStoreSettings), missing_is_empty=True), name)


@asynccontextmanager
async def _servers(target: str | None) -> AsyncIterator[_Servers]:
    logs.configure("sync", "text", "error")
    take_settings("MONGO_URI")
    check_all(partial(check, MongoSettings, ObjectStoreSettings, SyncSettings), partial(_chosen, target))
    async with AsyncExitStack() as stack:
        targets = _chosen(target)
        for each in targets:
            stack.push_async_callback(each.close)
        store = ObjectStore(load(ObjectStoreSettings), missing_is_empty=True)
        catalog = await connect_catalog(load(MongoSettings), "cli", WAIT_SECONDS, 0)
        stack.push_async_callback(catalog.close)
        try:
            yield _Servers(catalog, store, targets)
        except (Unavailable, CatalogError) as error:
            raise user_error(error, targets, store) from error


async def reconciled(
    *, target: str | None, dry: bool, remove_many: bool, from_the_start: bool, progress: Callable[[str, int], None]
) -> list[ReconciliationReport]:
    """Compare the bucket with each target, and repair the target. `progress`: receives the target and a number."""
    async with _servers(target) as servers:
        if not dry:
            await servers.store.ensure_bucket(WAIT_SECONDS)
            for each in servers.targets:
                await each.ensure_container(WAIT_SECONDS)
                await must_be_elsewhere(servers.store, each)
        settings = load(SyncSettings)
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(2 * settings.slots + OTHER_THREADS))
        in_flight = settings.in_flight_megabytes * 2**20
        copies = server_copies(servers.store, load(ObjectStoreSettings), settings.copy_url)
        mirror = Mirror(servers.catalog, servers.store, servers.targets, None, in_flight, copies)
        found = []
        for each in servers.targets:
            options = Options(
                dry=dry, remove_many=remove_many, progress=partial(progress, each.name), at_once=settings.slots
            )
            reconciliation = Reconciliation(servers.catalog, servers.store, each, mirror, options)
            found.append(await reconciliation.run(from_the_start=from_the_start))
            if not dry and each.missing.met:
                # A key without the right to create containers is no error as long as there is one.
                raise CliError(
                    f"There is no {place_of(each)}, and its key may not create it. Create it, or allow the key to.",
                    REFUSED,
                )
        report_absent(servers.store, servers.targets)
        return found


async def listed(target: str | None, prefix: str, show: Callable[[MirrorTarget, Described], None]) -> tuple[int, int]:
    """Show every copy whose name begins with `prefix`. Returns their number, and their size in bytes."""
    number = size = 0
    async with _servers(target) as servers:
        for each in servers.targets:
            async for found in each.described(prefix):
                number, size = number + 1, size + found.size_bytes
                show(each, found)
        report_absent(servers.store, servers.targets)
    return number, size


async def figures(target: str | None) -> dict[str, Any]:
    """Count the stores. Returns name → number, with the counts of the catalog, and the counts of each target."""
    async with _servers(target) as servers:
        found = await archive_progress(servers.catalog)
        counts = {each.name: await _count(each) for each in servers.targets}
        objects = 0
        async for keys in servers.store.keys(PREFIX, BATCH):
            objects += len(keys)
        report_absent(servers.store, servers.targets)
    stored = found.counts["stored"]
    return {
        "stored_videos": stored,
        "mirrored_videos": found.mirrored,
        "pending_videos": stored - found.mirrored,
        "objects": objects,
        "blobs": sum(each["blobs"] for each in counts.values()),
        "blob_bytes": sum(each["blob_bytes"] for each in counts.values()),
        "targets": counts,
    }


async def _count(target: MirrorTarget) -> dict[str, Any]:
    blobs = size = 0
    async for batch in target.listed(PREFIX, BATCH):
        blobs, size = blobs + len(batch), size + sum(each.content.size_bytes for each in batch)
    return {"container": target.container, "blobs": blobs, "blob_bytes": size}
