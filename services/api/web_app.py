"""The ASGI application: the API with its routes, access and errors, and the dashboard's files."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette import types
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from services.api.auth.authenticator import Authenticator
from services.api.auth.dependencies import needs
from services.api.backend import Backend
from services.api.http import problems
from services.api.http.middleware.body_limit import BodyLimit
from services.api.http.middleware.browser_headers import BrowserHeaders
from services.api.http.middleware.disconnects import Disconnects
from services.api.http.middleware.etags import ETags
from services.api.http.middleware.head_requests import HeadRequests
from services.api.http.middleware.request_metrics import RequestMetrics
from services.api.http.openapi import complete
from services.api.routes import (
    breakers,
    crawls,
    decisions,
    events,
    keys,
    measurements,
    mirror,
    overview,
    parked,
    playlist_endings,
    playlists,
    session,
    sources,
    status,
    videos,
)
from services.api.routes.notifications import endpoints, notices
from services.api.routes.recordings import audio, feeds, files
from shared.catalog.documents import Scope

#: The dashboard's files, served as they are written: there is no build step.
WEB = Path(__file__).parent / "web"
#: The prefix of the API's paths; all other paths are the dashboard's.
API = "/v1"


class WebApp:
    """ASGI: the API below /v1, the dashboard elsewhere. Each answers 404 for its own unknown paths."""

    def __init__(self, api: types.ASGIApp, pages: types.ASGIApp) -> None:
        self._api = HeadRequests(ETags(api))
        self._pages = pages

    async def __call__(self, scope: types.Scope, receive: types.Receive, send: types.Send) -> None:
        """Pass a request to the application that its path belongs to."""
        path = scope.get("path", "")
        app = self._api if path == API or path.startswith(f"{API}/") else self._pages
        await app(scope, receive, send)


def web_app(backend: Backend, authenticator: Authenticator) -> types.ASGIApp:
    """Make the application that is served."""
    pages = Starlette(routes=[Mount("/", StaticFiles(directory=WEB, html=True), name="dashboard")])
    problems.install(pages)
    return RequestMetrics(BrowserHeaders(BodyLimit(WebApp(api_app(backend, authenticator), pages))))


def api_app(backend: Backend | None, authenticator: Authenticator | None) -> FastAPI:
    """Make the API. Without a backend it can only produce its OpenAPI document."""
    app = _Api(
        title="Fonoteca",
        version=version("fonoteca"),
        summary="Turns playlists into a verified audio archive.",
        openapi_url=f"{API}/openapi.json",
        # The interactive pages load scripts from third parties.
        docs_url=None,
        redoc_url=None,
    )
    app.state.backend, app.state.authenticator = backend, authenticator
    app.add_middleware(Disconnects)
    problems.install(app)
    listed = (playlists, playlist_endings, videos, audio, decisions, sources, measurements, crawls)
    of_operators = (endpoints, notices, events, overview, mirror, parked, breakers, keys, status)
    shared_problems = problems.documented(401, 403, 422, 429, 503)
    # These routers check access themselves: podcast players, which send passwords, use some of their routes.
    for router in (files.router, files.links, feeds.router):
        app.include_router(router, responses=shared_problems)
    for module in (*listed, *of_operators):
        app.include_router(
            module.router,
            dependencies=[needs(Scope.READ)],
            responses=shared_problems,
        )
    app.include_router(session.router, responses=problems.documented(503))
    return app


class _Api(FastAPI):
    def openapi(self) -> dict[str, Any]:
        """The OpenAPI document, completed with what middleware adds."""
        if self.openapi_schema is None:
            self.openapi_schema = complete(super().openapi())
        return self.openapi_schema
