"""The address at which hubs call: they verify subscriptions, and push what is new. A push means: look now.

What a hub sends is a hint. Its body is checked against its signature and read no further: the look finds what is new.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from services.watch.signatures import signed_body
from services.watch.subscriber import CALLBACK_PATH, LONGEST_WAIT_SECONDS
from shared import metrics
from shared.catalog.connection import Catalog
from shared.catalog.documents import Subscription
from shared.catalog.sources.definitions import get_source
from shared.catalog.sources.pushes import look_after_push
from shared.catalog.sources.subscriptions import (
    confirm_subscription,
    deny_subscription,
    subscription_at,
    wanted_hub,
)
from shared.errors import CatalogError
from shared.logs import logger
from shared.untrusted.text import clean_line

log = logger(__name__)

#: Bytes of a push. A hub sends the feed; scrapers read at most as much of one.
MAX_BODY = 4 * 2**20
#: Characters of a challenge that is echoed.
MAX_CHALLENGE = 1000
#: Characters of a hub's reason that are recorded.
MAX_REASON = 200
#: Header against browsers that take a text for a page: a challenge is what its sender likes.
_AS_TEXT = {"X-Content-Type-Options": "nosniff"}
Outcome = Literal["looked", "ignored", "wrong_signature"]


@dataclass(frozen=True)
class Callback:
    """Answers hubs."""

    catalog: Catalog
    #: Of a hub that confirms without saying for how long.
    lease_seconds: int

    def application(self) -> Starlette:
        """Return the ASGI application."""
        path = f"{CALLBACK_PATH}/{{callback_id}}"
        routes = [Route(path, self.verify, methods=["GET"]), Route(path, self.push, methods=["POST"])]
        return Starlette(routes=routes, exception_handlers={CatalogError: _unavailable})

    async def verify(self, request: Request) -> Response:
        """Confirm a subscription that is wanted, and note a denied one (WebSub, 5.2 and 5.3)."""
        asked = {name: request.query_params.get(f"hub.{name}", "") for name in ("mode", "topic", "challenge")}
        known = await subscription_at(self.catalog, request.path_params["callback_id"])
        if request.method == "HEAD" or len(asked["challenge"]) > MAX_CHALLENGE:
            # Starlette takes HEAD for GET; no hub verifies so.
            return _not_found()
        if asked["mode"] == "unsubscribe" and known is None and asked["challenge"]:
            # Nobody wants pushes at an address that no subscription has.
            return PlainTextResponse(asked["challenge"], headers=_AS_TEXT)
        if known is None or asked["topic"] != known["topic"] or not await self._is_wanted(known):
            return _not_found()
        if asked["mode"] == "denied":
            reason = clean_line(request.query_params.get("hub.reason", ""))[:MAX_REASON]
            why = f"the hub denies it: {reason}" if reason else "the hub denies it"
            await deny_subscription(self.catalog, known, why, LONGEST_WAIT_SECONDS)
            log.info("subscription.denied", source=known["_id"], why=why)
            return PlainTextResponse("")
        lease = lease_of(request.query_params.get("hub.lease_seconds"), self.lease_seconds)
        if asked["mode"] != "subscribe" or not asked["challenge"] or lease is None:
            return _not_found()
        if not await confirm_subscription(self.catalog, known, lease):
            return _not_found()
        log.info("subscription.confirmed", source=known["_id"], lease_seconds=lease)
        return PlainTextResponse(asked["challenge"], headers=_AS_TEXT)

    async def push(self, request: Request) -> Response:
        """Make a look due, if the push is signed with the secret (WebSub, 7 and 7.1)."""
        outcome, response = await self._push(request)
        metrics.PUSHES.labels(outcome).inc()
        return response

    async def _push(self, request: Request) -> tuple[Outcome, Response]:
        known = await subscription_at(self.catalog, request.path_params["callback_id"])
        if known is None or not await self._is_wanted(known):
            # By 410 a hub knows that the subscription is over.
            return "ignored", PlainTextResponse("", status_code=410)
        body = signed_body(request.headers.getlist("x-hub-signature"), known["secret"])
        read = 0
        try:
            async for chunk in request.stream():
                read += len(chunk)
                if read > MAX_BODY:
                    return "ignored", PlainTextResponse("", status_code=413)
                if body is not None:
                    body.update(chunk)
        except ClientDisconnect:
            return "ignored", PlainTextResponse("", status_code=400)
        if body is None or not body.is_genuine():
            # WebSub, 7.1: whoever tries signatures learns nothing from the answer.
            log.info("push.wrong_signature", source=known["_id"])
            return "wrong_signature", PlainTextResponse("", status_code=202)
        looks = await look_after_push(self.catalog, known["_id"])
        return "looked" if looks else "ignored", PlainTextResponse("", status_code=202)

    async def _is_wanted(self, known: Subscription) -> bool:
        """Whether a subscription is wanted now: its source may have changed since the last comparison."""
        source = await get_source(self.catalog, known["_id"])
        return source is not None and wanted_hub(source) == (known["hub"], known["topic"])


def lease_of(text: str | None, asked: int) -> int | None:
    """Return the seconds of a lease, at most those that were asked for: a hub may be gone long before. Pure.

    Returns `asked` if the hub says none, and None if it says nonsense.
    """
    if text is None:
        return asked
    if not (text.isascii() and text.isdigit()) or int(text[:10]) == 0:
        return None
    return min(int(text[:10]), asked)


def _not_found() -> Response:
    return PlainTextResponse("", status_code=404)


async def _unavailable(_: Request, error: Exception) -> Response:
    """Let the hub try again: a push must not be lost because the catalog does not answer."""
    log.warning("callback.interrupted", error=str(error))
    return PlainTextResponse("", status_code=503)
