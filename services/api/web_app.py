"""The FastAPI application: routes, key, errors, metrics."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from importlib.metadata import version

from fastapi import FastAPI, Request, Response

from services.api import problems
from services.api.access import Gate, needs
from services.api.backend import Backend
from services.api.routes import breakers, decisions, keys, parked, playlists, status, videos
from shared import metrics
from shared.catalog.keys import Scope

#: Bytes. A submission is far below.
LARGEST_BODY = 64 * 1024
#: Methods that get a label of their own; clients can invent others.
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


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
    app.middleware("http")(_measure)
    for router in (m.router for m in (playlists, videos, decisions, parked, breakers, keys, status)):
        app.include_router(
            router,
            dependencies=[needs(Scope.READ)],
            responses=problems.documented(401, 403, 422, 429),
        )
    return app


async def _measure(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """Refuse oversized bodies; count and time every request under its route's template."""
    began = time.monotonic()
    length = request.headers.get("content-length", "0")
    if "transfer-encoding" in request.headers:
        # Without a length the body could grow without limit before anybody has looked at the key.
        response: Response = problems.response(411, "Send the body with a Content-Length.")
    elif not length.isdigit() or int(length) > LARGEST_BODY:
        response = problems.response(413, f"The body may have at most {LARGEST_BODY} bytes.")
    else:
        response = await call_next(request)
    route = getattr(request.scope.get("route"), "path", "unknown")
    method = request.method if request.method in METHODS else "other"
    metrics.HTTP_REQUESTS.labels(method, route, str(response.status_code)).inc()
    metrics.HTTP_SECONDS.labels(method, route).observe(time.monotonic() - began)
    return response
