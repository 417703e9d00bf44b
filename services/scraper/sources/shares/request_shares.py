"""The share of a source's hourly budget that each limited submitter has, with or without others: see `ledgers`."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from services.scraper.sources.limits import BLOCK_SHARE, MAX_BLOCK, Account
from shared.catalog.operations import ledgers
from shared.errors import TryLater

#: Number of reservations at which expired ones are dropped.
MAX_RESERVATIONS = 1000
#: Seconds: the random part of the delay after a share is spent, so that work does not come back all at once.
MAX_JITTER_SECONDS = 60


class ShareExceeded(TryLater):
    """A submitter has used their share for now; the work goes back uncharged."""


@dataclass
class _Reservation:
    """Requests that are reserved and not made yet, with their expiry; or the time until which the share is spent."""

    left: int = 0
    until: float = 0.0
    spent_until: float = 0.0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class RequestShares:
    """The requests that limited submitters may make through this scraper. Times are monotonic seconds."""

    def __init__(self, account: Account | None, requests: int, clock: Callable[[], float]) -> None:
        """`requests`: per hour, source and submitter; 0: no limit. Without an `account` there is no limit either."""
        self._account = account
        self.requests = requests
        self._clock = clock
        self._reservations: defaultdict[tuple[str, str], _Reservation] = defaultdict(_Reservation)

    async def take(self, key: str, source: str) -> bool:
        """Take one request from a submitter's share. Returns whether requests are counted at all.

        Raises ShareExceeded if the share is spent.
        """
        if not self.requests or self._account is None:
            return False
        if len(self._reservations) > MAX_RESERVATIONS:
            self._drop_past()
        reservation = self._reservations[key, source]
        async with reservation.lock:
            self.check(key, source)
            if reservation.left <= 0 or self._clock() > reservation.until:
                await self._reserve(self._account, key, source, reservation)
            reservation.left -= 1
        return True

    def check(self, key: str, source: str) -> None:
        """Raise ShareExceeded if a submitter's share of a source is known to be spent."""
        reservation = self._reservations.get((key, source))
        left = reservation.spent_until - self._clock() if reservation is not None else 0
        if left > 0:
            raise _spent(key, left)

    def is_spent(self, key: str) -> bool:
        """Whether a submitter's share of any source is known to be spent."""
        now = self._clock()
        return any(owner == key and each.spent_until > now for (owner, _), each in self._reservations.items())

    def _drop_past(self) -> None:
        """Drop reservations that are over: strangers can bring any number of hosts."""
        now = self._clock()
        for owner, each in list(self._reservations.items()):
            if each.until < now and each.spent_until < now and not each.lock.locked():
                del self._reservations[owner]

    async def _reserve(self, account: Account, key: str, source: str, reservation: _Reservation) -> None:
        wanted = max(1, min(MAX_BLOCK, self.requests // BLOCK_SHARE))
        share = ledgers.Share(key, self.requests)
        reserved = await ledgers.reserve_share(account.catalog, account.egress, source, share, wanted)
        if not reserved.granted:
            reservation.spent_until = self._clock() + reserved.seconds
            raise _spent(key, reserved.seconds)
        reservation.left, reservation.until = reserved.granted, self._clock() + ledgers.BLOCK_SECONDS


def _spent(key: str, seconds: float) -> ShareExceeded:
    why = f"the share of {key} of this hour's requests is spent"
    return ShareExceeded(seconds + random.uniform(1, MAX_JITTER_SECONDS), why)
