"""One run of the audit, on the servers that the settings name."""

from __future__ import annotations

from collections import Counter
from contextlib import AsyncExitStack
from functools import partial

from rich.live import Live

from cli.audit.auditor import Auditor, Report
from cli.audit.repairing import Repairer
from cli.audit.rules import Limits
from cli.context import err
from cli.servers import WAIT_SECONDS
from services.sync.blob import BlobMirror
from shared.catalog.audits import save_audit
from shared.catalog.connection import connect as connect_catalog
from shared.messaging.connection import connect as connect_broker
from shared.messaging.depth import depth
from shared.messaging.publisher import Publisher
from shared.settings import AzureSettings, BrokerSettings, MongoSettings, ObjectStoreSettings, load
from shared.storage.objects import ObjectStore


async def audited(limits: Limits, *, scrub: bool, repair: bool) -> tuple[Report, list[int]]:
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
