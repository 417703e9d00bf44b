"""`fonoteca sync`: the mirror, looked at and repaired past the services."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer
from rich.live import Live

from cli.context import AsJson, err, out, print_json, print_json_line
from cli.display.formatting import plain
from cli.display.tables import new_table
from cli.display.times import clock

if TYPE_CHECKING:
    from services.sync.report import ReconciliationReport
    from shared.storage.azure.described import Described

# cli.servers.mirror is imported where it is used: neither --help nor TAB should wait for the servers' libraries.

sync = typer.Typer(
    help="The mirror in Azure: compare it with the bucket, list it, count it. These commands ask MongoDB, the object "
    "store and Azure directly; they need MONGO_URI, MINIO_… and AZURE_… from the environment or --env-file.",
    no_args_is_help=True,
)


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
    """Compare the whole bucket with the container, name by name, and repair the container.

    What is missing or something else is copied; what neither the bucket nor the catalog has is removed. What only the
    bucket has lost is left: `fonoteca audit --repair` brings it back. An interrupted run goes on where it was.

    Exit code 1 if something is left that a person should look at.

    Examples:

    - `fonoteca sync run --dry-run`
    - `fonoteca sync run --json | jq .missing.number`
    """
    from cli.servers.mirror import reconciled

    with Live(console=err, transient=True, refresh_per_second=4) as live:
        found = asyncio.run(
            reconciled(
                dry=dry_run,
                remove_many=remove_many,
                from_the_start=from_the_start,
                progress=lambda number: live.update(f"{number} names compared"),
            )
        )
    if as_json:
        print_json(found.as_json())
    else:
        _show(found, dry_run=dry_run)
    if found.lost.number or found.orphans_left:
        raise typer.Exit(1)


def _show(found: ReconciliationReport, *, dry_run: bool) -> None:
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
    prefix: Annotated[str, typer.Option(metavar="TEXT", help="Only names that begin so.")] = "audio/",
    as_json: AsJson = False,
) -> None:
    """List the container: when each blob was written, its size, name and title; totals at the end.

    Times are local and name their zone. With --json one object a line, with times in ISO 8601 and their offset.

    Example: `fonoteca sync list --prefix audio/youtube/dQ`
    """
    from cli.servers.mirror import listed

    def show(blob: Described) -> None:
        if as_json:
            print_json_line(blob.as_json())
        else:
            title = plain(blob.metadata.get("title"))
            line = f"{clock(blob.written_at)}  {blob.size_bytes:>12,}  {plain(blob.name)}  {title}"
            out.print(line, soft_wrap=True)

    number, size = asyncio.run(listed(prefix, show))
    err.print(f"{number} blobs, {size / 1e9:.3f} GB", markup=False)


@sync.command()
def stats(as_json: AsJson = False) -> None:
    """Count both stores, and what the catalog says of them. It lists both whole; `fonoteca status` is quicker.

    Example: `fonoteca sync stats --json | jq .blobs`
    """
    from cli.servers.mirror import figures

    found = asyncio.run(figures())
    if as_json:
        print_json(found)
        return
    table = new_table("what", "number")
    for name, value in found.items():
        table.add_row(name.replace("_", " "), f"{value:,}")
    out.print(table)
