"""Keeps parked messages, and counts a defect on the document that waited for each: nothing else would continue it."""

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
    SourceChecked,
    SourceCheckRequested,
    VideoFailed,
    VideoRequested,
    unwrap,
)
from shared.contracts.defect import DEFECT_LIMIT
from shared.errors import CatalogRefused, Unprocessable
from shared.logs import logger
from shared.runtime.defect_book import DefectBook
from shared.topology import (
    CHECKED_QUEUE,
    CHECKS_QUEUE,
    DELIVERIES_QUEUE,
    FAILURES_QUEUE,
    MEASUREMENTS_QUEUE,
    NOTIFY_EVENTS_QUEUE,
    PLAYLISTS_QUEUE,
    PROBED_QUEUE,
    PROBES_QUEUE,
    STORED_QUEUE,
    URGENT_QUEUE,
    VIDEOS_QUEUE,
)

log = logger(__name__)

#: Work queue → the messages that its consumer handles.
_HANDLED: dict[str, tuple[type[Message], ...]] = {
    PLAYLISTS_QUEUE: (PlaylistSubmitted,),
    VIDEOS_QUEUE: (VideoRequested,),
    URGENT_QUEUE: (VideoRequested,),
    FAILURES_QUEUE: (VideoFailed, PlaylistFailed),
    STORED_QUEUE: (AudioStored,),
    CHECKS_QUEUE: (SourceCheckRequested,),
    CHECKED_QUEUE: (SourceChecked,),
    # No document waits for a notification: a parked one must not count against the video that its event is about.
    NOTIFY_EVENTS_QUEUE: (),
    DELIVERIES_QUEUE: (),
    # Nor for a measurement. A task of a crawl that nobody answers is requested again, and given up in the end.
    PROBES_QUEUE: (),
    PROBED_QUEUE: (),
    MEASUREMENTS_QUEUE: (),
}
#: Errors of counting on a malformed document.
_NOT_COUNTED = (CatalogRefused, AttributeError, LookupError, TypeError, ValueError)


class ParkedMessage(Exception):
    """A message was parked; the text says why. Counted as the defect of the document that waited for the message."""


@dataclass(frozen=True)
class Keeper:
    """Keeps parked messages in the catalog."""

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
        """Keep a message, and count a defect on the document that waits for it. Keeping it twice changes nothing.

        Only a document that waits for this very message is concerned, so a stranger's message harms none. Our own
        consumers counted before they parked, so nothing is left to do for their messages. Two kinds are counted here:
        messages that the broker parked after too many deliveries, since they killed their consumers; and messages that
        a consumer of another version cannot read, since every sweep publishes them again.

        `size_bytes`: of the message as it came, if `body` is only its beginning. `counts`: whether one of our services
        sent it and meant it to be handled; otherwise it is only kept. Raises CatalogUnavailable.
        """
        await parked.keep(self.catalog, queue, body, reason, parked_at, size_bytes)
        if not counts or not _HANDLED[queue]:
            return
        try:
            message = unwrap(body, _HANDLED[queue]).message
        except Unprocessable:
            return
        try:
            # Raised, so that it has a traceback: a defect names its place in the code.
            raise ParkedMessage(f"a message of {queue} was parked: {reason}")
        except ParkedMessage as error:
            await self._count(message, error, parked_at)

    async def _count(self, message: Message, error: ParkedMessage, parked_at: datetime) -> None:
        try:
            # A document that was requeued since then waits for another message.
            await self.book.count(message, error, DEFECT_LIMIT, parked_at)
        except _NOT_COUNTED as second:
            # The message is kept, which is what matters; the sweeper counts defects too.
            log.error("parked.not_counted", exc_info=second)
