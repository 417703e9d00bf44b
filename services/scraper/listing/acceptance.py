"""Accepts the entries of a listing into the catalog and requests their videos, page by page."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from services.scraper.engines.values import Listed, ListedVideo
from services.scraper.lease import LeaseLost
from services.scraper.listing.placeholders import divided
from shared import metrics
from shared.addresses.video_addresses import OtherVideo, true_identity
from shared.catalog.connection import Catalog
from shared.catalog.delivery.outbox import failed_message
from shared.catalog.documents import Submitter
from shared.catalog.playlists.acceptance import stored_filters
from shared.catalog.playlists.description import add_found
from shared.catalog.videos.acceptance import (
    Entry,
    Terms,
    accept_left_out,
    accept_placeholders,
    accept_videos,
    mark_requested,
)
from shared.contracts import Failure, VideoRequested
from shared.contracts.reasons import Reason
from shared.errors import ServerError
from shared.filters import Filters
from shared.logs import logger
from shared.messaging.publisher import Publisher
from shared.untrusted.excerpts import Excerpts

log = logger(__name__)

#: Requested videos after which they are marked as such: requests go out first, and one page in fifty waits for marks.
MARKED_AT_ONCE = 5000
#: Seconds, well below the time after which the sweeper takes an unmarked request for lost.
MARKED_EVERY_SECONDS = 20


class Held(NamedTuple):
    """The owner of a listing, and the submitter who pays for it."""

    #: Who holds the lease; None: nobody, and nobody else lists the playlist.
    owner: str | None = None
    #: Who asked for the listing and pays for it, if they are limited; its new videos are theirs.
    submitter: Submitter | None = None


class Requested(NamedTuple):
    """What became of a batch of entries."""

    #: How many are new to the catalog.
    new: int
    #: Ids of those that a filter leaves out.
    left_out: frozenset[str]


UNHELD = Held()
NO_FILTERS = Filters()


@dataclass
class Progress:
    """How far a listing has come."""

    playlist_id: str
    #: Profiles of new videos.
    profiles: Sequence[str]
    urgent: bool
    held: Held
    #: Which entries are taken.
    filters: Filters = NO_FILTERS
    #: Since when the source is followed, for looks at followed sources.
    followed_since: datetime | None = None
    #: Entries seen.
    found: int = 0
    #: Entries that were left out, one sentence each.
    left_out: Excerpts = field(default_factory=Excerpts)
    #: Sends the requests of the last batch while the catalog accepts the next one; None: none are on their way.
    sending: asyncio.Task[None] | None = None
    #: Videos whose requests the broker has confirmed and the catalog does not know yet.
    unmarked: list[str] = field(default_factory=list)
    #: When those were last marked, by the monotonic clock.
    marked_at: float = field(default_factory=time.monotonic)

    @property
    def terms(self) -> Terms:
        """On which terms entries are accepted."""
        return Terms(self.urgent, self.held.submitter, stored_filters(self.filters), self.followed_since)


@dataclass(frozen=True)
class Acceptance:
    """Accepts entries. Accepting them again, or after a crash, requests only what was not requested before."""

    catalog: Catalog
    publisher: Publisher

    async def accept(self, progress: Progress, entries: Sequence[Entry]) -> None:
        """Accept entries and request their videos. Raises LeaseLost if the listing has lost its lease.

        State comes before the message: if the process dies in between, the next listing or the sweeper finds the videos
        unrequested.
        """
        if not entries:
            return
        new = (await self.request(progress, entries)).new
        owner = progress.held.owner
        if not await add_found(self.catalog, progress.playlist_id, len(entries), owner) and owner is not None:
            # Somebody else lists it now, or a person has ended it: no further page is requested.
            raise LeaseLost(progress.playlist_id)
        metrics.PLAYLIST_ENTRIES.labels("new").inc(new)
        metrics.PLAYLIST_ENTRIES.labels("known").inc(len(entries) - new)

    async def request(self, progress: Progress, entries: Sequence[Entry]) -> Requested:
        """Accept entries and request those that are wanted and available."""
        real, placeholders = divided(entries)
        taken, left_out = filtered(real, progress.filters)
        new = await self._request(progress, taken)
        new += await self._record_left_out(progress, left_out)
        late = time.monotonic() - progress.marked_at > MARKED_EVERY_SECONDS
        new += await self._record_placeholders(progress, placeholders)
        if late or len(progress.unmarked) >= MARKED_AT_ONCE:
            await self._mark_confirmed(progress)
        metrics.PLAYLIST_ENTRIES.labels("filtered").inc(len(left_out))
        return Requested(new, frozenset(entry.video_id for entry, _ in left_out))

    @asynccontextmanager
    async def marking(self, progress: Progress) -> AsyncIterator[None]:
        """At the end of the block, note the requests that the broker has confirmed, also those on their way.

        Unmarked ones are sent twice, which does no harm. Raises BrokerUnavailable if the broker did not confirm some,
        or a CatalogError; but what the block raised comes first.
        """
        try:
            yield
        except BaseException:
            try:
                await self._mark(progress)
            except ServerError as error:
                log.warning("playlist.not_marked", playlist_id=progress.playlist_id, error=str(error))
            raise
        await self._mark(progress)

    async def _mark(self, progress: Progress) -> None:
        try:
            await _sent(progress)
        finally:
            await self._mark_confirmed(progress)

    async def _mark_confirmed(self, progress: Progress) -> None:
        marked, progress.unmarked = progress.unmarked, []
        progress.marked_at = time.monotonic()
        await mark_requested(self.catalog, marked, datetime.now(UTC))

    async def _request(self, progress: Progress, entries: Sequence[Entry]) -> int:
        """Accept videos, and send their requests while the next ones are accepted. Returns how many are new."""
        accepted = await accept_videos(
            self.catalog,
            progress.playlist_id,
            progress.profiles,
            entries,
            datetime.now(UTC),
            progress.terms,
        )
        requests = [VideoRequested(video_id=e.video_id, url=e.url, urgent=progress.urgent) for e in accepted.to_request]
        await _sent(progress)
        progress.sending = asyncio.create_task(self._send(progress, requests))
        return accepted.new

    async def _send(self, progress: Progress, requests: Sequence[VideoRequested]) -> None:
        await self.publisher.publish_many(requests)
        progress.unmarked += [request.video_id for request in requests]

    async def _record_left_out(self, progress: Progress, left_out: Sequence[tuple[Entry, Failure]]) -> int:
        """Record entries that a filter leaves out. Returns how many are new."""
        now = datetime.now(UTC)
        return await accept_left_out(
            self.catalog, progress.playlist_id, progress.profiles, left_out, now, progress.terms
        )

    async def _record_placeholders(self, progress: Progress, placeholders: Sequence[tuple[Entry, Failure]]) -> int:
        """Record entries that are unavailable at their source, and publish their failures. Returns how many are new."""
        unavailable = await accept_placeholders(
            self.catalog,
            progress.playlist_id,
            progress.profiles,
            placeholders,
            datetime.now(UTC),
            progress.held.submitter,
        )
        await self.publisher.publish_many(failed_message(video) for video in unavailable)
        return len(unavailable)


async def _sent(progress: Progress) -> None:
    """Wait until the requests that are on their way are confirmed. Raises BrokerUnavailable if they are not."""
    if progress.sending is not None:
        sending, progress.sending = progress.sending, None
        await sending


def filtered(entries: Iterable[Entry], filters: Filters) -> tuple[list[Entry], list[tuple[Entry, Failure]]]:
    """Divide entries into those taken, as far as the list shows it, and those left out, with the failure. Pure."""
    taken, left_out = [], []
    for entry in entries:
        if (rule := filters.left_out_by(entry.facts)) is None:
            taken.append(entry)
        else:
            left_out.append((entry, Failure.of(Reason.FILTERED, rule)))
    return taken, left_out


def entries_of(progress: Progress, batch: Iterable[Listed]) -> Iterator[Entry]:
    """Yield the entries of a batch. Entries that do not fit into a message are left out, and noted for the playlist."""
    for item in batch:
        if not isinstance(item, ListedVideo):
            continue
        try:
            yield entry_of(item)
        except ValueError as error:
            log.warning("playlist.entry_skipped", video_id=item.video_id, url=item.url, error=str(error))
            if isinstance(error, OtherVideo):
                progress.left_out.add(f"An entry is left out: {error}")


def entry_of(item: ListedVideo) -> Entry:
    """Convert an entry for the catalog, under the id of the video that its address names.

    Raises ValueError if its id and address contradict each other, or do not fit into a message.
    """
    video_id, url = true_identity(item.video_id, item.url)
    VideoRequested(video_id=video_id, url=url)
    return Entry(video_id, url, item.title, item.duration, item.channel, item.published, item.live)
