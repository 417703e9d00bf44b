"""Reserves disk space for videos by what is known at each stage, and decides what follows if there is too little."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from pathlib import Path

from services.scraper.engines.values import Downloaded
from services.scraper.workspace.reservations import NO_SPACE_SECONDS, LargerThanDisk, Reservations
from services.scraper.workspace.space_needed import Need, SourceAudio, needed
from services.scraper.workspace.work_folder import WorkFolder
from shared.catalog.documents import Video
from shared.contracts import Failure
from shared.contracts.reasons import Reason
from shared.errors import TryLater

#: Times that a video returns to the queue because the disk filled up during its attempt, before it fails for that.
HAND_BACKS = 3
#: Maximum number of videos whose returns are remembered.
_REMEMBERED = 10_000


class VideoSpace:
    """The disk space of the videos of one scraper."""

    def __init__(self, disk: WorkFolder) -> None:
        self._disk = disk
        self._reservations = Reservations(disk)
        self._handed_back: dict[str, int] = {}

    def reserved(self, video: Video, folder: Path) -> AbstractAsyncContextManager[None]:
        """Reserve space for an attempt that works in `folder`. Raises LargerThanDisk, or TryLater if there is none."""
        return self._reservations.reserved(video["_id"], folder, self._first_need(video))

    async def grant(self, work_id: str, need: Need) -> bool:
        """Reserve the space that a video needs by its source's figures. Returns False if there is too little."""
        try:
            await self._reservations.update(work_id, need)
        except (LargerThanDisk, TryLater):
            return False
        return True

    async def extend(self, video: Video, source: Downloaded, cover: Path | None) -> None:
        """Reserve space for all files made of a downloaded source. Raises LargerThanDisk or TryLater."""
        promised = source.promised
        seconds = promised.track_seconds or promised.manifest_seconds or promised.page_seconds
        audio = SourceAudio(
            seconds or video.get("duration_seconds"),
            source.size_bytes,
            sample_rate=source.sample_rate,
            channels=source.channels,
            cover_bytes=cover.stat().st_size if cover is not None else 0,
        )
        if (need := needed(video["profiles"], audio)) is not None:
            await self._reservations.update(video["_id"], need)

    def no_space(self, video: Video, need: Need) -> Exception:
        """The error of a video whose source reported its size, when there is no space for it."""
        capacity = self._disk.capacity_bytes()
        if need.low > capacity:
            return LargerThanDisk(need, capacity)
        self._reservations.remember(video["_id"], need)
        return TryLater(NO_SPACE_SECONDS, "other work holds the space that it needs in SCRAPER_WORK_FOLDER")

    def disk_filled(self, video: Video, folder: Path) -> Failure:
        """The failure of an attempt during which the disk filled up. Call it while the attempt's files are still there.

        Raises TryLater if other work uses the disk too: next time the video has the disk to itself. That delays other
        work and is not charged, so it happens at most HAND_BACKS times for each video.
        """
        if self._disk.too_full():
            return disk_full()
        if self._reservations.was_alone(folder):
            return larger_than_disk("The video alone fills the disk of SCRAPER_WORK_FOLDER: use a larger one.")
        if not self._may_come_back(video["_id"]):
            self._reservations.forget(video["_id"])
            return larger_than_disk(
                f"It met a full disk {HAND_BACKS + 1} times, and SCRAPER_WORK_FOLDER is not full: look for a quota, "
                "for a lack of inodes, and for what else writes there."
            )
        self._reservations.remember(video["_id"], self._reservations.whole_disk())
        raise TryLater(NO_SPACE_SECONDS, "it needs more space in SCRAPER_WORK_FOLDER than other work leaves")

    def _may_come_back(self, video_id: str) -> bool:
        times = self._handed_back.pop(video_id, 0)
        self._handed_back[video_id] = min(times + 1, HAND_BACKS)
        if len(self._handed_back) > _REMEMBERED:
            del self._handed_back[next(iter(self._handed_back))]
        return times < HAND_BACKS

    def _first_need(self, video: Video) -> Need:
        """The space reserved before the source is asked, estimated from the listing or the last attempt."""
        if (known := self._reservations.known_need(video["_id"])) is not None:
            return known
        guess = needed(video["profiles"], SourceAudio(video.get("duration_seconds")))
        # Only its source can prove that a video is too large.
        fits = guess is not None and guess.low <= self._disk.capacity_bytes()
        return guess if guess is not None and fits else Need(0, 0)


def disk_full() -> Failure:
    """The failure when something other than our work fills the disk of the work folder."""
    detail = "There is too little space in SCRAPER_WORK_FOLDER: remove files, or give it a larger disk."
    return Failure.of(Reason.DISK_FULL, detail)


def larger_than_disk(detail: str) -> Failure:
    """The failure of a video that needs more than the whole disk of the work folder."""
    return Failure.of(Reason.LARGER_THAN_DISK, detail)
