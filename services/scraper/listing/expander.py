"""Expanding a playlist: its videos are accepted and requested page by page, while the listing goes on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import NamedTuple

from services.scraper.engines.permits import PermitAddress
from services.scraper.engines.values import Listed, ListedPlaylist, ListedVideo, ListingEnded, ListingGap, SourceRules
from services.scraper.engines.work import Work
from services.scraper.failures import Evidence, classify
from services.scraper.lease import LeaseLost
from services.scraper.listing.placeholders import divided
from services.scraper.sources.limits import Sources
from services.scraper.workers.pool import WorkerDied, listing
from shared import metrics
from shared.addresses.video_addresses import OtherVideo, true_identity
from shared.catalog.connection import Catalog
from shared.catalog.delivery.outbox import failed_message
from shared.catalog.documents import Playlist, Submitter
from shared.catalog.playlists.lifecycle import SubmissionOptions, add_found, describe, leave_out
from shared.catalog.videos.acceptance import Entry, accept_placeholders, accept_videos, mark_requested
from shared.contracts import Failure, VideoRequested
from shared.errors import FailureClass, TryLater
from shared.logs import logger
from shared.messaging.publisher import Publisher
from shared.untrusted.excerpts import Excerpts

log = logger(__name__)


#: Reason of a listing that ended without having shown all.
INCOMPLETE = "listing-incomplete"

#: Requested videos that are marked as such together: requests go out first, and few large writes are quicker.
MARKED_AT_ONCE = 5000
#: Well below the time after which the sweeper takes an unmarked one for lost.
MARKED_EVERY_SECONDS = 20


class Held(NamedTuple):
    """In whose hands a listing is, and on whose behalf."""

    #: Who holds the lease; None: nobody, and nobody else lists it.
    owner: str | None = None
    #: Who asked for it and pays for it, if they are limited: what is new is theirs.
    submitter: Submitter | None = None


UNHELD = Held()


class ListingFailed(Exception):
    """The listing did not come to its end. What it found before is kept."""

    def __init__(self, failure: Failure, evidence: Evidence | None = None) -> None:
        """`evidence`: what it was seen by, if it came from the source: the judge may find it to be another failure."""
        super().__init__(failure.detail)
        self.failure = failure
        self.evidence = evidence


#: Where a worker asks for leave to ask a source, on account of a playlist; and how long it waits for requests.
AddressFor = Callable[[Work, float], PermitAddress]
#: Part of the time of a listing for which it may wait for requests; one for somebody limited does not: see `cut_short`.
PATIENCE_SHARE = 0.8


@dataclass
class _Listing:
    """A listing under way."""

    playlist_id: str
    profiles: Sequence[str]
    urgent: bool
    held: Held
    #: Entries that the listing before had seen, if it ended for no other reason than that more had been promised.
    found_before: int | None = None
    #: Entries seen.
    found: int = 0
    #: Set when the source's own end of the list is reached.
    ended: ListingEnded | None = None
    #: Videos whose requests the broker has confirmed, which the catalog does not know yet.
    unmarked: list[str] = field(default_factory=list)
    #: Entries that were not taken, a sentence each.
    left_out: Excerpts = field(default_factory=Excerpts)
    #: When they were last marked, by the monotonic clock.
    marked_at: float = field(default_factory=time.monotonic)


class Expander:
    """Lists playlists. Listing one again, or after a crash, requests only what was not requested before."""

    def __init__(
        self,
        catalog: Catalog,
        publisher: Publisher,
        rules: SourceRules,
        sources: Sources,
        listing_seconds: float,
        longest: int,
        profiles: tuple[str, ...],
        permits_for: AddressFor | None = None,
    ) -> None:
        """`longest`: entries taken of one playlist; 0: all. `profiles`: stored unless others are asked for."""
        self._permits_for = permits_for
        self._catalog = catalog
        self._publisher = publisher
        self._rules = rules
        self._sources = sources
        self._seconds = listing_seconds
        self._longest = longest
        self._profiles = profiles

    async def expand(
        self,
        playlist_id: str,
        url: str,
        wishes: SubmissionOptions,
        found_before: int | None = None,
        held: Held = UNHELD,
    ) -> int:
        """Accept and request every video of the playlist. Returns how many entries it has. Raises ListingFailed.

        `found_before`: see `incomplete_before`. Raises LeaseLost if it is held no more, and TryLater when this hour's
        requests are spent. What dies in between is found unrequested by the next listing, or by the sweeper.
        """
        work = Work.playlist(playlist_id, url)
        self._sources.of(work.source).check_budget()
        # Haste is at the cost of others, so whoever is limited brings about none, whosever the playlist is.
        profiles, urgent = wishes.profiles or self._profiles, wishes.priority == "high" and held.submitter is None
        progress = _Listing(playlist_id, profiles, urgent, held, found_before)
        patience = self._seconds * PATIENCE_SHARE if held.submitter is None else 0
        permits = self._permits_for(work, patience) if self._permits_for is not None else None
        try:
            rules = replace(self._rules, permits=permits)
            async with aclosing(listing(url, rules, self._seconds, wishes.limit)) as batches:
                async for batch in batches:
                    await self._take(progress, batch)
        except WorkerDied as error:
            raise ListingFailed(
                Failure(failure_class=FailureClass.TRANSIENT, reason="worker-died", detail=str(error))
            ) from error
        finally:
            await self._mark(progress)
        gap = progress.ended.gap if progress.ended is not None else ListingGap("The listing ended without an end")
        if gap is not None and (gap.proven or progress.found != found_before):
            raise ListingFailed(_incomplete(gap))
        if progress.found == 0:
            raise ListingFailed(
                Failure(
                    failure_class=FailureClass.PERMANENT,
                    reason="empty-playlist",
                    detail="The playlist has no videos. Is it the right one, and public?",
                )
            )
        return progress.found

    def lacks_requests(self, source: str) -> bool:
        """Whether it is known that this hour's requests of a source are spent."""
        try:
            self._sources.of(source).check_budget()
        except TryLater:
            return True
        return False

    async def _take(self, progress: _Listing, batch: Sequence[Listed]) -> None:
        entries = list(self._entries(progress, batch))
        room = self._longest - progress.found if self._longest else len(entries)
        await self._accept(progress, entries[:room])
        progress.found += len(entries)
        for item in batch:
            if isinstance(item, ListingEnded):
                progress.ended = item
                await leave_out(self._catalog, progress.playlist_id, (*item.left_out, *progress.left_out.sentences))
            elif isinstance(item, ListedPlaylist):
                await describe(self._catalog, progress.playlist_id, item.title, item.channel, item.expected)
            elif isinstance(item, Evidence):
                raise ListingFailed(classify(item, datetime.now(UTC)), item)
        if len(entries) > room:
            raise ListingFailed(_too_long(self._longest))

    def _entries(self, progress: _Listing, batch: Sequence[Listed]) -> Iterator[Entry]:
        """The entries of a batch; those that cannot be taken are left out, and told with the playlist."""
        for item in batch:
            if not isinstance(item, ListedVideo):
                continue
            try:
                yield _entry(item)
            except ValueError as error:
                log.warning("playlist.entry_skipped", video_id=item.video_id, url=item.url, error=str(error))
                if isinstance(error, OtherVideo):
                    progress.left_out.add(f"An entry is left out: {error}")

    async def _accept(self, progress: _Listing, entries: list[Entry]) -> None:
        """State before publish: what dies in between is found unpublished by the next listing, or by the sweeper."""
        if not entries:
            return
        real, placeholders = divided(entries)
        now = datetime.now(UTC)
        accepted = await accept_videos(
            self._catalog,
            progress.playlist_id,
            progress.profiles,
            real,
            now,
            urgent=progress.urgent,
            submitter=progress.held.submitter,
        )
        requests = [VideoRequested(video_id=e.video_id, url=e.url, urgent=progress.urgent) for e in accepted.to_request]
        await self._publisher.publish_many(requests)
        progress.unmarked += [request.video_id for request in requests]
        late = time.monotonic() - progress.marked_at > MARKED_EVERY_SECONDS
        unavailable = await accept_placeholders(
            self._catalog, progress.playlist_id, progress.profiles, placeholders, now, progress.held.submitter
        )
        await self._publisher.publish_many(failed_message(video) for video in unavailable)
        if late or len(progress.unmarked) >= MARKED_AT_ONCE:
            await self._mark(progress)
        owner = progress.held.owner
        if not await add_found(self._catalog, progress.playlist_id, len(entries), owner) and owner is not None:
            # Somebody else lists it now, or a person has ended it: no further page is asked for.
            raise LeaseLost(progress.playlist_id)
        new = accepted.new + len(unavailable)
        metrics.PLAYLIST_ENTRIES.labels("new").inc(new)
        metrics.PLAYLIST_ENTRIES.labels("known").inc(len(entries) - new)

    async def _mark(self, progress: _Listing) -> None:
        """Note which requests the broker has confirmed. What dies before is requested twice, which does no harm."""
        marked, progress.unmarked = progress.unmarked, []
        progress.marked_at = time.monotonic()
        await mark_requested(self._catalog, marked, datetime.now(UTC))


def incomplete_before(playlist: Playlist) -> int | None:
    """How many entries the last listing saw, if it did not count as complete; None if it did, or failed otherwise.

    A source that only ends its list where it had promised more is believed when it does so twice.
    """
    last = playlist.get("retry")
    incomplete = last is not None and last["failure"]["reason"] == INCOMPLETE
    return playlist.get("found_before") if incomplete else None


def _incomplete(gap: ListingGap) -> Failure:
    return Failure(failure_class=FailureClass.TRANSIENT, reason=INCOMPLETE, detail=gap.detail[:2000])


def _entry(item: ListedVideo) -> Entry:
    """An entry as the catalog takes it, under the id of the video that its address means.

    Raises ValueError for one that contradicts itself, or whose id or address no message could carry.
    """
    video_id, url = true_identity(item.video_id, item.url)
    VideoRequested(video_id=video_id, url=url)
    return Entry(video_id, url, item.title, item.duration, item.channel)


def _too_long(longest: int) -> Failure:
    return Failure(
        failure_class=FailureClass.PERMANENT,
        reason="playlist-too-long",
        detail=f"It has more than SCRAPER_LONGEST_PLAYLIST ({longest}) videos; the first {longest} were taken.",
    )
