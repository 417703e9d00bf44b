"""/v1/mirror: how much of what is stored has its verified copy."""

from __future__ import annotations

from fastapi import APIRouter

from services.api.backend import BackendDep
from services.api.schemas.operations import MirrorStatusOut
from shared.catalog.reports.overview import mirror_status

router = APIRouter(prefix="/v1/mirror", tags=["mirror"])


@router.get("")
async def status(backend: BackendDep) -> MirrorStatusOut:
    """How many stored videos have their copies in Azure Blob Storage, and since when the others wait."""
    return MirrorStatusOut.model_validate((await mirror_status(backend.catalog))._asdict())
