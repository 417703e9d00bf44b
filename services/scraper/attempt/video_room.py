"""What room a video needs on the disk, from what is known of it at each stage, and what follows if there is none."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from pathlib import Path

from services.scraper.engines.values import Downloaded
from services.scraper.workspace.reservations import BACK_SECONDS, LargerThanDisk, Room
from services.scraper.workspace.space_needed import Need, Sound, needed
from services.scraper.workspace.work_folder import WorkFolder
from shared.catalog.documents import Video
from shared.contracts import Failure
from shared.contracts.reasons import Reason
from shared.errors import TryLater

#: Times that a video is handed back because the disk became full in its middle, before that is its failure.
HAND_BACKS = 3
#: Videos of which that is remembered.
_REMEMBERED = 10_000


class VideoRoom:
    """Room for the videos of one scraper."""

    def __init__(self, disk: WorkFolder) -> None:
        self._disk = disk
        self._room = Room(disk)
        self._handed_back: dict[str, int] = {}

    def held(self, video: Video, folder: Path) -> AbstractAsyncContextManager[None]:
        """Hold the room for an attempt that works in `folder`. Raises LargerThanDisk, or TryLater for want of room."""
        return self._room.promised(video["_id"], folder, self._first_need(video))

    async def may_take(self, work_id: str, need: Need) -> bool:
        """Promise a video what its source says that it needs. False: there is no room, so nothing is downloaded."""
        try:
            await self._room.refine(work_id, need)
        except (LargerThanDisk, TryLater):
            return False
        return True

    async def make_room(self, video: Video, source: Downloaded, cover: Path | None) -> None:
        """Hold the room for all files of a source that lies there. Raises LargerThanDisk or TryLater."""
        promised = source.promised
        seconds = promised.track_seconds or promised.manifest_seconds or promised.page_seconds
        sound = Sound(
            seconds or video.get("duration_seconds"),
            source.size_bytes,
            sample_rate=source.sample_rate,
            channels=source.channels,
            cover_bytes=cover.stat().st_size if cover is not None else 0,
        )
        if (need := needed(video["profiles"], sound)) is not None:
            await self._room.refine(video["_id"], need)

    def refused(self, video: Video, need: Need) -> Exception:
        """What follows for a video whose source named its size, when there was no room for it."""
        capacity = self._disk.capacity_bytes()
        if need.low > capacity:
            return LargerThanDisk(need, capacity)
        self._room.remember(video["_id"], need)
        return TryLater(BACK_SECONDS, "others hold the room that it needs in SCRAPER_WORK_FOLDER")

    def filled(self, video: Video, folder: Path) -> Failure:
        """The failure of an attempt in whose middle the disk became full, while its files still lie there.

        Raises TryLater if others were there too: next time it has the disk to itself. That holds others up and is
        not charged, so it is believed HAND_BACKS times for each video.
        """
        if self._disk.too_full():
            return disk_full()
        if self._room.was_alone(folder):
            return larger_than_disk("The video alone fills the disk of SCRAPER_WORK_FOLDER: give it a larger one.")
        if not self._may_come_back(video["_id"]):
            self._room.forget(video["_id"])
            return larger_than_disk(
                f"It met a full disk {HAND_BACKS + 1} times, and SCRAPER_WORK_FOLDER is not full: look for a quota, "
                "for a lack of inodes, and for what else writes there."
            )
        self._room.remember(video["_id"], self._room.whole_disk())
        raise TryLater(BACK_SECONDS, "it needs more room in SCRAPER_WORK_FOLDER than others leave")

    def _may_come_back(self, video_id: str) -> bool:
        times = self._handed_back.pop(video_id, 0)
        self._handed_back[video_id] = min(times + 1, HAND_BACKS)
        if len(self._handed_back) > _REMEMBERED:
            del self._handed_back[next(iter(self._handed_back))]
        return times < HAND_BACKS

    def _first_need(self, video: Video) -> Need:
        """What is promised to a video before its source was asked: as its listing, or the last attempt, tells."""
        if (known := self._room.known_need(video["_id"])) is not None:
            return known
        guess = needed(video["profiles"], Sound(video.get("duration_seconds")))
        # Only the source itself is believed that it is too large.
        fits = guess is not None and guess.low <= self._disk.capacity_bytes()
        return guess if guess is not None and fits else Need(0, 0)


def disk_full() -> Failure:
    """Something else than our work fills the disk of the work folder."""
    return Failure.of(
        Reason.DISK_FULL,
        "There is too little space in SCRAPER_WORK_FOLDER: make room, or give it a larger disk.",
    )


def larger_than_disk(detail: str) -> Failure:
    """A video needs more than the disk of the work folder has."""
    return Failure.of(Reason.LARGER_THAN_DISK, detail)
