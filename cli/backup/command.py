"""`fonoteca backup` and `fonoteca restore`: the commands."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Self

import typer
from rich.live import Live
from rich.table import Table

from cli.context import AsJson, err, is_watched, out, print_json

if TYPE_CHECKING:
    from cli.backup.backing_up import BackupReport
    from cli.backup.checking import CheckReport
    from cli.backup.restoring import RestoreReport

# The server libraries are imported where they are used: neither --help nor TAB should wait for them.

#: Names shown of one kind; --json prints more.
SHOWN = 10

Workers = Annotated[int, typer.Option(metavar="N", min=1, max=32, help="Objects to copy at a time.")]


def backup(
    to: Annotated[Path, typer.Option("--to", metavar="DIR", help="The folder of the archive; created if missing.")],
    no_objects: Annotated[
        bool, typer.Option("--no-objects", help="Copy only the catalog, if the bucket is backed up by other means.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Copy nothing; verify every byte of the archive. Needs no server.")
    ] = False,
    workers: Workers = 4,
    as_json: AsJson = False,
) -> None:
    """Copy the catalog and every stored object into a folder of plain, verified files. Services may run meanwhile.

    Another backup into the same folder copies only changes, and removes what was deleted. The previous archive stays
    complete until the new one is. Run an interrupted backup again to resume it.

    The command connects to MongoDB and the object store directly; set MONGO_URI and MINIO_… in the environment or in
    --env-file. The archive is not encrypted: keep it on an encrypted disk.

    Exit code 1 if objects that the catalog names were missing, or if --check found damage.

    Examples:

    - `fonoteca backup --to /mnt/backup/fonoteca`
    - `fonoteca backup --to /mnt/backup/fonoteca --check`
    """
    if check:
        _check(to, workers, as_json=as_json)
        return
    from cli.backup.running import backed_up

    with _LiveText() as live:
        saved = asyncio.run(backed_up(to, workers, live.show, with_objects=not no_objects))
    if as_json:
        print_json(saved.as_json())
    else:
        _show_saved(saved, to, with_objects=not no_objects)
    if saved.missing:
        raise typer.Exit(1)


def restore(
    from_: Annotated[Path, typer.Option("--from", metavar="DIR", help="The folder of an archive.")],
    skip_damaged: Annotated[
        bool, typer.Option("--skip-damaged", help="Skip damaged files; their videos are fetched again.")
    ] = False,
    workers: Workers = 4,
    as_json: AsJson = False,
) -> None:
    """Restore an archive into an empty catalog and a bucket, on any servers.

    Every object is verified before and after its upload; objects that the bucket already has are skipped. Run an
    interrupted restore again to resume it. Within two minutes of their start, the services request again what was
    queued or running, and the sync service copies what the mirror lacks.

    Set MONGO_URI and MINIO_… in the environment or in --env-file. Submit nothing during the restore.

    Exit code 1 if something could not be restored unchanged.

    Example: `fonoteca --env-file .stack/env restore --from /mnt/backup/fonoteca`
    """
    from cli.backup.running import restored

    with _LiveText() as live:
        done = asyncio.run(restored(from_, workers, live.show, skip_damaged=skip_damaged))
    if as_json:
        print_json(done.as_json())
    else:
        _show_restored(done)
    if done.fetched_again or done.of_others:
        raise typer.Exit(1)


def _check(to: Path, workers: int, *, as_json: bool) -> None:
    from cli.backup.checking import check_archive
    from cli.backup.folder import ArchiveFolder

    with _LiveText() as live:
        checked = check_archive(ArchiveFolder(to), workers, live.show)
    if as_json:
        print_json(checked.as_json())
    else:
        _show_checked(checked)
    if checked.damaged:
        raise typer.Exit(1)


class _LiveText:
    """Shows the progress in a terminal, and nothing in a log."""

    def __enter__(self) -> Self:
        self._live = Live(console=err, transient=True, refresh_per_second=4) if is_watched(err) else None
        if self._live is not None:
            self._live.start()
        return self

    def show(self, text: str) -> None:
        """Show the progress."""
        if self._live is not None:
            self._live.update(text)

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.update("")
            self._live.stop()


def _table() -> Table:
    return Table(box=None, pad_edge=False, show_header=False)


def _size(number: int) -> str:
    return f"{number / 1e6:,.1f} MB" if number < 1e9 else f"{number / 1e9:,.2f} GB"


def _show_saved(saved: BackupReport, to: Path, *, with_objects: bool) -> None:
    table = _table()
    table.add_row(
        "catalog", f"{saved.documents:,} documents, {saved.videos:,} of them videos: {_size(saved.catalog_bytes)}"
    )
    if with_objects:
        table.add_row("objects", f"{saved.objects:,}: {_size(saved.object_bytes)}")
        table.add_row("copied now", f"{saved.copied:,}: {_size(saved.copied_bytes)}; the rest was present")
        table.add_row("removed", f"{saved.removed:,} files that are no longer needed")
    table.add_row("time", f"{saved.seconds:,.1f} s")
    out.print(table)
    for key in saved.first_missing[:SHOWN]:
        err.print(f"missing: {key}", markup=False, soft_wrap=True)
    if saved.missing:
        out.print(
            f"\n[yellow]{saved.missing} objects that the catalog names are missing or different in the store.[/] "
            "Run `fonoteca audit --repair` to repair them, then back up again."
        )
    out.print(f"\n[green]The archive is complete[/]: {saved.archive}.", soft_wrap=True)
    err.print(f"fonoteca restore --from {to} restores it on any servers.", markup=False, soft_wrap=True)


def _show_restored(done: RestoreReport) -> None:
    table = _table()
    table.add_row("catalog", f"{done.documents:,} documents, {done.videos:,} of them videos")
    table.add_row(
        "objects", f"{done.uploaded:,} uploaded: {_size(done.uploaded_bytes)}; {done.there_already:,} were present"
    )
    table.add_row("time", f"{done.seconds:,.1f} s" + (" since it was resumed" if done.resumed else ""))
    out.print(table)
    for id_ in done.fetched_again[:SHOWN]:
        err.print(f"without its objects: {id_}", markup=False, soft_wrap=True)
    if done.fetched_again:
        out.print(
            f"\n[yellow]{len(done.fetched_again)} videos were restored without objects[/] and will be fetched again."
        )
    for id_ in done.of_others[:SHOWN]:
        err.print(f"submitted meanwhile: {id_}", markup=False, soft_wrap=True)
    if done.of_others:
        out.print(f"\n[yellow]{len(done.of_others)} videos were submitted during the restore[/] and were not replaced.")
    if done.to_migrate:
        out.print("\n[yellow]The archive is of an older version[/]: run `fonoteca migrate` before the services start.")
    out.print("\n[green]Restored.[/] Start the services; after two minutes, run `fonoteca audit` to check the archive.")


def _show_checked(checked: CheckReport) -> None:
    for damage in checked.damaged[:SHOWN]:
        err.print(f"damaged: {damage.name}: {damage.detail}", markup=False, soft_wrap=True)
    if len(checked.damaged) > SHOWN:
        err.print(f"damaged: {len(checked.damaged) - SHOWN} more; --json lists all", markup=False)
    size = _size(checked.object_bytes)
    read = f"{checked.files} files of the catalog and {checked.objects:,} objects ({size}) were read"
    if checked.damaged:
        out.print(
            f"\n[red]{len(checked.damaged)} files are damaged or missing[/]; {read}. Remove them and run "
            "`fonoteca backup` again, which replaces them."
        )
    else:
        out.print(f"[green]The archive {checked.archive} is intact[/]: {read}.")
