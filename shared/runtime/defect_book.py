"""Records defects of our own code: counts them on the affected document, measures, logs and publishes them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import ValidationError

from shared import metrics
from shared.catalog.connection import Catalog
from shared.catalog.delivery.expected import playlist_that_expects, video_that_expects
from shared.catalog.delivery.outbox import abandoned_message
from shared.catalog.documents import Playlist, Video
from shared.catalog.videos.defects import Counted, count_playlist_defect, count_video_defect
from shared.contracts import Message
from shared.contracts.defect import defect, file_of, place_of
from shared.errors import Unavailable
from shared.logs import logger
from shared.messaging.publisher import Publisher

log = logger(__name__)


@dataclass(frozen=True)
class DefectBook:
    """Records the defects of one service."""

    catalog: Catalog
    #: Publishes that a video was abandoned; None if this service may not. The catalog shows it in either case.
    publisher: Publisher | None

    async def count(self, message: Message, error: Exception, times: int, at: datetime | None = None) -> int:
        """Count a defect in handling a message, for the `times`-th time. Returns the number on its document.

        Returns 0 if no document has waited for this message since `at` or earlier, so that foreign messages harm none.
        Raises CatalogError.
        """
        video = await video_that_expects(self.catalog, message)
        if video is not None and not _is_newer(video, at):
            counted = await self.record_for_video(video, error, times)
            return counted.number if counted is not None else 0
        playlist = await playlist_that_expects(self.catalog, message)
        if playlist is not None and not _is_newer(playlist, at):
            counted = await self.record_for_playlist(playlist, error, times)
            return counted.number if counted is not None else 0
        _measure("message", error)
        return 0

    async def record_for_video(self, video: Video, error: Exception, times: int = 1) -> Counted | None:
        """Count a defect on a video, and publish if that abandons it. None if the video's state has changed since."""
        _measure("video", error)
        counted = await count_video_defect(self.catalog, video, defect(error), times)
        _log_defect(counted, error, video_id=video["_id"])
        if counted is not None and counted.given_up:
            await self._publish_abandoned(video["_id"])
        return counted

    async def record_for_playlist(self, playlist: Playlist, error: Exception, times: int = 1) -> Counted | None:
        """Count a defect on a playlist. None if the playlist's state has changed since."""
        _measure("playlist", error)
        counted = await count_playlist_defect(self.catalog, playlist, defect(error), times)
        _log_defect(counted, error, playlist_id=playlist["_id"])
        return counted

    async def _publish_abandoned(self, video_id: str) -> None:
        """Publish if possible: the catalog has the same fact, and a broken document may not make a valid message."""
        video = await self.catalog.videos.find_one({"_id": video_id})
        if video is None or self.publisher is None:
            return
        try:
            await self.publisher.publish(abandoned_message(video))
        except (ValidationError, ValueError, TypeError, KeyError, Unavailable) as error:
            log.warning("defect.not_published", video_id=video_id, error=str(error))


def _is_newer(document: Video | Playlist, at: datetime | None) -> bool:
    """Whether a document entered its state after `at`; the broker's clock has whole seconds."""
    since: object = document.get("state_since")
    return at is not None and isinstance(since, datetime) and since > at + timedelta(seconds=1)


def _measure(subject: str, error: Exception) -> None:
    metrics.DEFECTS.labels(subject, file_of(place_of(error))).inc()


def _log_defect(counted: Counted | None, error: Exception, **about: str) -> None:
    number, given_up = (counted.number, counted.given_up) if counted is not None else (0, False)
    log.error("defect.met", defects=number, given_up=given_up, place=place_of(error), exc_info=error, **about)
