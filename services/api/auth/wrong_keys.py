"""Slows down clients that send many wrong keys, counted by the network they come from.

Counts belong to this replica alone. A valid key is never counted, whatever address it comes from.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import time
from collections import deque
from ipaddress import IPv6Address, ip_address

from services.api.http.problems import too_often

#: Buckets that networks are hashed into, so that a client with many addresses cannot fill the memory. Networks that
#: share a bucket share a count, which locks out nobody who has a valid key.
BUCKETS = 1024
#: Bits of an IPv6 address that name its network: who has one address there has all of them. Source: RFC 4291.
IPV6_NETWORK_BITS = 64
WINDOW_SECONDS = 60
#: Seconds that the answer to a wrong key beyond the limit is delayed, and between two such answers of one bucket.
WAIT_SECONDS, APART_SECONDS = 1.0, 0.2
#: Answers delayed at once, of all networks; beyond that, an answer is immediate and closes its connection.
MAX_WAITING = 256


def client_network(host: str | None) -> str:
    """The network that `host` counts as: an IPv4 address itself, the /64 of an IPv6 address, else "unknown"."""
    try:
        address = ip_address((host or "").partition("%")[0])
    except ValueError:
        return "unknown"
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return f"{IPv6Address(int(address) >> IPV6_NETWORK_BITS << IPV6_NETWORK_BITS)}/{IPV6_NETWORK_BITS}"


class WrongKeys:
    """Counts wrong keys. The package `limits` is not used here: it scans all its rows at every count."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        #: Nobody should be able to choose whose bucket fills.
        self._salt = secrets.token_bytes(16)
        #: By bucket: the monotonic times of its wrong keys within the last minute.
        self._times: tuple[deque[float], ...] = tuple(deque() for _ in range(BUCKETS))
        #: Bucket → monotonic time of its next answer, while one is delayed there.
        self._next_answer: dict[int, float] = {}
        self._waiting = 0

    async def count(self, network: str) -> None:
        """Count a wrong key from `network`. Beyond the limit it waits, then raises a Problem (429)."""
        bucket, now = self._bucket(network), time.monotonic()
        times = self._times[bucket]
        while times and times[0] <= now - WINDOW_SECONDS:
            times.popleft()
        if len(times) < self._per_minute:
            times.append(now)
            return
        headers: dict[str, str] = {}
        if self._waiting < MAX_WAITING:
            await self._wait(bucket)
        else:
            headers = {"Connection": "close"}
        seconds = times[0] + WINDOW_SECONDS - time.monotonic() if times else 0
        raise too_often(
            f"Too many wrong keys came from your address. The limit is {self._per_minute} per 1 minute",
            seconds,
            headers,
            code="too-many-wrong-keys",
        )

    async def _wait(self, bucket: int) -> None:
        now = time.monotonic()
        answer_at = max(now + WAIT_SECONDS, self._next_answer.get(bucket, 0) + APART_SECONDS)
        self._next_answer[bucket] = answer_at
        self._waiting += 1
        try:
            await asyncio.sleep(answer_at - now)
        finally:
            self._waiting -= 1
            if self._next_answer.get(bucket) == answer_at:
                del self._next_answer[bucket]

    def _bucket(self, network: str) -> int:
        digest = hashlib.blake2b(network.encode(errors="replace"), key=self._salt, digest_size=8).digest()
        return int.from_bytes(digest) % BUCKETS
