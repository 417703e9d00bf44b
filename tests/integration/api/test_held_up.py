"""While an egress rests, the API says why work waits, and until when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cli.display.formatting import held_up as sentences
from services.api.held_up import budgets, held_up
from shared.catalog.connection import Catalog
from shared.catalog.documents import BreakerState, StoredBreaker
from shared.catalog.operations import breakers, ledgers


def breaker(state: BreakerState, until: datetime | None) -> StoredBreaker:
    return {
        "_id": "office/egress",
        "egress": "office",
        "kind": "egress",
        "state": state,
        "reason": "bot-check" if state != "closed" else None,
        "detail": "Sign in" if state != "closed" else None,
        "since": datetime.now(UTC),
        "until": until,
        "rest_seconds": 60,
        "scraper": "one",
        "resume_at": None,
    }


async def test_a_rest_is_told_with_its_reason_and_end(catalog: Catalog) -> None:
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
    await breakers.save(catalog, breaker(BreakerState.OPEN, until))
    [found] = await held_up(catalog)
    assert (found.egress, found.why, found.detail, found.until) == ("office", "bot-check", "Sign in", until)
    [sentence] = sentences([found.model_dump(mode="json")])
    assert sentence.startswith("office rests until ")
    assert sentence.endswith("bot-check, Sign in")
    await breakers.save(catalog, breaker(BreakerState.HALF_OPEN, None))
    assert (await held_up(catalog))[0].detail.startswith("After a rest, one video at a time is tried")
    await breakers.save(catalog, breaker(BreakerState.CLOSED, None))
    assert await held_up(catalog) == []


async def test_a_spent_budget_is_told_too(catalog: Catalog) -> None:
    await ledgers.reserve(catalog, "office", "youtube", 3, 5)
    assert await held_up(catalog) == []
    [budget] = await budgets(catalog)
    assert (budget.egress, budget.source, budget.spent, budget.budget, budget.free_at) == (
        *("office", "youtube", 3, 5),
        None,
    )
    await ledgers.reserve(catalog, "office", "youtube", 3, 5)
    [found] = await held_up(catalog)
    assert (found.why, found.detail) == (
        "budget",
        "The 5 requests that it may make to youtube within an hour are spent.",
    )
    assert found.until is not None
    assert timedelta(minutes=55) < found.until - datetime.now(UTC) < timedelta(minutes=65)
