"""/v1/breakers: whether scrapers take work, and a person's request that one tries again."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter

from services.api.auth.dependencies import needs
from services.api.backend import BackendDep
from services.api.held_up import budgets
from services.api.http.problems import Problem, documented
from services.api.schemas.fields import Text
from services.api.schemas.operations import BreakersOut
from services.api.serializers.documents import breaker_out
from shared.catalog.documents import Scope
from shared.catalog.operations.breakers import all_breakers, request_resume

router = APIRouter(prefix="/v1/breakers", tags=["breakers"])


@router.get("")
async def page(backend: BackendDep) -> BreakersOut:
    """List the breakers of each egress (one for each source that may refuse it, one for storage) and its budgets."""
    items = [breaker_out(b) for b in await all_breakers(backend.catalog)]
    return BreakersOut(items=items, budgets=await budgets(backend.catalog))


@router.post(
    "/{egress}/{kind}/resume",
    status_code=202,
    dependencies=[needs(Scope.ADMIN)],
    responses=documented(404),
)
async def resume(
    egress: Text, kind: Literal["egress", "storage"], backend: BackendDep, source: Text | None = None
) -> BreakersOut:
    """Let a resting scraper try one video now; it notices within seconds.

    With `source`, only the breaker of that source is resumed (kind egress); without it, those of all sources.
    """
    if not await request_resume(backend.catalog, egress, kind, source):
        missing = f"egress {egress[:64]!r}" if source is None else f"breaker of {source[:64]!r} at {egress[:64]!r}"
        raise Problem(404, f"There is no {missing}.", code="no-such-egress", see="/v1/breakers")
    return await page(backend)
