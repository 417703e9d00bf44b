"""Posts an event to an endpoint: signed, to a checked address, without following redirects.

Source: Standard Webhooks 1.0 (https://www.standardwebhooks.com), for headers and signature.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import httpx
from standardwebhooks.webhooks import Webhook

from services.notify.policy import retry_after_seconds
from shared.addresses.public_addresses import ip_address, is_public
from shared.contracts.envelope import CONTENT_TYPE

#: Characters of an error that are recorded.
MAX_ERROR = 300


class Answer(NamedTuple):
    """What became of one attempt."""

    #: HTTP status; None: there was no answer.
    status: int | None
    #: Why it failed; None: it did not.
    error: str | None
    #: Seconds that the receiver asked to wait.
    retry_after: float | None = None


class NotPublic(Exception):
    """An endpoint's name leads to an address that is not on the public internet."""


def signed_headers(event_id: str, body: str, secret: str, now: datetime) -> dict[str, str]:
    """Return the headers by which a receiver knows the sender, and knows an event that it has had before."""
    return {
        "content-type": CONTENT_TYPE,
        "user-agent": "fonoteca-notify",
        "webhook-id": event_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(event_id, now, body),
    }


async def checked_addresses(host: str, port: int, *, private_hosts: bool) -> list[str]:
    """Resolve a host. Raises NotPublic if any of its addresses is not public, and OSError if it has none."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))
    for text in addresses:
        address = ip_address(text)
        if not private_hosts and (address is None or not is_public(address)):
            raise NotPublic(f"{host} leads to {text}, which is not on the public internet")
    return addresses


@dataclass(frozen=True)
class Sending:
    """Sends with one client. A client must keep no connection: another name at the same address is another endpoint."""

    client: httpx.AsyncClient
    timeout_seconds: float
    private_hosts: bool

    async def post(self, url: str, headers: dict[str, str], body: str, now: datetime) -> Answer:
        """Post to an endpoint. Returns how it answered, or why it did not; raises nothing for either."""
        try:
            async with asyncio.timeout(self.timeout_seconds):
                return await self._post(httpx.URL(url), headers, body.encode(), now)
        except TimeoutError:
            return Answer(None, f"no answer within {self.timeout_seconds:g} seconds")
        except (httpx.HTTPError, httpx.InvalidURL, NotPublic, OSError, UnicodeError) as error:
            return Answer(None, f"{type(error).__name__}: {error}"[:MAX_ERROR])

    async def _post(self, url: httpx.URL, headers: dict[str, str], body: bytes, now: datetime) -> Answer:
        port = url.port or (443 if url.scheme == "https" else 80)
        addresses = await checked_addresses(url.raw_host.decode("ascii"), port, private_hosts=self.private_hosts)
        for address in addresses[:-1]:
            try:
                return await self._post_to(address, url, headers, body, now)
            except httpx.ConnectError:
                continue
        return await self._post_to(addresses[-1], url, headers, body, now)

    async def _post_to(
        self, address: str, url: httpx.URL, headers: dict[str, str], body: bytes, now: datetime
    ) -> Answer:
        """Post to the address that was checked: to resolve the name again could lead elsewhere."""
        request = self.client.build_request(
            "POST",
            url.copy_with(host=str(ipaddress.ip_address(address.split("%", 1)[0]))),
            content=body,
            headers={**headers, "host": url.netloc.decode("ascii")},
            # TLS asks for, and verifies, the name and not the address.
            extensions={"sni_hostname": url.raw_host.decode("ascii")},
        )
        answer = await self.client.send(request, stream=True)
        # The body is not read: only the status counts, and a body may have no end.
        await answer.aclose()
        if answer.is_success:
            return Answer(answer.status_code, None)
        asked = (
            retry_after_seconds(answer.headers.get("retry-after"), now) if answer.status_code in (429, 503) else None
        )
        return Answer(answer.status_code, f"it answered {answer.status_code}", asked)


def new_client(timeout_seconds: float) -> httpx.AsyncClient:
    """Return a client for `Sending`: without proxies, redirects, cookies of others or kept connections."""
    return httpx.AsyncClient(
        timeout=timeout_seconds,
        trust_env=False,
        follow_redirects=False,
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
    )
