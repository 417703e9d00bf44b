"""/v1/notices: the conditions that people are told of, as long as they last."""

from __future__ import annotations

from fastapi import APIRouter

from services.api.backend import BackendDep
from services.api.routes.notifications.serializers import notice_out
from services.api.schemas.notifications import NoticesOut
from shared.catalog.notifications.notices import notices as going_on

#: Conditions that are listed: far more than a person reads.
MAX_NOTICES = 500

router = APIRouter(prefix="/v1/notices", tags=["notifications"])


@router.get("")
async def notices(backend: BackendDep) -> NoticesOut:
    """List the conditions that are going on, the newest first."""
    return NoticesOut(items=[notice_out(notice) for notice in await going_on(backend.catalog, MAX_NOTICES)])
