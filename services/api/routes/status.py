"""/v1/status: the counts of the archive."""

from __future__ import annotations

from importlib.metadata import version

from fastapi import APIRouter

from services.api.backend import BackendDep
from services.api.held_up import held_up
from services.api.schemas.overview import StatusOut
from services.api.serializers.documents import progress_out
from shared.catalog.playlists.lookup import count_playlists
from shared.catalog.reports.progress import progress
from shared.catalog.schema import version_of

router = APIRouter(prefix="/v1/status", tags=["status"])


@router.get("")
async def status(backend: BackendDep) -> StatusOut:
    """Count playlists, and videos by state."""
    return StatusOut(
        version=version("fonoteca"),
        catalog_version=await version_of(backend.catalog),
        playlists=await count_playlists(backend.catalog),
        held_up=await held_up(backend.catalog),
        progress=progress_out(await progress(backend.catalog)),
    )
