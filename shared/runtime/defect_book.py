"""Records defects of our own code: counts each on its document, and measures, logs and publishes it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

from pydantic import ValidationError

from shared import metrics
from shared.catalog.connection import Catalog
from shared.catalog.delivery.expected import playlist_that_expects, video_that_expects
from shared.catalog.delivery.outbox import abandoned_message
from shared.catalog.documents import Playlist, Video
from shared.catalog.videos.defects import Counted, count_playlist_defect, count_video_defect
from shared.catalog.videos.lookup import get_video
from shared.contracts import Message
from shared.contracts.defect import defect, file_of, place_of
from shared.errors import Unavailable
from shared.logs import logger
from shared.messaging.publisher import Publisher

log = logger(__name__)


class DefectGuard:
    """Keeps a defect in the work on one document from ending the loop over all documents.

    Use it with `async with`. A defect inside is counted on the document and suppressed; outages and cancellations pass.
    """

    def __init__(self, record: Callable[[Exception], Awaitable[Counted | None]]) -> None:
        self._record = record
        #: Whether a defect was suppressed.
        self.met = False
        #: The result of counting; None: nothing was counted.
        self.counted: Counted | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        if not isinstance(error, Exception) or isinstance(error, Unavailable):
            return False
        self.met = True
        self.counted = await self._record(error)
        return True


@dataclass(frozen=True)
class DefectBook:
    """The record of defects of one service. It publishes the abandonment of a video if the service may."""

    catalog: Catalog
    #: None: the broker does not let this service publish abandonments. The catalog's lists still show them.
    publisher: Publisher | None

    async def count(self, message: Message, error: Exception, times: int, at: datetime | None = None) -> int:
        """Count a defect that a message caused for the `times`-th time.

        Returns the number of defects on its document; 0 if no document waits for this message since `at` or longer:
        a stranger's message must not count against a document. Raises an error of the catalog.
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

    def guard_video(self, video: Video) -> DefectGuard:
        """Return a guard that counts a defect on a video."""
        return DefectGuard(lambda error: self.met_over_video(video, error))

    def guard_playlist(self, playlist: Playlist) -> DefectGuard:
        """Return a guard that counts a defect on a playlist."""
        return DefectGuard(lambda error: self.met_over_playlist(playlist, error))

    async def met_over_video(self, video: Video, error: Exception, times: int = 1) -> Counted | None:
        """Count a defect on a video, and publish the video's abandonment if the defect reached the limit.

        Returns None if the video has changed meanwhile. Raises an error of the catalog.
        """
        _measure("video", error)
        counted = await count_video_defect(self.catalog, video, defect(error), times)
        _log(counted, error, video_id=video["_id"])
        if counted is not None and counted.ended:
            await self._publish_abandoned(video["_id"])
        return counted

    async def met_over_playlist(self, playlist: Playlist, error: Exception, times: int = 1) -> Counted | None:
        """Count a defect on a playlist. Returns None if it has changed meanwhile. Raises an error of the catalog."""
        _measure("playlist", error)
        counted = await count_playlist_defect(self.catalog, playlist, defect(error), times)
        _log(counted, error, playlist_id=playlist["_id"])
        return counted

    async def _publish_abandoned(self, video_id: str) -> None:
        """Publish the event if possible. A malformed document may give no message; the catalog has the fact anyway."""
        video = await get_video(self.catalog, video_id)
        if video is None or self.publisher is None:
            return
        try:
            await self.publisher.publish(abandoned_message(video))
        except (ValidationError, ValueError, TypeError, KeyError, Unavailable) as error:
            log.warning("defect.not_published", video_id=video_id, error=str(error))


def _is_newer(document: Video | Playlist, at: datetime | None) -> bool:
    """Return whether a document entered its state after `at`; the broker's clock counts whole seconds."""
    since: object = document.get("state_since")
    return at is not None and isinstance(since, datetime) and since > at + timedelta(seconds=1)


def _measure(subject: str, error: Exception) -> None:
    metrics.DEFECTS.labels(subject, file_of(place_of(error))).inc()


def _log(counted: Counted | None, error: Exception, **about: str) -> None:
    number, ended = (counted.number, counted.ended) if counted is not None else (0, False)
    log.error("defect.met", defects=number, given_up=ended, place=place_of(error), exc_info=error, **about)
