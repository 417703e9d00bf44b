"""`fonoteca migrate`: migrates an older catalog to the version of this program."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Self

import typer
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn
from rich.progress import Progress as Bars

from cli.context import AsJson, err, is_watched, out, print_json, take_settings
from shared import logs
from shared.runtime.identity import name_of_this_process
from shared.settings import MongoSettings, load

if TYPE_CHECKING:
    from shared.catalog.migrations.running import MigrationReport, StepReport

# The server libraries are imported where they are used: neither --help nor TAB should wait for them.


def migrate(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Change nothing; show what would change. Exit code 1 if anything would.")
    ] = False,
    if_older: Annotated[
        bool,
        typer.Option(
            "--if-older",
            help="Do nothing if the catalog has this program's version; for scripts that run at every start.",
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Migrate an older catalog to the version of this program. Run it before starting services of a new version.

    Make a backup first. The command connects to MongoDB directly; set MONGO_URI in the environment or in --env-file.
    If it is interrupted, even by kill -9, run it again to continue. It refuses a newer catalog with exit code 78.

    Examples:

    - `fonoteca migrate --dry-run`
    - `fonoteca migrate --json`
    """
    logs.configure("migrate", "text", "error")
    take_settings("MONGO_URI")
    report = asyncio.run(_migrated(load(MongoSettings), dry_run=dry_run, if_older=if_older))
    if as_json:
        print_json(asdict(report))
    else:
        _show(report)
    if dry_run and (report.steps or report.before < report.current):
        raise typer.Exit(1)


async def _migrated(settings: MongoSettings, *, dry_run: bool, if_older: bool) -> MigrationReport:
    from cli.servers.direct import WAIT_SECONDS
    from shared.catalog.connection import open_catalog
    from shared.catalog.migrations.running import migrate as run
    from shared.errors import CatalogError, CatalogUnavailable

    catalog = await open_catalog(settings, "migrate", WAIT_SECONDS)
    try:
        with _MigrationProgress() as display:
            owner = name_of_this_process()
            return await run(
                catalog, owner, dry_run=dry_run, if_older=if_older, progress=display.update, waiting=display.waits
            )
    except CatalogError as error:
        text = f"MongoDB: {error}. What was done stays done; run `fonoteca migrate` again."
        raise CatalogUnavailable(text, error.code) from error
    finally:
        await catalog.close()


class _MigrationProgress:
    """Shows the progress: bars in a terminal, a line per step in a log."""

    def __init__(self) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        self._bars = Bars(*columns, console=err, transient=True, disable=not is_watched(err))
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def waits(self) -> None:
        """Report that another migration holds the lock."""
        err.print("Another migration is running, or was killed a moment ago: waiting for its end.", markup=False)

    def update(self, step: StepReport) -> None:
        """Show that a step has begun, or that a batch of it is done."""
        if step.step not in self._tasks:
            self._tasks[step.step] = self._bars.add_task(step.step, total=step.pending)
            if self._bars.disable:
                err.print(f"{step.what}: {step.pending}", markup=False, soft_wrap=True)
        self._bars.update(self._tasks[step.step], completed=step.done)


def _show(report: MigrationReport) -> None:
    if report.interrupted_in is not None:
        err.print(f"An earlier migration was interrupted in the step {report.interrupted_in}.", markup=False)
    for step in report.steps:
        number = step.pending if report.dry_run else step.done
        out.print(f"{'to do' if report.dry_run else 'done'}: {step.what}: {number:,}", markup=False, soft_wrap=True)
    out.print(_sentence(report), markup=False, soft_wrap=True)


def _sentence(report: MigrationReport) -> str:
    catalog = f"The catalog {report.database}"
    was = f"version {report.before}" if report.before else "no version"
    if report.dry_run and (report.steps or report.before < report.current):
        return f"{catalog} has {was}; `fonoteca migrate` migrates it to version {report.current}. Nothing was changed."
    if report.before < report.current:
        return f"{catalog} had {was} and now has version {report.after}."
    if report.steps:
        return f"{catalog} has version {report.current}; documents of an older shape were corrected."
    return f"{catalog} has version {report.current}: nothing to do."
