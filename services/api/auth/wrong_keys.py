"""Those who send wrong keys: counted by where they come from, and answered slowly when there are too many.

The counts are this replica's own. Nobody with a valid key is counted, wherever it comes from.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import time
from collections import deque
from ipaddress import IPv6Address, ip_address

from services.api.http.problems import too_often

#: Sources are counted in so many rows, so that a source with many addresses fills no memory. Two that fall into one
#: row are counted together, which keeps out nobody who has a key.
ROWS = 1024
#: Bits of an IPv6 address that are its network: whoever has one address there has all of them. Source: RFC 4291.
IPV6_NETWORK_BITS = 64
WINDOW_SECONDS = 60
#: Seconds that a wrong key beyond the limit waits for its answer, and between two such answers of one source.
WAIT_SECONDS, APART_SECONDS = 1.0, 0.2
#: Wrong keys that wait at once, of all sources; beyond them the answer comes at once and ends the connection.
MAX_WAITING = 256


def source_of(host: str | None) -> str:
    """What an address counts as: itself if it is of IPv4, its network if it is of IPv6; all that is neither is one."""
    try:
        address = ip_address((host or "").partition("%")[0])
    except ValueError:
        return "unknown"
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return f"{IPv6Address(int(address) >> IPV6_NETWORK_BITS << IPV6_NETWORK_BITS)}/{IPV6_NETWORK_BITS}"


class Strangers:
    """How many wrong keys came from where. Not counted by `limits`, which looks at all rows at every count."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        #: Nobody should be able to choose whose row is full.
        self._salt = secrets.token_bytes(16)
        #: When the wrong keys of each row came, within the last minute.
        self._came: tuple[deque[float], ...] = tuple(deque() for _ in range(ROWS))
        #: Row → when its next answer may be given, while one waits there.
        self._turns: dict[int, float] = {}
        self._waiting = 0

    async def count(self, source: str) -> None:
        """Count a wrong key. Beyond the limit it waits, then a Problem is raised."""
        row, now = self._row(source), time.monotonic()
        came = self._came[row]
        while came and came[0] <= now - WINDOW_SECONDS:
            came.popleft()
        if len(came) < self._per_minute:
            came.append(now)
            return
        headers: dict[str, str] = {}
        if self._waiting < MAX_WAITING:
            await self._wait(row)
        else:
            headers = {"Connection": "close"}
        room_in = came[0] + WINDOW_SECONDS - time.monotonic() if came else 0
        raise too_often(
            f"Too many wrong keys came from your address. At most {self._per_minute} per 1 minute",
            room_in,
            headers,
            code="too-many-wrong-keys",
        )

    async def _wait(self, row: int) -> None:
        now = time.monotonic()
        turn = max(now + WAIT_SECONDS, self._turns.get(row, 0) + APART_SECONDS)
        self._turns[row] = turn
        self._waiting += 1
        try:
            await asyncio.sleep(turn - now)
        finally:
            self._waiting -= 1
            if self._turns.get(row) == turn:
                del self._turns[row]

    def _row(self, source: str) -> int:
        digest = hashlib.blake2b(source.encode(errors="replace"), key=self._salt, digest_size=8).digest()
        return int.from_bytes(digest) % ROWS
