"""/v1/overview: what people look at first."""

from __future__ import annotations

from fastapi import APIRouter

from services.api.backend import BackendDep
from services.api.schemas.overview import OverviewOut

router = APIRouter(prefix="/v1/overview", tags=["status"])


@router.get("")
async def read(backend: BackendDep) -> OverviewOut:
    """The whole archive at one look. It is put together anew when it is older than a few seconds."""
    return await backend.overview.get()
