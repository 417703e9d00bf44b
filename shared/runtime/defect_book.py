"""Keeps the book of defects of our own code: counted on the document each was met over, measured, logged, announced."""

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
    """The book of one service, which may publish what becomes of a video."""

    catalog: Catalog
    #: None: this service may not tell that a video was given up; lists show it.
    publisher: Publisher | None

    async def count(self, message: Message, error: Exception, times: int, at: datetime | None = None) -> int:
        """Count a defect that a message met for the `times`-th time. Returns how many its document has met.

        0 if no document waits for this very message (since `at`, or longer): a stranger's message harms none. Raises an
        error of the catalog.
        """
        video = await video_that_expects(self.catalog, message)
        if video is not None and not _is_newer(video, at):
            counted = await self.met_over_video(video, error, times)
            return counted.number if counted is not None else 0
        playlist = await playlist_that_expects(self.catalog, message)
        if playlist is not None and not _is_newer(playlist, at):
            counted = await self.met_over_playlist(playlist, error, times)
            return counted.number if counted is not None else 0
        _measure("message", error)
        return 0

    async def met_over_video(self, video: Video, error: Exception, times: int = 1) -> Counted | None:
        """Count a defect on a video, and tell if it is given up for it. None: it has moved on meanwhile."""
        _measure("video", error)
        counted = await count_video_defect(self.catalog, video, defect(error), times)
        _tell(counted, error, video_id=video["_id"])
        if counted is not None and counted.given_up:
            await self._announce(video["_id"])
        return counted

    async def met_over_playlist(self, playlist: Playlist, error: Exception, times: int = 1) -> Counted | None:
        """Count a defect on a playlist. None: it has moved on meanwhile."""
        _measure("playlist", error)
        counted = await count_playlist_defect(self.catalog, playlist, defect(error), times)
        _tell(counted, error, playlist_id=playlist["_id"])
        return counted

    async def _announce(self, video_id: str) -> None:
        """Nobody need hear of it: the catalog says the same, and a broken document may make no message."""
        video = await self.catalog.videos.find_one({"_id": video_id})
        if video is None or self.publisher is None:
            return
        try:
            await self.publisher.publish(abandoned_message(video))
        except (ValidationError, ValueError, TypeError, KeyError, Unavailable) as error:
            log.warning("defect.not_announced", video_id=video_id, error=str(error))


def _is_newer(document: Video | Playlist, at: datetime | None) -> bool:
    """Whether a document came into its state after `at`; the broker's clock counts whole seconds."""
    since: object = document.get("state_since")
    return at is not None and isinstance(since, datetime) and since > at + timedelta(seconds=1)


def _measure(subject: str, error: Exception) -> None:
    metrics.DEFECTS.labels(subject, file_of(place_of(error))).inc()


def _tell(counted: Counted | None, error: Exception, **about: str) -> None:
    number, given_up = (counted.number, counted.given_up) if counted is not None else (0, False)
    log.error("defect.met", defects=number, given_up=given_up, place=place_of(error), exc_info=error, **about)
