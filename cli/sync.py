"""`fonoteca sync`: the mirror, looked at and mended past the services."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated

import typer
from rich.live import Live

from cli.client import UNREACHABLE, CliError
from cli.context import AsJson, err, out, print_json, take_settings
from cli.servers import AWAY, WAIT_SECONDS
from cli.showing import plain
from cli.tables import new_table
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

sync = typer.Typer(
    help="The mirror in Azure: compare it with the bucket, list it, count it. These commands ask MongoDB, the object "
    "store and Azure directly; they need MONGO_URI, MINIO_… and AZURE_… from the environment or --env-file.",
    no_args_is_help=True,
)

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


@sync.command()
def run(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be touched.")] = False,
    from_the_start: Annotated[
        bool, typer.Option("--from-the-start", help="Do not go on where an interrupted run was.")
    ] = False,
    remove_many: Annotated[
        bool,
        typer.Option("--remove-many", help="Remove blobs that nobody names however many they are: look at them first."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Compare the whole bucket with the container, name by name, and mend the container.

    What is missing or something else is copied; what neither the bucket nor the catalog has is removed. What only the
    bucket has lost is left: `fonoteca audit --repair` brings it back. An interrupted run goes on where it was.

    Exit code 1 if something is left that a person should look at.
    """

    async def swept() -> Swept:
        async with _servers() as servers:
            with Live(console=err, transient=True, refresh_per_second=4) as live:
                sweep = Sweep(
                    servers.catalog,
                    servers.store,
                    servers.blobs,
                    Mirror(servers.catalog, servers.store, servers.blobs, None),
                    dry=dry_run,
                    remove_many=remove_many,
                    progress=lambda number: live.update(f"{number} names compared"),
                )
                return await sweep.run(from_the_start=from_the_start)

    found = asyncio.run(swept())
    if as_json:
        print_json(found.as_json())
    else:
        _show(found, dry_run=dry_run)
    if found.lost.number or found.orphans_left:
        raise typer.Exit(1)


def _show(found: Swept, *, dry_run: bool) -> None:
    would = "would be " if dry_run else ""
    table = new_table("what", "objects", "what is done")
    table.add_row("compared", str(found.compared), "")
    table.add_row("missing in the container", str(found.missing.number), f"{would}copied")
    table.add_row("something else there", str(found.stale.number), f"{would}copied again")
    done = "left: too many to be true; look, then --remove-many" if found.orphans_left else f"{would}removed"
    table.add_row("in the container alone, named by nobody", str(found.orphaned.number), done)
    table.add_row("lost by the bucket", str(found.lost.number), "left: fonoteca audit --repair")
    out.print(table)


@sync.command("list")
def list_(
    prefix: Annotated[str, typer.Option(help="Only names that begin so.")] = PREFIX, as_json: AsJson = False
) -> None:
    """List the container: name, size, date and what is written on each blob; totals at the end.

    With --json one object a line.
    """

    async def listed() -> tuple[int, int]:
        number = size = 0
        async with _servers() as servers:
            async for blob in servers.blobs.described(prefix):
                number, size = number + 1, size + blob.size_bytes
                if as_json:
                    print(json.dumps(blob.as_json(), ensure_ascii=False))
                else:
                    title = plain(blob.metadata.get("title"))
                    out.print(f"{blob.written_at:%F %T}  {blob.size_bytes:>12,}  {plain(blob.name)}  {title}")
        return number, size

    number, size = asyncio.run(listed())
    err.print(f"{number} blobs, {size / 1e9:.3f} GB", markup=False)


@sync.command()
def stats(as_json: AsJson = False) -> None:
    """Count both stores, and what the catalog says of them."""

    async def counted() -> dict[str, float]:
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

    figures = asyncio.run(counted())
    if as_json:
        print_json(figures)
        return
    table = new_table("what", "number")
    for name, value in figures.items():
        table.add_row(name.replace("_", " "), f"{value:,}")
    out.print(table)
