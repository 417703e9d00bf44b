"""Whether a submitted address leads to the public internet, as far as this machine can tell.

The scrapers look again when they connect: a name may resolve to another address there, or later.
"""

from __future__ import annotations

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from urllib.parse import urlsplit

from shared.addresses.parse import not_public, refuse_inner_host
from shared.addresses.public_addresses import is_public_address

#: Seconds for asking what a name resolves to.
RESOLVE_SECONDS = 3
#: Names that are looked up at once, in threads of their own: a stranger's name server may never answer, and a thread
#: that waits for it is lost until the system gives it up. Sound and objects are read in other ones.
LOOKUPS = 4
_lookups = ThreadPoolExecutor(LOOKUPS, "look-up")


async def refuse_private_host(url: str) -> None:
    """Raise BadAddress if the host of `url` is, or resolves to, something that is not on the public internet."""
    refuse_inner_host(url)
    host = urlsplit(url).hostname or ""
    look_up = partial(socket.getaddrinfo, host, 443, type=socket.SOCK_STREAM)
    try:
        async with asyncio.timeout(RESOLVE_SECONDS):
            # One that has not begun when the time is over never begins.
            found = await asyncio.get_running_loop().run_in_executor(_lookups, look_up)
    except (OSError, TimeoutError, UnicodeError):
        return  # The API need not be able to resolve what the scrapers reach through a proxy; they look again.
    if not all(is_public_address(str(address[0])) for *_, address in found):
        # Not what it resolves to: names and addresses of our network are nothing for submitters.
        raise not_public(host)
