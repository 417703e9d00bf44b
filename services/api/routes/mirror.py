"""/v1/mirror: how many stored videos have a verified copy in the mirror."""

from __future__ import annotations

from fastapi import APIRouter

from services.api.backend import BackendDep
from services.api.schemas.operations import MirrorStatusOut
from shared.catalog.reports.overview import mirror_status

router = APIRouter(prefix="/v1/mirror", tags=["mirror"])


@router.get("")
async def status(backend: BackendDep) -> MirrorStatusOut:
    """Count the stored videos that have copies in all targets of the mirror, and say since when the others wait."""
    return MirrorStatusOut.model_validate((await mirror_status(backend.catalog))._asdict())
