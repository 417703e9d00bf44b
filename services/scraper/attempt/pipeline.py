"""One attempt to fetch a video: download → encode and verify → upload. Nothing stays on the local disk."""

from __future__ import annotations

import errno
from pathlib import Path

from services.scraper.attempt.download_stage import DownloadStage
from services.scraper.attempt.encode_stage import EncodeStage
from services.scraper.attempt.failed import AttemptFailed, worker_died
from services.scraper.attempt.slots import Stopwatch
from services.scraper.attempt.upload import UploadStage
from services.scraper.attempt.video_space import VideoSpace, larger_than_disk
from services.scraper.workspace.reservations import LargerThanDisk
from services.scraper.workspace.work_folder import WorkFolder
from shared.catalog.documents import Video
from shared.catalog.videos.outcomes import Stored
from shared.errors import FailureClass
from shared.logs import logger

log = logger(__name__)


class Fetcher:
    """Makes attempts. Downloads and encodings have separate slots, so that they overlap."""

    def __init__(
        self,
        download: DownloadStage,
        encode: EncodeStage,
        upload: UploadStage,
        work_folder: WorkFolder,
        space: VideoSpace,
    ) -> None:
        self._download = download
        self._encode = encode
        self._upload = upload
        self._work_folder = work_folder
        self._space = space

    async def fetch(self, video: Video, watch: Stopwatch) -> Stored:
        """Make and store the wanted files of `video`.

        Raises AttemptFailed; TryLater if the source or the storage rests, or other work holds the space that it needs;
        StoreTrouble if the object store did not accept the files.
        """
        try:
            async with self._work_folder.fresh() as folder:
                return await self._in_folder(video, folder, watch)
        except LargerThanDisk as error:
            raise AttemptFailed(larger_than_disk(str(error))) from error
        except OSError as error:
            raise worker_died(f"{type(error).__name__}: {error}"[:500]) from error

    async def tidy(self, video: Video) -> None:
        """Remove objects that earlier attempts left in the folder of a stored video."""
        if removed := await self._upload.remove_leftovers(video):
            log.info("video.leftovers_removed", video_id=video["_id"], objects=removed)

    async def _in_folder(self, video: Video, folder: Path, watch: Stopwatch) -> Stored:
        """Make an attempt in its reserved space, and distinguish a full disk from other failures."""
        try:
            async with self._space.reserved(video, folder):
                return await self._through_all_stages(video, folder, watch)
        except AttemptFailed as error:
            if error.failure.failure_class is FailureClass.STORAGE:
                raise AttemptFailed(self._space.disk_filled(video, folder), error.title) from error
            raise
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise AttemptFailed(self._space.disk_filled(video, folder)) from error
            raise

    async def _through_all_stages(self, video: Video, folder: Path, watch: Stopwatch) -> Stored:
        source = await self._download.run(video, folder, watch)
        files = await self._encode.run(video, source, watch)
        source.path.unlink()
        return await self._upload.run(video, source, files, watch)
