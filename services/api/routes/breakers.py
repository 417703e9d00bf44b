"""/v1/breakers: whether scrapers take work, and a person's wish that one tries again."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter

from services.api.auth.authenticator import needs
from services.api.backend import BackendDep
from services.api.held_up import budgets
from services.api.http.parameters import Text
from services.api.http.problems import Problem, documented
from services.api.schemas.operations import BreakersOut
from services.api.serializers import breaker_out
from shared.catalog.documents import Scope
from shared.catalog.operations.breakers import all_breakers, request_resume

router = APIRouter(prefix="/v1/breakers", tags=["breakers"])


@router.get("")
async def page(backend: BackendDep) -> BreakersOut:
    """The breakers of each egress: one for each source that may refuse it, and one for what storage does not take."""
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
    """Let a scraper try one video now instead of resting on. It notices within seconds.

    `source`: only of this one, of the kind egress; without it, of all.
    """
    if not await request_resume(backend.catalog, egress, kind, source):
        whose = f"no egress {egress[:64]!r}" if source is None else f"no rest of {source[:64]!r} at {egress[:64]!r}"
        raise Problem(404, f"There is {whose}.", code="no-such-egress", see="/v1/breakers")
    return await page(backend)
