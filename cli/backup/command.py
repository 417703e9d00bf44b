"""`fonoteca backup` and `fonoteca restore`: the commands."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.live import Live
from rich.table import Table

from cli.context import AsJson, err, is_watched, out, print_json

if TYPE_CHECKING:
    from cli.backup.backing_up import Saved
    from cli.backup.checking import Checked
    from cli.backup.restoring import Restored

# What works with servers is imported where it is used: neither --help nor TAB should wait for their libraries.

#: Names shown of one kind; --json has more.
SHOWN = 10

Workers = Annotated[int, typer.Option(metavar="N", min=1, max=32, help="Objects that are copied at once.")]


def backup(
    to: Annotated[Path, typer.Option("--to", metavar="DIR", help="Folder of the archive; created if missing.")],
    no_objects: Annotated[
        bool, typer.Option("--no-objects", help="The catalog alone, where the bucket is backed up by other means.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Back nothing up: read the archive to the last byte. Needs no server.")
    ] = False,
    workers: Workers = 4,
    as_json: AsJson = False,
) -> None:
    """Copy the catalog and every stored object into a folder of plain files, verified; services may run meanwhile.

    A second backup into the same folder copies only what is new or changed, and removes what was deleted. The earlier
    archive stays whole until the new one is; run an interrupted backup again to continue it.

    It reads MongoDB and the object store directly: it needs MONGO_URI and MINIO_… from the environment or from
    --env-file. The archive is not encrypted: keep it on a disk that is.

    Exit code 1 if objects that the catalog names were missing, or if --check found damage.

    Examples:

    - `fonoteca backup --to /mnt/backup/fonoteca`
    - `fonoteca backup --to /mnt/backup/fonoteca --check`
    """
    if check:
        _check(to, workers, as_json=as_json)
        return
    from cli.backup.running import backed_up

    with _Shown() as shown:
        saved = asyncio.run(backed_up(to, workers, shown.say, with_objects=not no_objects))
    if as_json:
        print_json(saved.as_json())
    else:
        _show_saved(saved, to, with_objects=not no_objects)
    if saved.missing:
        raise typer.Exit(1)


def restore(
    from_: Annotated[Path, typer.Option("--from", metavar="DIR", help="Folder of an archive.")],
    skip_damaged: Annotated[
        bool, typer.Option("--skip-damaged", help="Go on where a file is damaged: its video is fetched again.")
    ] = False,
    workers: Workers = 4,
    as_json: AsJson = False,
) -> None:
    """Bring an archive back into an empty catalog and a bucket, on any servers.

    Every object is compared with the archive before and after its upload; one that the bucket already has is left. Run
    an interrupted restore again to continue it. Within two minutes after their start the services queue again what was
    queued or in work; the sync service copies what the mirror does not have.

    It needs MONGO_URI and MINIO_… from the environment or from --env-file. Submit nothing while it runs.

    Exit code 1 if something could not be restored as it was.

    Example: `fonoteca --env-file .stack/env restore --from /mnt/backup/fonoteca`
    """
    from cli.backup.running import restored

    with _Shown() as shown:
        done = asyncio.run(restored(from_, workers, shown.say, skip_damaged=skip_damaged))
    if as_json:
        print_json(done.as_json())
    else:
        _show_restored(done)
    if done.fetched_again or done.of_others:
        raise typer.Exit(1)


def _check(to: Path, workers: int, *, as_json: bool) -> None:
    from cli.backup.checking import check_archive
    from cli.backup.folder import ArchiveFolder

    with _Shown() as shown:
        checked = check_archive(ArchiveFolder(to), workers, shown.say)
    if as_json:
        print_json(checked.as_json())
    else:
        _show_checked(checked)
    if checked.damaged:
        raise typer.Exit(1)


class _Shown:
    """Shows how far it is to a person who watches, and nothing to a log."""

    def __enter__(self) -> _Shown:
        self._live = Live(console=err, transient=True, refresh_per_second=4) if is_watched(err) else None
        if self._live is not None:
            self._live.start()
        return self

    def say(self, text: str) -> None:
        """How far it is."""
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


def _show_saved(saved: Saved, to: Path, *, with_objects: bool) -> None:
    table = _table()
    table.add_row(
        "catalog", f"{saved.documents:,} documents, {saved.videos:,} of them videos: {_size(saved.catalog_bytes)}"
    )
    if with_objects:
        table.add_row("objects", f"{saved.objects:,}: {_size(saved.object_bytes)}")
        table.add_row("copied now", f"{saved.copied:,}: {_size(saved.copied_bytes)}; the rest was there")
        table.add_row("removed", f"{saved.removed:,} files that nobody names any more")
    table.add_row("time", f"{saved.seconds:,.1f} s")
    out.print(table)
    for key in saved.first_missing[:SHOWN]:
        err.print(f"missing: {key}", markup=False, soft_wrap=True)
    if saved.missing:
        out.print(
            f"\n[yellow]{saved.missing} objects that the catalog names are missing in the store, or something else "
            "there.[/] `fonoteca audit --repair` brings them back; then back up again."
        )
    out.print(f"\n[green]The archive is complete[/]: {saved.archive}.", soft_wrap=True)
    err.print(f"fonoteca restore --from {to} brings it back, into any servers.", markup=False, soft_wrap=True)


def _show_restored(done: Restored) -> None:
    table = _table()
    table.add_row("catalog", f"{done.documents:,} documents, {done.videos:,} of them videos")
    table.add_row(
        "objects", f"{done.uploaded:,} uploaded: {_size(done.uploaded_bytes)}; {done.there_already:,} were there"
    )
    table.add_row("time", f"{done.seconds:,.1f} s" + (" since it went on" if done.resumed else ""))
    out.print(table)
    for id_ in done.fetched_again[:SHOWN]:
        err.print(f"without its objects: {id_}", markup=False, soft_wrap=True)
    if done.fetched_again:
        out.print(
            f"\n[yellow]{len(done.fetched_again)} videos came without their objects[/] and will be fetched again."
        )
    for id_ in done.of_others[:SHOWN]:
        err.print(f"brought in by others meanwhile: {id_}", markup=False, soft_wrap=True)
    if done.of_others:
        out.print(f"\n[yellow]{len(done.of_others)} videos were submitted while this ran[/] and were not restored.")
    if done.to_migrate:
        out.print("\n[yellow]The archive is of an older version[/]: run `fonoteca migrate` before the services start.")
    out.print("\n[green]Restored.[/] Start the services; after two minutes `fonoteca audit` says whether all is well.")


def _show_checked(checked: Checked) -> None:
    for damage in checked.damaged[:SHOWN]:
        err.print(f"damaged: {damage.name}: {damage.detail}", markup=False, soft_wrap=True)
    if len(checked.damaged) > SHOWN:
        err.print(f"damaged: {len(checked.damaged) - SHOWN} more; --json lists all", markup=False)
    size = _size(checked.object_bytes)
    read = f"{checked.files} files of the catalog and {checked.objects:,} objects ({size}) were read"
    if checked.damaged:
        out.print(
            f"\n[red]{len(checked.damaged)} files are damaged or missing[/]; {read}. Remove them and run "
            "`fonoteca backup` again: it copies them once more."
        )
    else:
        out.print(f"[green]The archive {checked.archive} is whole[/]: {read}.")
