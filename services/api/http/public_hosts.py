"""Rejects submitted addresses whose host is not on the public internet, as far as this machine can tell.

The scrapers check again when they connect: a name may resolve to another address there, or later.
"""

from __future__ import annotations

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from urllib.parse import urlsplit

from shared.addresses.parse import not_public, refuse_inner_host
from shared.addresses.public_addresses import is_public_address

#: Seconds that resolving a name may take.
RESOLVE_SECONDS = 3
#: Names resolved at once. They have threads of their own: an unknown name server may never answer, and a thread that
#: waits for it is lost until the system's own timeout. Objects are read in other threads.
LOOKUPS = 4
_lookups = ThreadPoolExecutor(LOOKUPS, "look-up")


async def reject_private_host(url: str) -> None:
    """Check the host of `url`. Raises BadAddress if it is, or resolves to, an address off the public internet.

    A name that cannot be resolved here passes.
    """
    refuse_inner_host(url)
    host = urlsplit(url).hostname or ""
    look_up = partial(socket.getaddrinfo, host, 443, type=socket.SOCK_STREAM)
    try:
        async with asyncio.timeout(RESOLVE_SECONDS):
            # A look-up that is still queued at the timeout is cancelled.
            found = await asyncio.get_running_loop().run_in_executor(_lookups, look_up)
    except (OSError, TimeoutError, UnicodeError):
        return  # The scrapers may reach through a proxy what the API cannot resolve; they check again.
    if not all(is_public_address(str(address[0])) for *_, address in found):
        # The message omits what the host resolves to: submitters must not learn addresses of our network.
        raise not_public(host)
