"""/v1/overview: a summary of the archive."""

from __future__ import annotations

from fastapi import APIRouter

from services.api.backend import BackendDep
from services.api.schemas.overview import OverviewOut

router = APIRouter(prefix="/v1/overview", tags=["status"])


@router.get("")
async def read(backend: BackendDep) -> OverviewOut:
    """Summarize the whole archive. The answer may be a few seconds old."""
    return await backend.overview.get()
