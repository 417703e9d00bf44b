"""The work of `fonoteca sync` on the servers: compare, list, count."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from cli.context import take_settings
from cli.errors import REFUSED, CliError
from cli.servers.direct import WAIT_SECONDS, check_all
from cli.servers.stores import Bucket, Container, report_absent, user_error
from services.sync.mirror import Mirror
from services.sync.reconcile import PREFIX, Options, Reconciliation
from services.sync.report import ReconciliationReport
from services.sync.settings import OTHER_THREADS, SyncSettings
from shared import logs
from shared.catalog.connection import Catalog
from shared.catalog.connection import connect as connect_catalog
from shared.catalog.reports.progress import progress as archive_progress
from shared.errors import CatalogError, Misconfigured, Unavailable
from shared.settings import AzureSettings, MongoSettings, ObjectStoreSettings, check, load
from shared.storage.in_flight import BytesInFlight

#: Blobs listed at a time.
BATCH = 500


@dataclass(frozen=True)
class _Servers:
    catalog: Catalog
    store: Bucket
    blobs: Container


def _mirror_is_on() -> None:
    """Raise Misconfigured if the mirror is off, or one of its settings is wrong."""
    if load(AzureSettings).account_url is None:
        raise Misconfigured("There is no mirror: AZURE_ACCOUNT_URL is not set. Set it, and start the sync service.")


@asynccontextmanager
async def _servers() -> AsyncIterator[_Servers]:
    logs.configure("sync", "text", "error")
    take_settings("MONGO_URI")
    check_all(partial(check, MongoSettings, ObjectStoreSettings, SyncSettings), _mirror_is_on)
    azure = load(AzureSettings)
    store = Bucket(load(ObjectStoreSettings))
    catalog = await connect_catalog(load(MongoSettings), "cli", WAIT_SECONDS, 0)
    blobs = Container(azure)
    try:
        yield _Servers(catalog, store, blobs)
    except (Unavailable, CatalogError) as error:
        raise user_error(error, azure, store) from error
    finally:
        await blobs.close()
        await catalog.close()


async def reconciled(
    *, dry: bool, remove_many: bool, from_the_start: bool, progress: Callable[[int], None]
) -> ReconciliationReport:
    """Compare bucket and container, and repair the container."""
    async with _servers() as servers:
        if not dry:
            await servers.store.ensure_bucket(WAIT_SECONDS)
            await servers.blobs.ensure_container(WAIT_SECONDS)
        settings = load(SyncSettings)
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(settings.slots + OTHER_THREADS))
        in_flight = BytesInFlight(settings.in_flight_megabytes * 2**20)
        mirror = Mirror(servers.catalog, servers.store, servers.blobs, None, in_flight)
        options = Options(dry=dry, remove_many=remove_many, progress=progress, at_once=settings.slots)
        reconciliation = Reconciliation(servers.catalog, servers.store, servers.blobs, mirror, options)
        found = await reconciliation.run(from_the_start=from_the_start)
        if not dry and servers.blobs.absent:
            # A token without the right to create containers is no error as long as there is one.
            raise CliError(
                f"There is no container {servers.blobs.container}, and AZURE_SAS_TOKEN may not create it. Create "
                "it, or allow the token to.",
                REFUSED,
            )
        report_absent(servers.store, servers.blobs)
        return found


async def listed(prefix: str, show: Callable[[Any], None]) -> tuple[int, int]:
    """Show every blob whose name begins with `prefix`. Returns their number, and their size in bytes."""
    number = size = 0
    async with _servers() as servers:
        async for blob in servers.blobs.described(prefix):
            number, size = number + 1, size + blob.size_bytes
            show(blob)
        report_absent(servers.store, servers.blobs)
    return number, size


async def figures() -> dict[str, float]:
    """Count both stores. Returns name → number, with the counts of the catalog."""
    async with _servers() as servers:
        found = await archive_progress(servers.catalog)
        blobs = size = objects = 0
        async for batch in servers.blobs.contents(PREFIX, BATCH):
            blobs, size = blobs + len(batch), size + sum(content.size_bytes for _, content in batch)
        async for keys in servers.store.keys(PREFIX, BATCH):
            objects += len(keys)
        report_absent(servers.store, servers.blobs)
    stored = found.counts["stored"]
    return {
        "stored_videos": stored,
        "mirrored_videos": found.mirrored,
        "pending_videos": stored - found.mirrored,
        "objects": objects,
        "blobs": blobs,
        "blob_bytes": size,
    }
