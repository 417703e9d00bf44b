"""Rejects request bodies that are too large, or whose size is unknown."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from services.api.http.problems import response

#: Bytes. The largest submission is far smaller.
MAX_BODY = 64 * 1024


class BodyLimit:
    """ASGI middleware: answers 411 to a body without a Content-Length, and 413 to one over `MAX_BODY`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or reject it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        length = headers.get("content-length", "0")
        if "transfer-encoding" in headers:
            # Without a length the body could grow without limit before its key is checked.
            await response(411, "Send the body with a Content-Length.")(scope, receive, send)
        elif not length.isdigit() or int(length) > MAX_BODY:
            await response(413, f"The body may have at most {MAX_BODY} bytes.")(scope, receive, send)
        else:
            await self._app(scope, receive, send)
