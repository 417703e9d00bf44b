"""Posts to an address that somebody else chose: to a checked address, without redirects, its answer unread."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import httpx

from shared.addresses.public_addresses import ip_address, is_public

MAX_PORT = 65_535
#: Characters of an error that are recorded.
MAX_ERROR = 300


class Posted(NamedTuple):
    """What became of one request."""

    #: HTTP status; None: there was no answer.
    status: int | None
    #: Why there was none, or that the status is no success; None: it succeeded.
    error: str | None
    #: What the answer's header Retry-After says.
    retry_after: str | None = None


class NotPublic(Exception):
    """A name leads to an address that is not on the public internet."""


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
class Poster:
    """Posts with one client. A client must keep no connection: another name at the same address is another server."""

    client: httpx.AsyncClient
    timeout_seconds: float
    private_hosts: bool

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Posted:
        """Post to an address. Returns how it answered, or why it did not; raises nothing for either."""
        try:
            async with asyncio.timeout(self.timeout_seconds):
                return await self._post(httpx.URL(url), headers, body)
        except TimeoutError:
            return Posted(None, f"no answer within {self.timeout_seconds:g} seconds")
        except (httpx.HTTPError, httpx.InvalidURL, NotPublic, OSError, UnicodeError) as error:
            return Posted(None, f"{type(error).__name__}: {error}"[:MAX_ERROR])

    async def _post(self, url: httpx.URL, headers: Mapping[str, str], body: bytes) -> Posted:
        port = url.port or (443 if url.scheme == "https" else 80)
        if port > MAX_PORT:
            raise httpx.InvalidURL(f"there is no port {port}")
        addresses = await checked_addresses(url.raw_host.decode("ascii"), port, private_hosts=self.private_hosts)
        for address in addresses[:-1]:
            try:
                return await self._post_to(address, url, headers, body)
            except httpx.ConnectError:
                continue
        return await self._post_to(addresses[-1], url, headers, body)

    async def _post_to(self, address: str, url: httpx.URL, headers: Mapping[str, str], body: bytes) -> Posted:
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
        error = None if answer.is_success else f"it answered {answer.status_code}"
        return Posted(answer.status_code, error, answer.headers.get("retry-after"))


def new_client(timeout_seconds: float) -> httpx.AsyncClient:
    """Return a client for `Poster`: without proxies, redirects, cookies of others or kept connections."""
    return httpx.AsyncClient(
        timeout=timeout_seconds,
        trust_env=False,
        follow_redirects=False,
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
    )
