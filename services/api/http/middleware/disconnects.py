"""Ends responses quietly whose client has disconnected: that is no defect."""

from __future__ import annotations

from anyio import BrokenResourceError
from starlette.types import ASGIApp, Receive, Scope, Send


class Disconnects:
    """ASGI middleware: swallows the error of writing to a stream of events that was closed.

    When a listener disconnects, FastAPI closes the stream before it ends the task that still writes to it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; end without an error if its stream was closed."""
        try:
            await self._app(scope, receive, send)
        except* BrokenResourceError:
            pass
