"""Room on the work folder's disk, promised before it is taken, so that no two videos count on the same bytes.

What does not fit now waits in its place for a short while and then goes back for others to be tried; whatever fits
goes on. One video is first in line: it waits longer, and when it has waited long enough nothing new is begun before
it. Other scrapers on the same disk are seen by what is really free there.
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
from shared.errors import TryLater
from shared.logs import logger

log = logger(__name__)

#: Seconds that a video waits in its place; the first in line; and until nothing new begins before that one.
WAIT_SECONDS, FIRST_SECONDS, PRECEDENCE_SECONDS = 20.0, 300.0, 60.0
#: Seconds after which a video that did not fit comes again; below the grace after which the sweeper takes it for lost.
BACK_SECONDS = 30.0
#: Seconds between two looks at what is free: other scrapers tell nobody when they are done.
LOOK_EVERY_SECONDS = 1.0
#: Bytes that locks and sockets of other scrapers take; less than that is nobody's work.
_NOTHING_BYTES = 2**16
#: Videos whose need is remembered.
_REMEMBERED = 10_000


class LargerThanDisk(Exception):
    """A video needs more than the disk has for all of this system's work."""

    def __init__(self, need: Need, capacity: int) -> None:
        super().__init__(
            f"It needs at least {_megabytes(need.low)} MB in SCRAPER_WORK_FOLDER while it is worked on, and its disk "
            f"has room for {_megabytes(capacity)} MB: give it a larger one, or ask for fewer profiles."
        )


@dataclass
class _Promise:
    """What a video may take in its folder."""

    folder: Path
    bytes: int = 0

    @property
    def outstanding(self) -> int:
        """Bytes that it has not taken yet."""
        return max(0, self.bytes - bytes_in(self.folder))


class Room:
    """The promises of one scraper."""

    def __init__(self, disk: WorkFolder) -> None:
        self._disk = disk
        self._promises: dict[str, _Promise] = {}
        #: The video that is first in line, and since when (monotonic).
        self._first: tuple[str, float] | None = None
        self._changed = asyncio.Event()
        self._needs: dict[str, Need] = {}

    def known_need(self, work_id: str) -> Need | None:
        """What a video turned out to need when it was last tried; None if it was not."""
        return self._needs.get(work_id)

    def remember(self, work_id: str, need: Need) -> None:
        """Note what a video needs, for when it comes again."""
        self._needs.pop(work_id, None)
        self._needs[work_id] = need
        if len(self._needs) > _REMEMBERED:
            del self._needs[next(iter(self._needs))]

    def forget(self, work_id: str) -> None:
        """What a video needs is as unknown as before its first try."""
        self._needs.pop(work_id, None)

    @asynccontextmanager
    async def promised(self, work_id: str, folder: Path, need: Need) -> AsyncIterator[None]:
        """Hold room for a video that works in `folder`. Raises LargerThanDisk, or TryLater if others hold it."""
        await self._take(work_id, _Promise(folder), need)
        try:
            yield
        finally:
            self._promises.pop(work_id, None)
            self._pulse()

    async def refine(self, work_id: str, need: Need) -> None:
        """Change what was promised to a video under way, now that more is known. Raises as `promised` does."""
        promise = self._promises.get(work_id)
        if promise is not None:
            self.remember(work_id, need)
            await self._take(work_id, promise, need)

    def was_alone(self, folder: Path) -> bool:
        """Whether a video that has just filled the disk was the only one on it."""
        capacity, free = self._disk.capacity_bytes(), self._disk.free_bytes()
        return self._is_alone(folder) and free < max(_NOTHING_BYTES, capacity // 20)

    def whole_disk(self) -> Need:
        """The need of a video that must have the disk to itself."""
        return Need(0, max(1, self._disk.capacity_bytes()))

    async def _take(self, work_id: str, promise: _Promise, need: Need) -> None:
        began, under_way = time.monotonic(), work_id in self._promises
        try:
            while not self._fits(work_id, promise, need) or (not under_way and self._is_behind(work_id)):
                capacity = self._disk.capacity_bytes()
                if need.low > capacity:
                    raise LargerThanDisk(need, capacity)
                if self._first is None and not under_way:
                    self._first = (work_id, time.monotonic())
                    log.info("room.first_in_line", work_id=work_id, megabytes=_megabytes(need.high))
                is_first = self._first is not None and self._first[0] == work_id
                if time.monotonic() - began > (FIRST_SECONDS if is_first else WAIT_SECONDS):
                    raise TryLater(BACK_SECONDS, "others hold the room that it needs in SCRAPER_WORK_FOLDER")
                await self._look_again()
        finally:
            if self._first is not None and self._first[0] == work_id:
                self._first = None
                self._pulse()
        promise.bytes = need.high
        self._promises[work_id] = promise
        self._pulse()

    def _fits(self, work_id: str, promise: _Promise, need: Need) -> bool:
        others = sum(other.outstanding for id_, other in self._promises.items() if id_ != work_id)
        begins = work_id not in self._promises
        available = self._disk.free_bytes() - others + bytes_in(promise.folder)
        if available >= max(need.high, self._disk.wanted_bytes if begins else 0):
            return True
        # Only what it takes in the end can tell whether it fits: nobody else is harmed by the try.
        return available >= need.low and not others and self._is_alone(promise.folder)

    def _is_alone(self, folder: Path) -> bool:
        """Whether no other work has anything on the disk."""
        taken = self._disk.capacity_bytes() - self._disk.free_bytes() - bytes_in(folder)
        return taken < _NOTHING_BYTES

    def _is_behind(self, work_id: str) -> bool:
        """Whether a video must wait until the first in line has begun."""
        if self._first is None or self._first[0] == work_id:
            return False
        return time.monotonic() - self._first[1] > PRECEDENCE_SECONDS

    async def _look_again(self) -> None:
        """Return when something has changed, or might have."""
        try:
            async with asyncio.timeout(LOOK_EVERY_SECONDS):
                await self._changed.wait()
        except TimeoutError:
            pass

    def _pulse(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


def _megabytes(size: int) -> int:
    return -(-size // 10**6)
