"""Counts and times requests under the templates of their routes."""

from __future__ import annotations

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared import metrics

#: Methods with a label of their own; clients can invent others, which share one.
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


class RequestMetrics:
    """ASGI middleware: measures each request until its response starts, since a stream of events never completes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; measure it when the response starts."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.monotonic()

        async def measure(message: Message) -> None:
            if message["type"] == "http.response.start":
                _record(scope, int(message["status"]), time.monotonic() - began)
            await send(message)

        await self._app(scope, receive, measure)


def _record(scope: Scope, status: int, seconds: float) -> None:
    route = getattr(scope.get("route"), "path", None) or ("unknown" if status == 404 else "dashboard")
    method = scope["method"] if scope["method"] in METHODS else "other"
    metrics.HTTP_REQUESTS.labels(method, route, str(status)).inc()
    metrics.HTTP_SECONDS.labels(method, route).observe(seconds)
