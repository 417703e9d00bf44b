"""HEAD: what GET would answer, without the body. Source: RFC 9110, section 9.3.2."""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: In the scope of a request: whether only the headers of the answer are wanted. Whoever answers with much may look.
HEADERS_ONLY = "fonoteca.headers_only"


class Heads:
    """ASGI middleware: asks the routes with GET, and passes on all of the answer but its body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer HEAD as soon as the headers are there; what would make the body is stopped."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return
        inner = {**scope, "method": "GET", HEADERS_ONLY: True}
        answered = False

        async def answer(message: Message) -> None:
            nonlocal answered
            if message["type"] != "http.response.start" or answered:
                return
            answered = True
            # Requests are counted by their routes.
            scope.update({name: inner[name] for name in ("route",) if name in inner})
            await send(message)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            asking.cancel()

        asking = asyncio.ensure_future(self._app(inner, receive, answer))
        try:
            await asking
        except asyncio.CancelledError:
            # Ours, unless nothing was answered: then whoever runs this wants it to end.
            if not answered:
                asking.cancel()
                raise
