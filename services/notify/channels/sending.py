"""Posts an event to an endpoint: signed, to a checked address, without following redirects.

Source: Standard Webhooks 1.0 (https://www.standardwebhooks.com), for headers and signature.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import httpx
from standardwebhooks.webhooks import Webhook

from services.notify.channels.answer import Answer
from services.notify.policy import retry_after_seconds
from shared.contracts.envelope import CONTENT_TYPE
from shared.outbound.posting import Poster


def signed_headers(event_id: str, body: str, secret: str, now: datetime) -> dict[str, str]:
    """Return the headers by which a receiver knows the sender, and knows an event that it has had before."""
    return {
        "content-type": CONTENT_TYPE,
        "user-agent": "fonoteca-notify",
        "webhook-id": event_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(event_id, now, body),
    }


@dataclass(frozen=True)
class Sending:
    """Sends events to endpoints with one client of `shared.outbound.posting`."""

    client: httpx.AsyncClient
    timeout_seconds: float
    private_hosts: bool

    async def post(self, url: str, headers: dict[str, str], body: str, now: datetime) -> Answer:
        """Post to an endpoint. Returns how it answered, or why it did not; raises nothing for either."""
        poster = Poster(self.client, self.timeout_seconds, self.private_hosts)
        posted = await poster.post(url, headers, body.encode())
        asked = retry_after_seconds(posted.retry_after, now) if posted.status in (429, 503) else None
        return Answer(posted.status, posted.error, asked)
