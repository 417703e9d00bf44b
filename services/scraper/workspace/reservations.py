"""Reserves space on the work folder's disk before it is used, so that no two videos rely on the same bytes.

A video that does not fit now waits a short while and then returns to the queue, so that others can be tried. One video
is first in line: it waits longer, and after PRECEDENCE_SECONDS nothing new begins before it. Work of other scrapers on
the same disk shows in the space that is actually free.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from services.scraper.workspace.space_needed import Need
from services.scraper.workspace.work_folder import WorkFolder, bytes_in
from shared.errors import FonotecaError, TryLater
from shared.logs import logger

log = logger(__name__)

#: Seconds that a video waits for space; that the first in line waits; after which nothing new begins before that one.
WAIT_SECONDS, FIRST_SECONDS, PRECEDENCE_SECONDS = 20.0, 300.0, 60.0
#: Seconds after which a video that did not fit comes again; less than the grace after which the sweeper takes it for
#: lost.
NO_SPACE_SECONDS = 30.0
#: Seconds between two checks of the free space: other scrapers do not report when they are done.
POLL_SECONDS = 1.0
#: Bytes that locks and sockets of other scrapers take; anything less is not counted as work.
_NOTHING_BYTES = 2**16
#: Videos whose need is remembered.
_REMEMBERED = 10_000


class LargerThanDisk(FonotecaError):
    """A video needs more than the disk has for all of this system's work."""

    def __init__(self, need: Need, capacity: int) -> None:
        super().__init__(
            f"It needs at least {_megabytes(need.low)} MB in SCRAPER_WORK_FOLDER while it is worked on, and its disk "
            f"has space for {_megabytes(capacity)} MB: give it a larger one, or ask for fewer profiles."
        )


@dataclass
class _Reservation:
    """Bytes that a video may use in its folder."""

    folder: Path
    bytes: int = 0

    @property
    def outstanding(self) -> int:
        """Reserved bytes that are not used yet."""
        return max(0, self.bytes - bytes_in(self.folder))


class Reservations:
    """The reservations of one scraper."""

    def __init__(self, disk: WorkFolder) -> None:
        self._disk = disk
        self._reservations: dict[str, _Reservation] = {}
        #: The video that is first in line, and since when (monotonic).
        self._first: tuple[str, float] | None = None
        self._changed = asyncio.Event()
        self._needs: dict[str, Need] = {}

    def known_need(self, work_id: str) -> Need | None:
        """What a video needed at its last attempt; None: unknown."""
        return self._needs.get(work_id)

    def remember(self, work_id: str, need: Need) -> None:
        """Remember what a video needs, for its next attempt."""
        self._needs.pop(work_id, None)
        self._needs[work_id] = need
        if len(self._needs) > _REMEMBERED:
            del self._needs[next(iter(self._needs))]

    def forget(self, work_id: str) -> None:
        """Forget what a video needs."""
        self._needs.pop(work_id, None)

    @asynccontextmanager
    async def reserved(self, work_id: str, folder: Path, need: Need) -> AsyncIterator[None]:
        """Reserve space for a video that works in `folder`, while the block runs.

        Raises LargerThanDisk, or TryLater if other work holds the space.
        """
        await self._take(work_id, _Reservation(folder), need)
        try:
            yield
        finally:
            self._reservations.pop(work_id, None)
            self._notify()

    async def update(self, work_id: str, need: Need) -> None:
        """Change the reservation of a video in work, now that more is known. Raises as `reserved` does."""
        reservation = self._reservations.get(work_id)
        if reservation is not None:
            self.remember(work_id, need)
            await self._take(work_id, reservation, need)

    def was_alone(self, folder: Path) -> bool:
        """Whether a video that has just filled the disk was the only work on it."""
        capacity, free = self._disk.capacity_bytes(), self._disk.free_bytes()
        return self._is_alone(folder) and free < max(_NOTHING_BYTES, capacity // 20)

    def whole_disk(self) -> Need:
        """The need of a video that requires the disk to itself."""
        return Need(0, max(1, self._disk.capacity_bytes()))

    async def _take(self, work_id: str, reservation: _Reservation, need: Need) -> None:
        began, under_way = time.monotonic(), work_id in self._reservations
        try:
            while not self._fits(work_id, reservation, need) or (not under_way and self._is_behind(work_id)):
                capacity = self._disk.capacity_bytes()
                if need.low > capacity:
                    raise LargerThanDisk(need, capacity)
                if self._first is None and not under_way:
                    self._first = (work_id, time.monotonic())
                    log.info("disk.first_in_line", work_id=work_id, megabytes=_megabytes(need.high))
                is_first = self._first is not None and self._first[0] == work_id
                if time.monotonic() - began > (FIRST_SECONDS if is_first else WAIT_SECONDS):
                    raise TryLater(NO_SPACE_SECONDS, "other work holds the space that it needs in SCRAPER_WORK_FOLDER")
                await self._wait_for_change()
        finally:
            if self._first is not None and self._first[0] == work_id:
                self._first = None
                self._notify()
        reservation.bytes = need.high
        self._reservations[work_id] = reservation
        self._notify()

    def _fits(self, work_id: str, reservation: _Reservation, need: Need) -> bool:
        others = sum(other.outstanding for id_, other in self._reservations.items() if id_ != work_id)
        begins = work_id not in self._reservations
        available = self._disk.free_bytes() - others + bytes_in(reservation.folder)
        if available >= max(need.high, self._disk.wanted_bytes if begins else 0):
            return True
        # Only an attempt can show whether it fits, and no other work is harmed by it.
        return available >= need.low and not others and self._is_alone(reservation.folder)

    def _is_alone(self, folder: Path) -> bool:
        """Whether no other work has anything on the disk."""
        taken = self._disk.capacity_bytes() - self._disk.free_bytes() - bytes_in(folder)
        return taken < _NOTHING_BYTES

    def _is_behind(self, work_id: str) -> bool:
        """Whether a video must wait until the first in line has begun."""
        if self._first is None or self._first[0] == work_id:
            return False
        return time.monotonic() - self._first[1] > PRECEDENCE_SECONDS

    async def _wait_for_change(self) -> None:
        """Return when a reservation has changed, or after POLL_SECONDS."""
        try:
            async with asyncio.timeout(POLL_SECONDS):
                await self._changed.wait()
        except TimeoutError:
            pass

    def _notify(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


def _megabytes(size: int) -> int:
    return -(-size // 10**6)
