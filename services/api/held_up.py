"""Why nothing moves, for those who wait: egresses that rest, and budgets of requests that are spent."""

from __future__ import annotations

from services.api.schemas.operations import BudgetOut, HeldUpOut
from shared.catalog.breakers import all_breakers
from shared.catalog.connection import Catalog
from shared.catalog.ledgers import all_ledgers, free_at, spent


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


async def held_up(catalog: Catalog) -> list[HeldUpOut]:
    """What keeps work waiting now; empty if nothing does."""
    resting = [
        HeldUpOut(
            egress=breaker["egress"],
            why=breaker["reason"] or "unknown",
            detail=_sentence(breaker["state"], breaker["detail"]),
            until=breaker["until"],
        )
        for breaker in await all_breakers(catalog)
        if breaker["state"] != "closed"
    ]
    poor = [
        HeldUpOut(
            egress=found.egress,
            why="budget",
            detail=f"The {found.budget} requests that it may ask of {found.source} within an hour are spent.",
            until=found.free_at,
        )
        for found in await budgets(catalog)
        if found.free_at is not None
    ]
    return resting + poor


def _sentence(state: str, detail: str | None) -> str:
    said = detail or "no more is known"
    return said if state == "open" else f"One thing at a time is tried after a rest: {said}"
