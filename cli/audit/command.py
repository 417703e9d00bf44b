"""`fonoteca audit`: the command."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from cli.audit.rules import Limits, Repair
from cli.context import AsJson, err, out, print_json, take_settings
from cli.display.times import for_scripts
from shared import logs

if TYPE_CHECKING:
    from cli.audit.auditor import Report

#: Violations shown of one rule; --json has them all.
SHOWN = 10


def audit(
    scrub: Annotated[
        bool, typer.Option("--scrub", help="Read every byte of both stores, instead of sizes and recorded hashes.")
    ] = False,
    repair: Annotated[bool, typer.Option("--repair", help="Do what is safe about what is wrong.")] = False,
    grace: Annotated[
        float,
        typer.Option(metavar="SECONDS", help="What may be overdue: above the sweeper's period and grace."),
    ] = 150,
    max_attempts: Annotated[int, typer.Option(metavar="N", help="RETRY_MAX_ATTEMPTS of the retry service.")] = 8,
    metrics: Annotated[
        str | None, typer.Option(metavar="URL", help="/metrics of the retry service: compare its totals too.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check that the promise is kept: one state for every video, whole copies in both stores, nothing left behind.

    It asks MongoDB, the object store, Azure and RabbitMQ directly, past all services; it needs their settings
    (MONGO_URI, MINIO_…, AZURE_…, RABBITMQ_URL) from the environment or from --env-file. It may run beside them.

    Exit code 1 if anything is wrong that was not repaired.

    Examples:

    - `fonoteca audit`
    - `fonoteca audit --scrub --repair --json > audit.json`
    """
    # Imported where they are used: neither --help nor TAB should wait for the servers' libraries.
    from cli.audit.metrics import differing_totals
    from cli.audit.running import audited

    logs.configure("audit", "text", "error")
    take_settings("MONGO_URI")
    report, repaired = asyncio.run(audited(Limits(grace, max_attempts), scrub=scrub, repair=repair))
    if metrics is not None:
        report.violations += differing_totals(metrics, report.states)
    if as_json:
        print_json(_as_json(report, repaired))
    else:
        _show(report, repaired)
    if len(repaired) < len(report.violations):
        raise typer.Exit(1)


def _as_json(report: Report, repaired: list[int]) -> dict[str, Any]:
    found = asdict(report)
    for index, violation in enumerate(found["violations"]):
        violation["repaired"] = index in set(repaired)
    return {**found, "at": for_scripts(report.at), "accepted": report.accepted, "ended": report.ended}


def _show(report: Report, repaired: list[int]) -> None:
    table = Table(box=None, pad_edge=False, show_header=False)
    states = ", ".join(f"{number} {state}" for state, number in report.states.items())
    table.add_row(
        "videos", f"{report.accepted} accepted = {report.ended} ended + {report.accepted - report.ended} open"
    )
    table.add_row("", states)
    table.add_row("catalog", f"version {report.catalog_version}")
    table.add_row("attempts", f"{report.attempts} logged")
    table.add_row("object store", f"{report.objects} objects")
    pending = report.mirror_pending
    table.add_row("mirror", "off" if pending is None else f"{report.blobs} blobs, {pending} pending")
    table.add_row("read to the last byte", str(report.scrubbed) if report.scrubbed else "no (--scrub does)")
    table.add_row("parked", f"{report.parked} messages")
    queued = ", ".join(f"{name} {number}" for name, number in report.queues.items() if number)
    table.add_row("queues", queued or "empty")
    out.print(table)
    shown: Counter[str] = Counter()
    done = set(repaired)
    for index, violation in enumerate(report.violations):
        shown[violation.rule] += 1
        if shown[violation.rule] <= SHOWN:
            what = "repaired: " if index in done else ""
            cure = violation.repair if violation.repair is not Repair.NONE and index not in done else ""
            hint = f" (--repair: {cure})" if cure else ""
            err.print(f"{what}{violation.rule}: {violation.subject}: {violation.detail}{hint}", markup=False)
    for rule, number in shown.items():
        if number > SHOWN:
            err.print(f"{rule}: {number - SHOWN} more; --json lists all", markup=False)
    for exception in report.exceptions[:SHOWN]:
        err.print(f"exception: {exception.rule}: {exception.subject}: {exception.detail}", markup=False, emoji=False)
    number = len(report.exceptions)
    waiting = f"{number} exception{'s' if number > 1 else ''} with a known end" if number else ""
    if len(report.exceptions) > SHOWN:
        err.print(f"exception: {len(report.exceptions) - SHOWN} more; --json lists all", markup=False)
    if report.violations:
        also = f" And {waiting}." if waiting else ""
        out.print(f"\n[red]{len(report.violations)} violations[/], {len(done)} repaired.{also}")
    elif waiting:
        out.print(f"\n[yellow]The promise is kept, but for {waiting}.[/]")
    else:
        out.print("\n[green]The promise is kept.[/]")
