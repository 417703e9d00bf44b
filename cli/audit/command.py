"""`fonoteca audit`: the command."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import asdict
from functools import partial
from typing import Annotated, Any

import typer
from rich.live import Live
from rich.table import Table

from cli.audit.auditor import Auditor, Report
from cli.audit.metrics import differing_totals
from cli.audit.repairing import Repairer
from cli.audit.rules import Limits, Repair
from cli.client import UNREACHABLE, CliError
from cli.context import AsJson, err, out, print_json, take_settings
from cli.servers import AWAY, WAIT_SECONDS
from services.sync.blob import BlobMirror
from shared import logs
from shared.catalog.audits import save_audit
from shared.catalog.connection import connect as connect_catalog
from shared.messaging.connection import connect as connect_broker
from shared.messaging.depth import depth
from shared.messaging.publisher import Publisher
from shared.settings import AzureSettings, BrokerSettings, MongoSettings, ObjectStoreSettings, load
from shared.storage.objects import ObjectStore

#: Violations shown of one rule; --json has them all.
SHOWN = 10


def audit(
    scrub: Annotated[
        bool, typer.Option("--scrub", help="Read every byte of both stores, instead of sizes and recorded hashes.")
    ] = False,
    repair: Annotated[bool, typer.Option("--repair", help="Do what is safe about what is wrong.")] = False,
    grace: Annotated[
        float, typer.Option(help="Seconds something may be overdue: above the sweeper's period and grace.")
    ] = 150,
    max_attempts: Annotated[int, typer.Option(help="RETRY_MAX_ATTEMPTS of the retry service.")] = 8,
    metrics: Annotated[
        str | None, typer.Option(metavar="URL", help="/metrics of the retry service: compare its totals too.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check that the promise is kept: one state for every video, whole copies in both stores, nothing left behind.

    It asks MongoDB, the object store, Azure and RabbitMQ directly, past all services; it needs their settings
    (MONGO_URI, MINIO_…, AZURE_…, RABBITMQ_URL) from the environment or from --env-file. It may run beside them.

    Exit code 1 if anything is wrong that was not repaired.
    """
    logs.configure("audit", "text", "error")
    take_settings("MONGO_URI")
    try:
        report, repaired = asyncio.run(_audit(Limits(grace, max_attempts), scrub=scrub, repair=repair))
        if metrics is not None:
            report.violations += differing_totals(metrics, report.states)
    except AWAY as error:
        raise CliError(f"The audit could not be finished: {error}", UNREACHABLE) from error
    if as_json:
        print_json(_as_json(report, repaired))
    else:
        _show(report, repaired)
    if len(repaired) < len(report.violations):
        raise typer.Exit(1)


async def _audit(limits: Limits, *, scrub: bool, repair: bool) -> tuple[Report, list[int]]:
    """The report, and the indexes of the violations that were repaired."""
    broker_settings, azure_settings = load(BrokerSettings), load(AzureSettings)
    async with AsyncExitStack() as stack:
        catalog = await connect_catalog(load(MongoSettings), "audit", WAIT_SECONDS)
        stack.push_async_callback(catalog.close)
        store = ObjectStore(load(ObjectStoreSettings))
        mirror = BlobMirror(azure_settings) if azure_settings.account_url is not None else None
        if mirror is not None:
            stack.push_async_callback(mirror.close)
        broker = await stack.enter_async_context(await connect_broker(broker_settings, "audit", WAIT_SECONDS))
        live = stack.enter_context(Live(console=err, transient=True, refresh_per_second=4))
        auditor = Auditor(
            catalog,
            store,
            mirror,
            partial(depth, broker),
            limits,
            scrub,
            lambda what, number: live.update(f"{number} {what} looked at"),
        )
        report = await auditor.run()
        repaired: list[int] = []
        if repair and report.violations:
            publisher = await Publisher.open(broker, "audit", broker_settings.publish_seconds)
            repairer = Repairer(catalog, store, mirror, publisher)
            repaired = [n for n, v in enumerate(report.violations) if await repairer.repair(v)]
        left = Counter(v.rule for n, v in enumerate(report.violations) if n not in set(repaired))
        await save_audit(catalog, report.at, dict(left))
        return report, repaired


def _as_json(report: Report, repaired: list[int]) -> dict[str, Any]:
    found = asdict(report)
    for index, violation in enumerate(found["violations"]):
        violation["repaired"] = index in set(repaired)
    return {**found, "at": report.at.isoformat(), "accepted": report.accepted, "ended": report.ended}


def _show(report: Report, repaired: list[int]) -> None:
    table = Table(box=None, pad_edge=False, show_header=False)
    states = ", ".join(f"{number} {state}" for state, number in report.states.items())
    table.add_row(
        "videos", f"{report.accepted} accepted = {report.ended} ended + {report.accepted - report.ended} open"
    )
    table.add_row("", states)
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
    if report.violations:
        out.print(f"\n[red]{len(report.violations)} violations[/], {len(done)} repaired.")
    else:
        out.print("\n[green]The promise is kept.[/]")
