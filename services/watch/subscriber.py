"""Subscribes at the hubs of feeds and renews the leases, as WebSub (https://www.w3.org/TR/websub/) prescribes."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlencode, urlsplit

from shared import metrics
from shared.catalog.connection import Catalog
from shared.catalog.documents import Subscription
from shared.catalog.sources.subscriptions import (
    align_subscriptions,
    claim_requests,
    count_subscriptions,
    note_request,
)
from shared.logs import logger
from shared.outbound.posting import Posted, Poster

log = logger(__name__)

#: Path below the callback address at which hubs call; the unguessable part follows.
CALLBACK_PATH = "/websub"
#: Seconds between two comparisons of subscriptions with sources, and requests to hubs made at once after each.
ASK_SECONDS, AT_ONCE = 15, 20
#: Seconds that a hub may take to answer.
ANSWER_SECONDS = 10
#: Seconds after which a request is made again whose process died: longer than any answer takes.
CLAIM_SECONDS = 60
#: Seconds until a hub that refuses, or does not verify, is asked again; doubled each time, up to six hours.
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 60, 6 * 3600


@dataclass(frozen=True)
class Subscriber:
    """Keeps the subscriptions of one catalog; any number of replicas may."""

    catalog: Catalog
    poster: Poster
    #: The beginning of the addresses at which hubs call, with CALLBACK_PATH.
    callback_base: str
    lease_seconds: int

    async def ask_hubs(self) -> int:
        """Subscribe for sources that have a hub, renew leases, and end what is wanted no longer.

        Returns how many hubs were asked to subscribe. Raises CatalogError.
        """
        ended = await align_subscriptions(self.catalog, self.callback_base)
        claimed = await claim_requests(self.catalog, AT_ONCE, CLAIM_SECONDS)
        await asyncio.gather(*(self._subscribe(each) for each in claimed))
        for start in range(0, len(ended), AT_ONCE):
            await asyncio.gather(*(self._unsubscribe(each) for each in ended[start : start + AT_ONCE]))
        return len(claimed)

    async def count(self) -> None:
        """Count the subscriptions by state, for the metrics. Raises CatalogError."""
        found = await count_subscriptions(self.catalog)
        for state in ("subscribed", "asked", "refused"):
            metrics.SUBSCRIPTIONS.labels(state).set(found[state])

    async def _unsubscribe(self, ended: Subscription) -> None:
        # Best effort: without it, the lease ends by itself.
        posted = await self._ask(ended, "unsubscribe")
        log.info("subscription.ended", source=ended["_id"], error=posted.error)

    async def _subscribe(self, subscription: Subscription) -> None:
        posted = await self._ask(subscription, "subscribe")
        again = wait_seconds(subscription["tries"])
        log.info("subscription.requested", source=subscription["_id"], error=posted.error, again_in=again)
        # The hub may have confirmed meanwhile; then this changes nothing.
        await note_request(self.catalog, subscription, posted.error, again)

    async def _ask(self, subscription: Subscription, mode: Literal["subscribe", "unsubscribe"]) -> Posted:
        form = {
            "hub.mode": mode,
            "hub.topic": subscription["topic"],
            "hub.callback": subscription["callback"],
            # Hubs of PubSubHubbub 0.3 want to know; others ignore it (WebSub, 5.1).
            "hub.verify": "async",
        }
        if mode == "subscribe":
            form |= {"hub.secret": subscription["secret"], "hub.lease_seconds": str(self.lease_seconds)}
        hub = subscription["hub"] if self.poster.private_hosts else by_https(subscription["hub"])
        headers = {"content-type": "application/x-www-form-urlencoded", "user-agent": "fonoteca-watch"}
        return await self.poster.post(hub, headers, urlencode(form).encode())


def by_https(hub: str) -> str:
    """Return the https address of a hub: a secret must not be read on its way. Pure.

    Feeds still name http addresses of hubs that have https.
    """
    parts = urlsplit(hub)
    if parts.scheme != "http":
        return hub
    return parts._replace(scheme="https", netloc=parts.netloc.removesuffix(":80")).geturl()


def wait_seconds(tries: int) -> float:
    """Return the seconds until a hub is asked again after so many requests that it did not confirm. Pure."""
    return float(min(FIRST_WAIT_SECONDS * 2 ** min(tries - 1, 20), LONGEST_WAIT_SECONDS))
