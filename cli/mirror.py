"""What `fonoteca sync` does with the servers: compare, list, count."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from cli.client import UNREACHABLE, CliError
from cli.context import take_settings
from cli.servers import AWAY, WAIT_SECONDS
from services.sync.blob import BlobMirror
from services.sync.mirror import Mirror
from services.sync.sweep import PREFIX, Sweep, Swept
from shared import logs
from shared.catalog.connection import Catalog
from shared.catalog.connection import connect as connect_catalog
from shared.catalog.queries import progress as archive_progress
from shared.errors import Misconfigured
from shared.settings import AzureSettings, MongoSettings, ObjectStoreSettings, load
from shared.storage.objects import ObjectStore

#: Blobs asked for at once.
BATCH = 500


@dataclass(frozen=True)
class _Servers:
    catalog: Catalog
    store: ObjectStore
    blobs: BlobMirror


@asynccontextmanager
async def _servers() -> AsyncIterator[_Servers]:
    logs.configure("sync", "text", "error")
    take_settings("MONGO_URI")
    azure = load(AzureSettings)
    if azure.account_url is None:
        raise Misconfigured("There is no mirror: AZURE_ACCOUNT_URL is not set.")
    catalog = await connect_catalog(load(MongoSettings), "cli", WAIT_SECONDS)
    blobs = BlobMirror(azure)
    try:
        yield _Servers(catalog, ObjectStore(load(ObjectStoreSettings)), blobs)
    except AWAY as error:
        raise CliError(f"This could not be finished: {error}", UNREACHABLE) from error
    finally:
        await blobs.close()
        await catalog.close()


async def swept(*, dry: bool, remove_many: bool, from_the_start: bool, progress: Callable[[int], None]) -> Swept:
    """Compare bucket and container, and mend the container."""
    async with _servers() as servers:
        mirror = Mirror(servers.catalog, servers.store, servers.blobs, None)
        sweep = Sweep(
            servers.catalog, servers.store, servers.blobs, mirror, dry=dry, remove_many=remove_many, progress=progress
        )
        return await sweep.run(from_the_start=from_the_start)


async def listed(prefix: str, show: Callable[[Any], None]) -> tuple[int, int]:
    """Show every blob whose name begins so. Returns how many, and their bytes."""
    number = size = 0
    async with _servers() as servers:
        async for blob in servers.blobs.described(prefix):
            number, size = number + 1, size + blob.size_bytes
            show(blob)
    return number, size


async def figures() -> dict[str, float]:
    """Both stores counted, and what the catalog says of them."""
    async with _servers() as servers:
        found = await archive_progress(servers.catalog)
        blobs = size = objects = 0
        async for batch in servers.blobs.contents(PREFIX, BATCH):
            blobs, size = blobs + len(batch), size + sum(content.size_bytes for _, content in batch)
        async for keys in servers.store.keys(PREFIX, BATCH):
            objects += len(keys)
    stored = found.counts["stored"]
    return {
        "stored_videos": stored,
        "mirrored_videos": found.mirrored,
        "pending_videos": stored - found.mirrored,
        "objects": objects,
        "blobs": blobs,
        "blob_bytes": size,
    }
