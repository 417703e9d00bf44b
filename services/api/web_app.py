"""The FastAPI application: routes, access, errors, the dashboard's files."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from services.api import problems
from services.api.access import Gate, needs
from services.api.backend import Backend
from services.api.entrance import Entrance
from services.api.etags import ETags
from services.api.routes import (
    audio,
    breakers,
    decisions,
    events,
    keys,
    mirror,
    overview,
    parked,
    playlists,
    session,
    status,
    videos,
)
from shared.catalog.keys import Scope

#: The dashboard: files as they are, without a build.
WEB = Path(__file__).parent / "web"


def web_app(backend: Backend | None, gate: Gate | None) -> FastAPI:
    """The application. Without a backend it can still tell its OpenAPI document."""
    app = FastAPI(
        title="Fonoteca",
        version=version("fonoteca"),
        summary="Turns playlists into a verified audio archive.",
        openapi_url="/v1/openapi.json",
        # The interactive pages load scripts from third parties.
        docs_url=None,
        redoc_url=None,
    )
    app.state.backend, app.state.gate = backend, gate
    problems.install(app)
    app.add_middleware(ETags)
    app.add_middleware(Entrance)
    for module in (playlists, videos, audio, decisions, events, overview, mirror, parked, breakers, keys, status):
        app.include_router(
            module.router,
            dependencies=[needs(Scope.READ)],
            responses=problems.documented(401, 403, 422, 429, 503),
        )
    app.include_router(session.router, responses=problems.documented(503))
    app.mount("/", StaticFiles(directory=WEB, html=True), name="dashboard")
    return app
