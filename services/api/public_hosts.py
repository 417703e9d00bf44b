"""Whether a submitted address leads to the public internet, as far as this machine can tell.

The scrapers look again when they connect: a name may resolve to another address there, or later.
"""

from __future__ import annotations

import asyncio
import socket
from urllib.parse import urlsplit

from shared.contracts.addresses import not_public, refuse_inner_host
from shared.contracts.public_addresses import is_public_address

#: Seconds for asking what a name resolves to.
RESOLVE_SECONDS = 3


async def refuse_private_host(url: str) -> None:
    """Raise BadAddress if the host of `url` is, or resolves to, something that is not on the public internet."""
    refuse_inner_host(url)
    host = urlsplit(url).hostname or ""
    try:
        async with asyncio.timeout(RESOLVE_SECONDS):
            found = await asyncio.get_running_loop().getaddrinfo(host, 443, type=socket.SOCK_STREAM)
    except (OSError, TimeoutError, UnicodeError):
        return  # The API need not be able to resolve what the scrapers reach through a proxy.
    if not all(is_public_address(str(address[0])) for *_, address in found):
        # Not what it resolves to: names and addresses of our network are nothing for submitters.
        raise not_public(host)
