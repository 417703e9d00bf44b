"""Runs a backup or a restore on the servers that the settings name."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path

from cli.backup.backing_up import Backup, BackupReport
from cli.backup.folder import ArchiveFolder
from cli.backup.manifest import read_manifest
from cli.backup.restoring import Restore, RestoreReport, readable_archive
from cli.context import take_settings
from cli.errors import REFUSED, CliError
from cli.servers.direct import WAIT_SECONDS
from cli.servers.stores import report_absent, user_error
from shared import logs
from shared.catalog.connection import Catalog, open_catalog
from shared.catalog.schema import refuse_newer, version_of
from shared.errors import CatalogError, Unavailable
from shared.settings import MongoSettings, ObjectStoreSettings, check, load
from shared.storage.s3.objects import ObjectStore

Progress = Callable[[str], None]


async def backed_up(path: Path, workers: int, progress: Progress, *, with_objects: bool) -> BackupReport:
    """Back up into a folder. Raises CliError, Misconfigured or Unavailable."""
    folder = ArchiveFolder(path)
    async with _servers("backup", workers, with_objects=with_objects) as (catalog, store):
        folder.prepare()
        with folder.locked():
            folder.begin()
            if not with_objects and folder.manifest.exists() and read_manifest(folder).objects is not None:
                raise CliError(
                    f"{path} holds an archive with its objects. Name another folder for the catalog alone.", REFUSED
                )
            saved = await Backup(folder, catalog, load(MongoSettings).database, store, progress).run()
        if store is not None:
            report_absent(store, ())
        return saved


async def restored(path: Path, workers: int, progress: Progress, *, skip_damaged: bool) -> RestoreReport:
    """Restore from a folder. Raises CliError, Misconfigured or Unavailable."""
    folder = ArchiveFolder(path)
    # Checked before connecting: an unreadable archive needs no server.
    await asyncio.to_thread(readable_archive, folder)
    async with _servers("restore", workers, with_objects=True) as (catalog, store):
        assert store is not None
        await catalog.ensure_indexes()
        await store.ensure_bucket(WAIT_SECONDS)
        return await Restore(folder, catalog, store, skip_damaged, progress).run()


@asynccontextmanager
async def _servers(name: str, workers: int, *, with_objects: bool) -> AsyncIterator[tuple[Catalog, ObjectStore | None]]:
    logs.configure(name, "text", "error")
    take_settings("MONGO_URI")
    check(*((MongoSettings, ObjectStoreSettings) if with_objects else (MongoSettings,)))
    store = ObjectStore(load(ObjectStoreSettings), missing_is_empty=True) if with_objects else None
    # As many copies at once as there are threads.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(workers, thread_name_prefix=name))
    try:
        # Older catalogs are allowed: they are backed up before a migration, and restored unchanged.
        catalog = await open_catalog(load(MongoSettings), name, WAIT_SECONDS)
        try:
            refuse_newer(catalog, await version_of(catalog))
            yield catalog, store
        finally:
            await catalog.close()
    except (Unavailable, CatalogError) as error:
        raise user_error(error, (), store) from error
