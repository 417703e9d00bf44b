"""Why nothing moves, for those who wait: egresses that rest, and budgets of requests that are spent."""

from __future__ import annotations

from services.api.schemas.operations import BudgetOut, HeldUpOut
from shared.addresses.sources import KNOWN_SOURCES
from shared.catalog.connection import Catalog
from shared.catalog.operations.breakers import all_breakers, source_of_breaker
from shared.catalog.operations.ledgers import all_ledgers, free_at, spent, spent_shares
from shared.contracts.reasons import Reason, Shortage


async def budgets(catalog: Catalog) -> list[BudgetOut]:
    """What each egress has asked of each source within the hour."""
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


async def held_up(catalog: Catalog, asked: str | None = None, key: str | None = None) -> list[HeldUpOut]:
    """What keeps work waiting now; empty if nothing does.

    `asked`: the source that the work asks. The rests of others' hosts are nothing to it. `key`: of the shares only that
    of this submitter.
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
    poor = [
        HeldUpOut(
            egress=found.egress,
            source=found.source,
            why=Shortage.BUDGET.value,
            detail=f"The {found.budget} requests that it may ask of {found.source} within an hour are spent.",
            until=found.free_at,
        )
        for found in await budgets(catalog)
        if found.free_at is not None
    ]
    concerned = (None, asked, *KNOWN_SOURCES)
    found = resting + poor + await _spent_shares(catalog, key)
    return [each for each in found if asked is None or each.source in concerned]


async def _spent_shares(catalog: Catalog, key: str | None) -> list[HeldUpOut]:
    now = await catalog.now()
    return [
        HeldUpOut(
            egress=ledger["egress"],
            source=ledger["source"],
            why=Shortage.SHARE.value,
            detail=f"The {share.requests} requests that the key {share.key} may use within an hour, of those that may "
            f"be asked of {ledger['source']}, are spent.",
            until=until,
        )
        for ledger in await all_ledgers(catalog)
        for share, until in spent_shares(ledger, now)
        if key in (None, share.key)
    ]


def _sentence(state: str, detail: str | None) -> str:
    said = detail or "no more is known"
    return said if state == "open" else f"One thing at a time is tried after a rest: {said}"
