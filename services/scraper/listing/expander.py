"""Expands a playlist: accepts and requests its videos page by page, while the listing continues."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from services.scraper.engines.permits import PermitAddress
from services.scraper.engines.values import Listed, ListedPlaylist, ListingEnded, SourceRules, gap_of
from services.scraper.engines.work import Work
from services.scraper.failures import Evidence
from services.scraper.listing.acceptance import NO_FILTERS, UNHELD, Acceptance, Held, Progress, entries_of
from services.scraper.listing.failed import (
    ListingFailed,
    empty_playlist,
    incomplete,
    listing_worker_died,
    playlist_too_long,
)
from services.scraper.sources.limits import Sources
from services.scraper.workers.pool import WorkerDied, listing
from shared.catalog.documents import Playlist
from shared.catalog.playlists.acceptance import SubmissionOptions
from shared.catalog.playlists.description import describe, leave_out
from shared.contracts.reasons import Reason
from shared.errors import TryLater

#: (work, seconds that it may wait for requests) → where its worker asks for permits.
AddressFor = Callable[[Work, float], PermitAddress]
#: Part of its time for which a listing may wait for requests. A limited submitter's does not wait: see `cut_short`.
PATIENCE_SHARE = 0.8


@dataclass(frozen=True)
class ListingRules:
    """The limits of a listing."""

    #: Time limit of one listing.
    seconds: float
    #: Entries accepted of one playlist; 0: all.
    longest: int
    #: Profiles of new videos, unless their submission names others.
    profiles: tuple[str, ...]


class Expander:
    """Expands playlists. Doing so again, or after a crash, requests only what was not requested before."""

    def __init__(
        self,
        acceptance: Acceptance,
        rules: SourceRules,
        limits: Sources,
        listing_rules: ListingRules,
        permits_for: AddressFor | None = None,
    ) -> None:
        self._acceptance = acceptance
        self._rules = rules
        self._limits = limits
        self._listing = listing_rules
        self._permits_for = permits_for

    async def expand(
        self,
        playlist_id: str,
        url: str,
        options: SubmissionOptions,
        found_before: int | None = None,
        held: Held = UNHELD,
    ) -> int:
        """Accept and request every video of the playlist. Returns the number of its entries.

        `found_before`: see `incomplete_before`. Raises ListingFailed; LeaseLost if the lease is lost; TryLater if this
        hour's requests are spent.
        """
        work = Work.playlist(playlist_id, url)
        self._limits.of(work.source).check_budget()
        # Urgent videos delay those of others, so a limited submitter's listing has none, whoever owns the playlist.
        urgent = options.priority == "high" and held.submitter is None
        profiles = options.profiles or self._listing.profiles
        progress = Progress(playlist_id, profiles, urgent, held, options.filters or NO_FILTERS)
        ended: ListingEnded | None = None
        entries = listing(url, self._rules_for(work, held), self._listing.seconds, options.limit)
        try:
            async with self._acceptance.marking(progress), aclosing(entries) as batches:
                async for batch in batches:
                    ended = await self._take(progress, batch) or ended
        except WorkerDied as error:
            raise listing_worker_died(str(error)) from error
        check_completeness(ended, progress.found, found_before)
        return progress.found

    def lacks_requests(self, source: str) -> bool:
        """Whether this hour's requests at a source are known to be spent."""
        try:
            self._limits.of(source).check_budget()
        except TryLater:
            return True
        return False

    def _rules_for(self, work: Work, held: Held) -> SourceRules:
        patience = self._listing.seconds * PATIENCE_SHARE if held.submitter is None else 0
        permits = self._permits_for(work, patience) if self._permits_for is not None else None
        return replace(self._rules, permits=permits)

    async def _take(self, progress: Progress, batch: Sequence[Listed]) -> ListingEnded | None:
        """Accept a batch. Returns the end of the listing, if it is in the batch. Raises ListingFailed."""
        catalog, longest = self._acceptance.catalog, self._listing.longest
        entries = list(entries_of(progress, batch))
        left = longest - progress.found if longest else len(entries)
        await self._acceptance.accept(progress, entries[:left])
        progress.found += len(entries)
        ended = None
        for item in batch:
            if isinstance(item, ListingEnded):
                ended = item
                await leave_out(catalog, progress.playlist_id, (*item.left_out, *progress.left_out.sentences))
            elif isinstance(item, ListedPlaylist):
                await describe(catalog, progress.playlist_id, item.title, item.channel, item.expected)
            elif isinstance(item, Evidence):
                raise ListingFailed(item)
        if len(entries) > left:
            raise playlist_too_long(longest)
        return ended


def check_completeness(ended: ListingEnded | None, found: int, found_before: int | None) -> None:
    """Raise ListingFailed unless a listing that found so many entries counts as complete. Pure.

    `ended`: what it ended with; None: with nothing. `found_before`: see `incomplete_before`.
    """
    gap = gap_of(ended)
    if gap is not None and (gap.proven or found != found_before):
        raise incomplete(gap)
    if found == 0:
        raise empty_playlist()


def incomplete_before(playlist: Playlist) -> int | None:
    """How many entries the last listing saw, if it did not count as complete; None if it did, or failed otherwise.

    A source that ends its list before the promised number of entries is believed if it does so twice.
    """
    last = playlist.get("retry")
    incomplete_last = last is not None and last["failure"]["reason"] == Reason.LISTING_INCOMPLETE
    return playlist.get("found_before") if incomplete_last else None
