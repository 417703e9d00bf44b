"""One run of the audit, on the servers that the settings name."""

from __future__ import annotations

from collections import Counter
from contextlib import AsyncExitStack
from functools import partial

from rich.live import Live

from cli.audit.auditor import Auditor
from cli.audit.repairing import Repairer
from cli.audit.report import AuditReport
from cli.audit.rules import Limits
from cli.context import err
from cli.servers.direct import WAIT_SECONDS
from cli.servers.stores import Bucket, Container, report_absent, user_error
from shared.catalog.connection import connect as connect_catalog
from shared.catalog.reports.audits import save_audit
from shared.errors import CatalogError, Unavailable
from shared.messaging.connection import connect as connect_broker
from shared.messaging.depth import depth
from shared.messaging.publisher import Publisher
from shared.settings import AzureSettings, BrokerSettings, MongoSettings, ObjectStoreSettings, check, load


async def audited(limits: Limits, *, scrub: bool, repair: bool) -> tuple[AuditReport, list[int]]:
    """Run an audit. Returns the report, and the indexes of the violations that were repaired.

    Raises CliError if a server is unavailable, Misconfigured if a setting is wrong.
    """
    check(AzureSettings, BrokerSettings, MongoSettings, ObjectStoreSettings)
    azure = load(AzureSettings)
    store = Bucket(load(ObjectStoreSettings))
    mirror = Container(azure) if azure.account_url is not None else None
    try:
        return await _audited(limits, store, mirror, scrub=scrub, repair=repair)
    except (Unavailable, CatalogError) as error:
        raise user_error(error, azure, store) from error


async def _audited(
    limits: Limits, store: Bucket, mirror: Container | None, *, scrub: bool, repair: bool
) -> tuple[AuditReport, list[int]]:
    broker_settings = load(BrokerSettings)
    async with AsyncExitStack() as stack:
        if mirror is not None:
            stack.push_async_callback(mirror.close)
        catalog = await connect_catalog(load(MongoSettings), "audit", WAIT_SECONDS, 0)
        stack.push_async_callback(catalog.close)
        broker = await stack.enter_async_context(await connect_broker(broker_settings, "audit", WAIT_SECONDS))
        live = stack.enter_context(Live(console=err, transient=True, refresh_per_second=4))
        auditor = Auditor(
            catalog,
            store,
            mirror,
            partial(depth, broker),
            limits,
            scrub,
            lambda what, number: live.update(f"{number} {what} checked"),
        )
        report = await auditor.run()
        live.update("")
        report_absent(store, mirror)
        repaired: list[int] = []
        if repair and report.violations:
            # The bucket or container itself may be missing.
            await store.ensure_bucket(WAIT_SECONDS)
            if mirror is not None:
                await mirror.ensure_container(WAIT_SECONDS)
            publisher = await Publisher.open(broker, "audit", broker_settings.publish_seconds)
            repairer = Repairer(catalog, store, mirror, publisher)
            repaired = [n for n, v in enumerate(report.violations) if await repairer.repair(v)]
        left = Counter(v.rule for n, v in enumerate(report.violations) if n not in set(repaired))
        await save_audit(catalog, report.at, dict(left))
        return report, repaired
