"""Expanding a playlist: its videos are accepted and requested page by page, while the listing goes on."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing
from datetime import UTC, datetime

from pydantic import ValidationError

from services.scraper.egress import Egress
from services.scraper.failures import Evidence, classify
from services.scraper.workers import WorkerDied, listing
from services.scraper.ytdlp_values import Listed, ListedPlaylist, ListedVideo, ListingEnded, SourceRules
from shared import metrics
from shared.catalog.acceptance import Entry, accept_videos, mark_requested
from shared.catalog.connection import Catalog
from shared.catalog.playlists import add_found, describe
from shared.contracts import Failure, VideoRequested
from shared.errors import FailureClass
from shared.logs import logger
from shared.messaging.publisher import Publisher

log = logger(__name__)


class ListingFailed(Exception):
    """The listing did not come to its end. What it found before is kept."""

    def __init__(self, failure: Failure, retry_after: float | None = None) -> None:
        super().__init__(failure.detail)
        self.failure = failure
        self.retry_after = retry_after


class Expander:
    """Lists playlists. Listing one again, or after a crash, requests only what was not requested before."""

    def __init__(
        self,
        catalog: Catalog,
        publisher: Publisher,
        rules: SourceRules,
        egress: Egress,
        listing_seconds: float,
        longest: int,
        profiles: tuple[str, ...],
    ) -> None:
        """`longest`: entries taken of one playlist; 0: all. `profiles`: what is stored of each new video."""
        self._catalog = catalog
        self._publisher = publisher
        self._rules = rules
        self._egress = egress
        self._seconds = listing_seconds
        self._longest = longest
        self._profiles = profiles

    async def expand(self, playlist_id: str, url: str) -> int:
        """Accept and request every video of the playlist. Returns how many entries it has. Raises ListingFailed.

        Raises TryLater when this hour's requests are spent. What dies in between is found unrequested by the next
        listing, or by the sweeper.
        """
        self._egress.check_budget()
        found = 0
        try:
            async with aclosing(listing(url, self._rules, self._seconds)) as batches:
                async for batch in batches:
                    found += await self._take(playlist_id, batch, found)
        except WorkerDied as error:
            raise ListingFailed(
                Failure(failure_class=FailureClass.TRANSIENT, reason="worker-died", detail=str(error))
            ) from error
        if found == 0:
            raise ListingFailed(
                Failure(
                    failure_class=FailureClass.PERMANENT,
                    reason="empty-playlist",
                    detail="The playlist has no videos. Is it the right one, and public?",
                )
            )
        return found

    async def _take(self, playlist_id: str, batch: Sequence[Listed], found: int) -> int:
        entries = [entry for item in batch if isinstance(item, ListedVideo) and (entry := _entry(item)) is not None]
        room = self._longest - found if self._longest else len(entries)
        await self._accept(playlist_id, entries[:room])
        for item in batch:
            if isinstance(item, ListingEnded):
                self._egress.asked(item.requests)
            elif isinstance(item, ListedPlaylist):
                await describe(self._catalog, playlist_id, item.title, item.channel)
            elif isinstance(item, Evidence):
                self._egress.asked(item.requests)
                raise ListingFailed(classify(item, datetime.now(UTC)), item.retry_after)
        if len(entries) > room:
            raise ListingFailed(_too_long(self._longest))
        return len(entries)

    async def _accept(self, playlist_id: str, entries: list[Entry]) -> None:
        """State before publish: what dies in between is found unpublished by the next listing."""
        if not entries:
            return
        now = datetime.now(UTC)
        accepted = await accept_videos(self._catalog, playlist_id, self._profiles, entries, now)
        requests = [VideoRequested(video_id=e.video_id, url=e.url) for e in accepted.to_request]
        await self._publisher.publish_many(requests)
        await mark_requested(self._catalog, [e.video_id for e in accepted.to_request], now)
        await add_found(self._catalog, playlist_id, len(entries))
        metrics.PLAYLIST_ENTRIES.labels("new").inc(accepted.new)
        metrics.PLAYLIST_ENTRIES.labels("known").inc(len(entries) - accepted.new)


def _entry(item: ListedVideo) -> Entry | None:
    """An entry as the catalog takes it; None for one whose id or address no message could carry."""
    try:
        VideoRequested(video_id=item.video_id, url=item.url)
    except ValidationError as error:
        log.warning("playlist.entry_skipped", video_id=item.video_id, url=item.url, error=str(error))
        return None
    return Entry(item.video_id, item.url, item.title)


def _too_long(longest: int) -> Failure:
    return Failure(
        failure_class=FailureClass.PERMANENT,
        reason="playlist-too-long",
        detail=f"It has more than SCRAPER_LONGEST_PLAYLIST ({longest}) videos; the first {longest} were taken.",
    )
