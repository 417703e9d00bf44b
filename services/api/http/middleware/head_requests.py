"""HEAD: the answer to GET without its body. Source: RFC 9110, section 9.3.2."""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: Key in a request's scope: whether only headers are wanted. Routes with large bodies check it to skip the body.
HEADERS_ONLY = "fonoteca.headers_only"


class HeadRequests:
    """ASGI middleware: asks the routes with GET, and passes on everything of the response but its body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer HEAD as soon as the headers are known, and cancel what would produce the body."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return
        inner = {**scope, "method": "GET", HEADERS_ONLY: True}
        answered = False

        async def send_headers(message: Message) -> None:
            nonlocal answered
            if message["type"] != "http.response.start" or answered:
                return
            answered = True
            # `RequestMetrics` labels requests by their route.
            scope.update({name: inner[name] for name in ("route",) if name in inner})
            await send(message)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            handling.cancel()

        handling = asyncio.ensure_future(self._app(inner, receive, send_headers))
        try:
            await handling
        except asyncio.CancelledError:
            # Cancelled above, unless there is no answer yet: then the server cancels this request.
            if not answered:
                handling.cancel()
                raise
