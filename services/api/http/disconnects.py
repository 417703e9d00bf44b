"""Clients that leave while an answer is made for them: no defect, and nothing to tell anybody."""

from __future__ import annotations

from anyio import BrokenResourceError
from starlette.types import ASGIApp, Receive, Scope, Send


class Leaving:
    """ASGI middleware around the routes.

    FastAPI closes the stream of a listener's events before it ends what still writes there, whose complaint is meant
    for nobody.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the answer end without a word if its stream was closed under it."""
        try:
            await self._app(scope, receive, send)
        except* BrokenResourceError:
            pass
