"""What is served: the API with its routes, access and errors, and the dashboard's files."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette import types
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from services.api.auth.authenticator import Authenticator, needs
from services.api.backend import Backend
from services.api.http import problems
from services.api.http.disconnects import Leaving
from services.api.http.etags import ETags
from services.api.http.heads import Heads
from services.api.http.middleware import Entrance
from services.api.http.openapi import as_sent
from services.api.routes import (
    breakers,
    decisions,
    events,
    keys,
    mirror,
    overview,
    parked,
    playlist_endings,
    playlists,
    session,
    status,
    videos,
)
from services.api.routes.recordings import audio, feeds, files
from shared.catalog.documents import Scope

#: The dashboard: files as they are, without a build.
WEB = Path(__file__).parent / "web"
#: Where the API begins; all other addresses are the dashboard's.
API = "/v1"


class WebApp:
    """ASGI: the API below /v1, the dashboard elsewhere. Each answers for what it does not know."""

    def __init__(self, api: types.ASGIApp, pages: types.ASGIApp) -> None:
        self._api = Heads(ETags(api))
        self._pages = pages

    async def __call__(self, scope: types.Scope, receive: types.Receive, send: types.Send) -> None:
        """Hand a request to whom it is for."""
        path = scope.get("path", "")
        app = self._api if path == API or path.startswith(f"{API}/") else self._pages
        await app(scope, receive, send)


def web_app(backend: Backend, gate: Authenticator) -> types.ASGIApp:
    """Everything that is served."""
    pages = Starlette(routes=[Mount("/", StaticFiles(directory=WEB, html=True), name="dashboard")])
    problems.install(pages)
    return Entrance(WebApp(api_app(backend, gate), pages))


def api_app(backend: Backend | None, gate: Authenticator | None) -> FastAPI:
    """The API. Without a backend it can still tell its OpenAPI document."""
    app = _Api(
        title="Fonoteca",
        version=version("fonoteca"),
        summary="Turns playlists into a verified audio archive.",
        openapi_url=f"{API}/openapi.json",
        # The interactive pages load scripts from third parties.
        docs_url=None,
        redoc_url=None,
    )
    app.state.backend, app.state.gate = backend, gate
    app.add_middleware(Leaving)
    problems.install(app)
    listed = (playlists, playlist_endings, videos, audio, decisions)
    shared_problems = problems.documented(401, 403, 422, 429, 503)
    # Each asks for its own kind of holder: these are for players of podcasts too.
    for router in (files.router, files.links, feeds.router):
        app.include_router(router, responses=shared_problems)
    for module in (*listed, events, overview, mirror, parked, breakers, keys, status):
        app.include_router(
            module.router,
            dependencies=[needs(Scope.READ)],
            responses=shared_problems,
        )
    app.include_router(session.router, responses=problems.documented(503))
    return app


class _Api(FastAPI):
    def openapi(self) -> dict[str, Any]:
        """The document, as things are sent."""
        if self.openapi_schema is None:
            self.openapi_schema = as_sent(super().openapi())
        return self.openapi_schema
