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
from shared.quick_imports import quick_imports

if TYPE_CHECKING:
    from cli.audit.report import AuditReport

#: Violations shown per rule; --json prints all.
SHOWN = 10


def audit(
    scrub: Annotated[
        bool,
        typer.Option("--scrub", help="Read every byte in all stores, instead of comparing sizes and recorded hashes."),
    ] = False,
    repair: Annotated[bool, typer.Option("--repair", help="Repair what can be repaired safely.")] = False,
    grace: Annotated[
        float,
        typer.Option(
            metavar="SECONDS", help="How long something may be overdue; more than the sweeper's period plus its grace."
        ),
    ] = 150,
    max_attempts: Annotated[int, typer.Option(metavar="N", help="The retry service's RETRY_MAX_ATTEMPTS.")] = 8,
    metrics: Annotated[
        str | None, typer.Option(metavar="URL", help="The retry service's /metrics; its totals are compared too.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check the promise: every video in one state, intact copies in all stores, nothing left behind.

    The command connects to MongoDB, the object store, the targets of the mirror and RabbitMQ directly; set MONGO_URI,
    MINIO_…, AZURE_… or MIRROR_S3_…, and RABBITMQ_URL in the environment or in --env-file. The services may run
    meanwhile.

    Exit code 1 if a violation remains that was not repaired.

    Examples:

    - `fonoteca audit`
    - `fonoteca audit --scrub --repair --json > audit.json`
    """
    # Imported where they are used: neither --help nor TAB should wait for the server libraries.
    with quick_imports():
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


def _as_json(report: AuditReport, repaired: list[int]) -> dict[str, Any]:
    found = asdict(report)
    for index, violation in enumerate(found["violations"]):
        violation["repaired"] = index in set(repaired)
    return {**found, "at": for_scripts(report.at), "accepted": report.accepted, "ended": report.ended}


def _show(report: AuditReport, repaired: list[int]) -> None:
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
    _show_violations(report, set(repaired))
    for exception in report.exceptions[:SHOWN]:
        err.print(f"exception: {exception.rule}: {exception.subject}: {exception.detail}", markup=False, emoji=False)
    if len(report.exceptions) > SHOWN:
        err.print(f"exception: {len(report.exceptions) - SHOWN} more; --json lists all", markup=False)
    _show_verdict(report, len(repaired))


def _show_violations(report: AuditReport, done: set[int]) -> None:
    shown: Counter[str] = Counter()
    for index, violation in enumerate(report.violations):
        shown[violation.rule] += 1
        if shown[violation.rule] <= SHOWN:
            prefix = "repaired: " if index in done else ""
            cure = violation.repair if violation.repair is not Repair.NONE and index not in done else ""
            hint = f" (--repair: {cure})" if cure else ""
            err.print(f"{prefix}{violation.rule}: {violation.subject}: {violation.detail}{hint}", markup=False)
    for rule, number in shown.items():
        if number > SHOWN:
            err.print(f"{rule}: {number - SHOWN} more; --json lists all", markup=False)


def _show_verdict(report: AuditReport, repaired: int) -> None:
    number = len(report.exceptions)
    waiting = f"{number} exception{'s' if number > 1 else ''} with a known end" if number else ""
    if report.violations:
        also = f" And {waiting}." if waiting else ""
        out.print(f"\n[red]{len(report.violations)} violations[/], {repaired} repaired.{also}")
    elif waiting:
        out.print(f"\n[yellow]The promise is kept, except for {waiting}.[/]")
    else:
        out.print("\n[green]The promise is kept.[/]")
