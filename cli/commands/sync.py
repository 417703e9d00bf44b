"""`fonoteca sync`: inspects and repairs the mirror directly, without the services."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer
from rich.live import Live

from cli.context import AsJson, err, out, print_json, print_json_line
from cli.display.formatting import plain
from cli.display.tables import new_table
from cli.display.times import clock
from shared.quick_imports import quick_imports

if TYPE_CHECKING:
    from services.sync.report import ReconciliationReport
    from shared.storage.content import Described
    from shared.storage.target import MirrorTarget

# cli.servers.mirror is imported where it is used: neither --help nor TAB should wait for the server libraries.

sync = typer.Typer(
    help="Compare the mirror with the bucket, list it, count it. These commands connect to MongoDB, the object store "
    "and the targets of the mirror directly; set MONGO_URI, MINIO_…, and AZURE_… or MIRROR_S3_… in the environment or "
    "in --env-file.",
    no_args_is_help=True,
)

Target = Annotated[
    str | None, typer.Option("--target", metavar="NAME", help="One target of the mirror, azure or s3; default: all.")
]


@sync.command()
def run(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Change nothing; show what would change.")] = False,
    from_the_start: Annotated[
        bool, typer.Option("--from-the-start", help="Start over instead of resuming an interrupted run.")
    ] = False,
    remove_many: Annotated[
        bool,
        typer.Option("--remove-many", help="Remove unknown blobs however many there are; check them first."),
    ] = False,
    target: Target = None,
    as_json: AsJson = False,
) -> None:
    """Compare the whole bucket with the container of each target, name by name, and repair the container.

    Missing and differing blobs are copied; blobs that neither the bucket nor the catalog has are removed. Objects that
    only the bucket has lost are left to `fonoteca audit --repair`. An interrupted run is resumed.

    --json prints one object for each target. Exit code 1 if something remains that needs attention.

    Examples:

    - `fonoteca sync run --dry-run`
    - `fonoteca sync run --target s3`
    - `fonoteca sync run --json | jq .missing.number`
    """
    with quick_imports():
        from cli.servers.mirror import reconciled

    with Live(console=err, transient=True, refresh_per_second=4) as live:
        reports = asyncio.run(
            reconciled(
                target=target,
                dry=dry_run,
                remove_many=remove_many,
                from_the_start=from_the_start,
                progress=lambda name, number: live.update(f"{name}: {number} names compared"),
            )
        )
    for found in reports:
        if as_json:
            print_json(found.as_json())
        else:
            _show(found, dry_run=dry_run)
    if any(found.lost.number or found.orphans_left for found in reports):
        raise typer.Exit(1)


def _show(found: ReconciliationReport, *, dry_run: bool) -> None:
    would = "would be " if dry_run else ""
    table = new_table(f"target {found.target}", "objects", "what is done")
    table.add_row("compared", str(found.compared), "")
    table.add_row("missing in the container", str(found.missing.number), f"{would}copied")
    table.add_row("different in the container", str(found.stale.number), f"{would}copied again")
    done = "left: suspiciously many; check them, then use --remove-many" if found.orphans_left else f"{would}removed"
    table.add_row("unknown, only in the container", str(found.orphaned.number), done)
    if found.unfinished:
        table.add_row("uploads of processes that died", str(found.unfinished), "ended")
    table.add_row("lost by the bucket", str(found.lost.number), "left: fonoteca audit --repair")
    out.print(table)


@sync.command("list")
def list_(
    prefix: Annotated[str, typer.Option(metavar="TEXT", help="Only names that begin with this text.")] = "audio/",
    target: Target = None,
    as_json: AsJson = False,
) -> None:
    """List the mirror: the target, time, size, name and title of each blob, and the totals at the end.

    Times are local, with their zone. --json prints one object per line, with times in ISO 8601.

    Example: `fonoteca sync list --prefix audio/youtube/dQ`
    """
    with quick_imports():
        from cli.servers.mirror import listed

    def show(where: MirrorTarget, blob: Described) -> None:
        if as_json:
            print_json_line({"target": where.name, **blob.as_json()})
        else:
            title = plain(blob.metadata.get("title"))
            line = f"{where.name:<5}  {clock(blob.written_at)}  {blob.size_bytes:>12,}  {plain(blob.name)}  {title}"
            out.print(line, soft_wrap=True)

    number, size = asyncio.run(listed(target, prefix, show))
    err.print(f"{number} blobs, {size / 1e9:.3f} GB", markup=False)


@sync.command()
def stats(target: Target = None, as_json: AsJson = False) -> None:
    """Count what the stores have, and compare with the catalog. This lists all; `fonoteca status` is faster.

    Example: `fonoteca sync stats --json | jq .blobs`
    """
    with quick_imports():
        from cli.servers.mirror import figures

    found = asyncio.run(figures(target))
    if as_json:
        print_json(found)
        return
    table = new_table("what", "number")
    targets = found.pop("targets")
    for name, value in found.items():
        table.add_row(name.replace("_", " "), f"{value:,}")
    for name, counts in targets.items() if len(targets) > 1 else ():
        table.add_row(f"blobs in {name}", f"{counts['blobs']:,}")
        table.add_row(f"blob bytes in {name}", f"{counts['blob_bytes']:,}")
    out.print(table)
