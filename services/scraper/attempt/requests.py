"""Handles requests for videos: checks each request and claims its video before the attempt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from services.scraper.attempt.attempts import Attempts
from services.scraper.attempt.events import publish_pending_event
from services.scraper.lease import LeaseTerms
from shared import metrics
from shared.addresses.video_addresses import OtherVideo, check_address
from shared.addresses.video_ids import is_well_formed
from shared.catalog.connection import Catalog
from shared.catalog.documents import Submitter
from shared.catalog.reports.progress import submitter_of
from shared.catalog.videos.acceptance import Entry, accept_videos, mark_requested
from shared.catalog.videos.addresses import known_address
from shared.catalog.videos.claims import Claim, NotClaimed, claim
from shared.contracts import VideoRequested
from shared.errors import TryLater, Unprocessable
from shared.logs import logger
from shared.messaging.publisher import Publisher

log = logger(__name__)

#: The playlist of videos that were requested at the broker without a listing.
REQUESTED_DIRECTLY = "url:requested-directly"


@dataclass(frozen=True)
class Requests:
    """Handles requests for videos."""

    catalog: Catalog
    publisher: Publisher
    attempts: Attempts
    lease: LeaseTerms
    #: Profiles of videos that no listing found.
    profiles: tuple[str, ...]

    async def check_identity(self, message: VideoRequested) -> None:
        """Refuse a request with the address of another video. Raises Unprocessable.

        A video accepted before addresses were checked may have such an address in the catalog. Such a video is claimed
        and its address corrected; otherwise all its retries would be refused.
        """
        try:
            check_address(message.video_id, message.url)
        except OtherVideo as error:
            if await known_address(self.catalog, message.video_id) != message.url:
                raise Unprocessable(f"The address belongs to another video: {error}") from error

    async def submitter(self, message: VideoRequested) -> Submitter | None:
        """The limited submitter whose share pays for the video; None if nobody's does."""
        return await submitter_of(self.catalog, message.video_id)

    async def handle(self, message: VideoRequested) -> None:
        """Fetch the video, unless it is stored, waiting, or claimed by another scraper.

        Raises TryLater if its state must change first, and Unprocessable if its id is invalid.
        """
        outcome = await self._claim(message)
        if isinstance(outcome, NotClaimed) and outcome.why == "unknown":
            await self._accept(message)
            outcome = await self._claim(message)
        if isinstance(outcome, NotClaimed):
            await self._not_claimed(outcome)
        else:
            await self.attempts.run(outcome)

    async def _claim(self, message: VideoRequested) -> Claim | NotClaimed:
        return await claim(self.catalog, message.video_id, self.lease.owner, self.lease.seconds)

    async def _accept(self, message: VideoRequested) -> None:
        """Accept a video that no listing found. Raises Unprocessable."""
        if not is_well_formed(message.video_id):
            raise Unprocessable(f"{message.video_id} is not a valid video id; see VideoId in the contracts")
        now = datetime.now(UTC)
        entry = Entry(message.video_id, message.url, None)
        await accept_videos(self.catalog, REQUESTED_DIRECTLY, self.profiles, [entry], now)
        await mark_requested(self.catalog, [message.video_id], now)

    async def _not_claimed(self, outcome: NotClaimed) -> None:
        """Return once it is certain that another process continues with the video. Raises TryLater until then."""
        metrics.ATTEMPTS.labels("duplicate", "", outcome.why).inc()
        match outcome.why:
            case "stored" | "undecided":
                assert outcome.video is not None
                # The scraper of the attempt may have died before it published the event.
                if "unannounced" in outcome.video or outcome.why == "undecided":
                    await publish_pending_event(self.catalog, self.publisher, outcome.video)
            case "running" | "waiting":
                raise TryLater(outcome.seconds + 1, f"the video is {outcome.why}")
            case _:
                log.info("video.request_dropped", why=outcome.why)
