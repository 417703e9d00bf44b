"""ETags: an answer that the client already has is not sent again."""

from __future__ import annotations

import hashlib

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class ETags:
    """ASGI middleware: adds an ETag to each JSON answer to GET, and answers 304 if the request names that ETag."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hold a JSON answer until its only piece is complete; streams pass unchanged."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        known = Headers(scope=scope).get("if-none-match", "")
        held: Message | None = None

        async def tag(message: Message) -> None:
            nonlocal held
            if message["type"] == "http.response.start" and _is_taggable(message):
                held = message
            elif held is not None:
                start, held = held, None
                await _send_tagged(start, message, known, send)
            else:
                await send(message)

        await self._app(scope, receive, tag)


def _is_taggable(start: Message) -> bool:
    type_ = Headers(raw=start["headers"]).get("content-type", "")
    return start["status"] == 200 and type_.startswith("application/json")


async def _send_tagged(start: Message, body: Message, known: str, send: Send) -> None:
    if body.get("more_body", False):
        await send(start)
        await send(body)
        return
    etag = f'"{hashlib.sha256(body.get("body", b"")).hexdigest()[:32]}"'
    headers = MutableHeaders(raw=start["headers"])
    headers["ETag"] = etag
    wanted = {each.strip().removeprefix("W/") for each in known.split(",")}
    if etag in wanted or "*" in wanted:
        start["status"] = 304
        del headers["Content-Length"]
        body = {**body, "body": b""}
    await send({**start, "headers": headers.raw})
    await send(body)
