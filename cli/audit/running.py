"""One run of the audit, on the servers that the settings name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from functools import partial

from rich.live import Live

from cli.audit.auditor import Auditor
from cli.audit.repairing import Repairer
from cli.audit.report import AuditReport
from cli.audit.rules import Limits
from cli.context import err
from cli.servers.direct import WAIT_SECONDS
from cli.servers.stores import report_absent, user_error
from shared.catalog.connection import connect as connect_catalog
from shared.catalog.reports.audits import save_audit
from shared.errors import CatalogError, Unavailable
from shared.messaging.connection import connect as connect_broker
from shared.messaging.depth import depth
from shared.messaging.publisher import Publisher
from shared.settings import (
    AzureSettings,
    BrokerSettings,
    MirrorS3Settings,
    MongoSettings,
    ObjectStoreSettings,
    check,
    load,
)
from shared.storage.s3.objects import ObjectStore
from shared.storage.target import MirrorTarget
from shared.storage.targets import configured


async def audited(limits: Limits, *, scrub: bool, repair: bool) -> tuple[AuditReport, list[int]]:
    """Run an audit. Returns the report, and the indexes of the violations that were repaired.

    Raises CliError if a server is unavailable, Misconfigured if a setting is wrong.
    """
    check(AzureSettings, BrokerSettings, MirrorS3Settings, MongoSettings, ObjectStoreSettings)
    settings = load(ObjectStoreSettings)
    store, targets = ObjectStore(settings, missing_is_empty=True), configured(settings, missing_is_empty=True)
    try:
        return await _audited(limits, store, targets, scrub=scrub, repair=repair)
    except (Unavailable, CatalogError) as error:
        raise user_error(error, targets, store) from error


async def _audited(
    limits: Limits, store: ObjectStore, targets: Sequence[MirrorTarget], *, scrub: bool, repair: bool
) -> tuple[AuditReport, list[int]]:
    broker_settings = load(BrokerSettings)
    async with AsyncExitStack() as stack:
        for target in targets:
            stack.push_async_callback(target.close)
        catalog = await connect_catalog(load(MongoSettings), "audit", WAIT_SECONDS, 0)
        stack.push_async_callback(catalog.close)
        broker = await stack.enter_async_context(await connect_broker(broker_settings, "audit", WAIT_SECONDS))
        live = stack.enter_context(Live(console=err, transient=True, refresh_per_second=4))
        auditor = Auditor(
            catalog,
            store,
            targets,
            partial(depth, broker),
            limits,
            scrub,
            lambda what, number: live.update(f"{number} {what} checked"),
        )
        report = await auditor.run()
        live.update("")
        report_absent(store, targets)
        repaired: list[int] = []
        if repair and report.violations:
            # The bucket or container itself may be missing.
            await store.ensure_bucket(WAIT_SECONDS)
            for target in targets:
                await target.ensure_container(WAIT_SECONDS)
            publisher = await Publisher.open(broker, "audit", broker_settings.publish_seconds)
            repairer = Repairer(catalog, store, targets, publisher)
            repaired = [n for n, v in enumerate(report.violations) if await repairer.repair(v)]
        left = Counter(v.rule for n, v in enumerate(report.violations) if n not in set(repaired))
        await save_audit(catalog, report.at, dict(left))
        return report, repaired
