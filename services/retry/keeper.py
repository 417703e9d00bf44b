"""Keeps parked messages, and moves on what they were about: a message that is set aside moves nothing any more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from shared.catalog.connection import Catalog
from shared.catalog.operations import parked
from shared.contracts import (
    AudioStored,
    Message,
    PlaylistFailed,
    PlaylistSubmitted,
    VideoFailed,
    VideoRequested,
    unwrap,
)
from shared.contracts.defect import DEFECT_LIMIT
from shared.errors import CatalogUnavailable, Unprocessable
from shared.logs import logger
from shared.runtime.defect_book import DefectBook
from shared.topology import FAILURES_QUEUE, PLAYLISTS_QUEUE, STORED_QUEUE, URGENT_QUEUE, VIDEOS_QUEUE

log = logger(__name__)

#: Work queue → what its consumer takes.
_TAKEN: dict[str, tuple[type[Message], ...]] = {
    PLAYLISTS_QUEUE: (PlaylistSubmitted,),
    VIDEOS_QUEUE: (VideoRequested,),
    URGENT_QUEUE: (VideoRequested,),
    FAILURES_QUEUE: (VideoFailed, PlaylistFailed),
    STORED_QUEUE: (AudioStored,),
}


class ParkedMessage(Exception):
    """A message was set aside; the text says why."""


@dataclass(frozen=True)
class Keeper:
    """What keeping works with."""

    catalog: Catalog
    book: DefectBook

    async def keep(
        self,
        queue: str,
        body: bytes,
        reason: str,
        parked_at: datetime,
        size_bytes: int | None = None,
        counts: bool = True,
    ) -> None:
        """Keep a message and move on what it was about. Kept once more, after a death, it does the same again.

        Only what waits for this very message is moved: nobody else's message harms a document. Our own consumers
        counted before they parked, which leaves nothing to do here; what the broker parked after too many deliveries
        killed its consumers, and what a consumer of another version cannot read comes again from every sweep.
        `counts`: whether a service sent it, and meant it to be taken; else it is kept and no more.
        """
        await parked.keep(self.catalog, queue, body, reason, parked_at, size_bytes)
        if not counts:
            return
        try:
            message = unwrap(body, _TAKEN[queue]).message
        except Unprocessable:
            return
        try:
            raise ParkedMessage(f"a message of {queue} was parked: {reason}")
        except ParkedMessage as error:
            await self._count(message, error, parked_at)

    async def _count(self, message: Message, error: ParkedMessage, parked_at: datetime) -> None:
        try:
            # What somebody took up again since then is about another message.
            await self.book.count(message, error, DEFECT_LIMIT, parked_at)
        except CatalogUnavailable:
            raise
        except Exception as second:
            # It is kept, which is what matters; the sweeper counts too.
            log.error("parked.not_counted", exc_info=second)
