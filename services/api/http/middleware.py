"""What every request passes, and every answer: bounds of the body, counts and times, headers for browsers."""

from __future__ import annotations

import time

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.api.http.problems import response
from shared import metrics

#: Bytes. A submission is far below.
MAX_BODY = 64 * 1024
#: Methods that get a label of their own; clients can invent others.
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
#: The dashboard loads nothing from anywhere else, runs nothing that stands in a page, and is shown in no other page.
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "media-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


class Entrance:
    """ASGI middleware. Answers pass it piece by piece, so that streams stay streams."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a body that is too large; count and time every request under its route's template."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.monotonic()

        async def count(message: Message) -> None:
            if message["type"] == "http.response.start":
                _measure(scope, int(message["status"]), time.monotonic() - began)
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                # A page or an answer of yesterday is asked for again, and not sent again if it is the same.
                headers.setdefault("Cache-Control", "no-cache, private")
            await send(message)

        headers = Headers(scope=scope)
        length = headers.get("content-length", "0")
        if "transfer-encoding" in headers:
            # Without a length the body could grow without limit before anybody has looked at the key.
            await response(411, "Send the body with a Content-Length.")(scope, receive, count)
        elif not length.isdigit() or int(length) > MAX_BODY:
            await response(413, f"The body may have at most {MAX_BODY} bytes.")(scope, receive, count)
        else:
            await self._app(scope, receive, count)


def _measure(scope: Scope, status: int, seconds: float) -> None:
    """`seconds`: until the answer began; a stream of events has no other time."""
    route = getattr(scope.get("route"), "path", None) or ("unknown" if status == 404 else "dashboard")
    method = scope["method"] if scope["method"] in METHODS else "other"
    metrics.HTTP_REQUESTS.labels(method, route, str(status)).inc()
    metrics.HTTP_SECONDS.labels(method, route).observe(seconds)
