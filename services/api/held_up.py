"""Explains why work waits: resting egresses, and hourly budgets of requests that are spent."""

from __future__ import annotations

from services.api.schemas.operations import BudgetOut, HeldUpOut
from shared.addresses.sources import KNOWN_SOURCES
from shared.catalog.connection import Catalog
from shared.catalog.operations.breakers import all_breakers, source_of_breaker
from shared.catalog.operations.ledgers import all_ledgers, free_at, spent, spent_shares
from shared.contracts.reasons import Reason
from shared.contracts.shortages import Shortage


async def budgets(catalog: Catalog) -> list[BudgetOut]:
    """The hourly budget of each egress at each source, and how much of it is spent."""
    now = await catalog.now()
    return [
        BudgetOut(
            egress=ledger["egress"],
            source=ledger["source"],
            budget=ledger["budget"],
            spent=spent(ledger, now),
            free_at=free_at(ledger, now),
        )
        for ledger in await all_ledgers(catalog)
        if ledger["budget"]
    ]


async def held_up(catalog: Catalog, source: str | None = None, key: str | None = None) -> list[HeldUpOut]:
    """What keeps work waiting now; empty if nothing does.

    `source`: only what concerns work at this source; None: everything. `key`: of the shares, only that of this
    submitter; None: all.
    """
    resting = [
        HeldUpOut(
            egress=breaker["egress"],
            source=source_of_breaker(breaker),
            why=breaker["reason"] or Reason.UNKNOWN.value,
            detail=_sentence(breaker["state"], breaker["detail"]),
            until=breaker["until"],
        )
        for breaker in await all_breakers(catalog)
        if breaker["state"] != "closed"
    ]
    out_of_budget = [
        HeldUpOut(
            egress=found.egress,
            source=found.source,
            why=Shortage.BUDGET.value,
            detail=f"The {found.budget} requests that it may make to {found.source} within an hour are spent.",
            until=found.free_at,
        )
        for found in await budgets(catalog)
        if found.free_at is not None
    ]
    concerned = (None, source, *KNOWN_SOURCES)
    found = resting + out_of_budget + await _spent_shares(catalog, key)
    return [each for each in found if source is None or each.source in concerned]


async def _spent_shares(catalog: Catalog, key: str | None) -> list[HeldUpOut]:
    now = await catalog.now()
    return [
        HeldUpOut(
            egress=ledger["egress"],
            source=ledger["source"],
            why=Shortage.SHARE.value,
            detail=f"The {share.requests} requests to {ledger['source']} that the key {share.key} may use within an "
            "hour are spent.",
            until=until,
        )
        for ledger in await all_ledgers(catalog)
        for share, until in spent_shares(ledger, now)
        if key in (None, share.key)
    ]


def _sentence(state: str, detail: str | None) -> str:
    cause = detail or "the cause is unknown"
    return cause if state == "open" else f"After a rest, one video at a time is tried: {cause}"
