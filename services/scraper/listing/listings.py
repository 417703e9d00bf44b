"""Lists claimed playlists under their leases, and records how each listing ends."""

from __future__ import annotations

import uuid
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from services.scraper.failures import Evidence
from services.scraper.failures.crash_loop import crashes_scraper, expired_leases_after, is_crash_loop
from services.scraper.failures.defects import DefectCatcher
from services.scraper.lease import LeaseLost, LeaseTerms, ReleasedOnError, kept_alive
from services.scraper.listing.acceptance import Held
from services.scraper.listing.cut_short import cut_short
from services.scraper.listing.expander import Expander, incomplete_before
from services.scraper.listing.failed import ListingFailed
from services.scraper.sources.judge import Judge, Subject
from services.scraper.sources.shares.shares import Shares
from shared import metrics
from shared.addresses.parse import BadAddress, canonical_url
from shared.catalog.connection import Catalog
from shared.catalog.delivery.outbox import submission_of
from shared.catalog.documents import Playlist, PlaylistState, Submitter
from shared.catalog.operator.playlist_endings import abandon_if_ended
from shared.catalog.playlists.acceptance import SubmissionOptions
from shared.catalog.playlists.lifecycle import (
    NotListed,
    claim_playlist,
    fail_playlist,
    release_playlist,
    renew_playlist,
    set_expanded,
)
from shared.catalog.playlists.lookup import count_found
from shared.catalog.playlists.relisting import payer, waits_for_its_turn
from shared.contracts import Failure, PlaylistFailed, PlaylistSubmitted
from shared.errors import FailureClass, TryLater
from shared.logs import logger
from shared.messaging.publisher import Publisher
from shared.topology import PLAYLISTS_QUEUE

log = logger(__name__)


@dataclass(frozen=True)
class Listings:
    """Lists playlists. If a listing ends early, its lease is given back, or a failure is recorded."""

    catalog: Catalog
    publisher: Publisher
    expander: Expander
    judge: Judge
    shares: Shares
    lease: LeaseTerms

    async def claim_and_list(self, playlist_id: str, submission: PlaylistSubmitted, whose: Submitter | None) -> bool:
        """List a playlist, or send its message again for the time when it may be listed. Returns whether it was listed.

        `whose`: the limited submitter whose share pays for it. Raises TryLater if the lease is lost.
        """
        # Each claim has a name of its own, since this process may list several playlists, and one of them twice.
        owner = f"{self.lease.owner}:{uuid.uuid4().hex[:8]}"
        claimed = await claim_playlist(self.catalog, playlist_id, owner, self.lease.seconds, submission.submitted_at)
        if not isinstance(claimed, NotListed):
            if payer(claimed) == whose:
                return await self._list(claimed, owner)
            # Somebody else has asked for it since the share was checked.
            await release_playlist(self.catalog, playlist_id, owner)
            claimed = NotListed("in-other-hands")
        if claimed.why in ("listed", "gone"):
            log.info("playlist.not_listed", playlist_id=playlist_id, why=claimed.why)
        else:
            await self.publisher.publish_later(submission, PLAYLISTS_QUEUE, claimed.seconds + 1)
        return False

    async def _list(self, playlist: Playlist, owner: str) -> bool:
        """List a claimed playlist and record the result. Returns whether it was listed to its end."""
        playlist_id = playlist["_id"]

        async def give_back(_: BaseException) -> None:
            await release_playlist(self.catalog, playlist_id, owner)

        try:
            async with ReleasedOnError(give_back):
                result = await self._result(playlist, owner)
                if isinstance(result, Failure):
                    await self._record_failure(playlist_id, address_of(playlist), owner, result)
                    return False
                if (ended := await set_expanded(self.catalog, playlist_id, owner)) is None:
                    raise LeaseLost(playlist_id)
                metrics.PLAYLISTS_EXPANDED.labels("expanded", "").inc()
                log.info("playlist.expanded", playlist_id=playlist_id, found=result)
                await self._list_again(ended)
                return True
        except LeaseLost as error:
            log.warning("playlist.lease_lost", playlist_id=playlist_id)
            # A person may have ended the playlist while a page of it was being written into the catalog.
            await abandon_if_ended(self.catalog, playlist_id)
            raise TryLater(1, "the lease was lost") from error

    async def _result(self, playlist: Playlist, owner: str) -> int | Failure:
        """List a playlist while its lease is renewed. Returns the number of its entries, or why it was not listed."""
        with DefectCatcher("playlist") as met:
            if is_crash_loop(playlist):
                return crashes_scraper()
            renew = partial(renew_playlist, self.catalog, playlist["_id"], owner, self.lease.seconds)
            async with kept_alive(playlist["_id"], renew, self.lease.seconds):
                return await self._expand(playlist)
        assert met.failure is not None
        return met.failure

    async def _expand(self, playlist: Playlist) -> int | Failure:
        """List a playlist, and judge its failure if there is one. Returns as `_result` does."""
        subject = Subject.of_playlist(playlist)
        self.judge.begins(subject)
        try:
            held, before = Held(playlist["lease"]["owner"], payer(playlist)), incomplete_before(playlist)
            options = SubmissionOptions.of(playlist)
            return await self.expander.expand(playlist["_id"], address_of(playlist), options, before, held)
        except ListingFailed as error:
            if isinstance(error.cause, Failure):
                return error.cause
            if (failure := await self._cut_short(playlist, subject, error.cause)) is not None:
                return failure
            return await self.judge.judge(error.cause, subject)
        finally:
            self.judge.ended(subject)

    async def _cut_short(self, playlist: Playlist, subject: Subject, evidence: Evidence) -> Failure | None:
        """The failure of a limited submitter's listing that lacks requests; None if it is none, or lacks none."""
        whose = payer(playlist)
        if whose is None or evidence.not_permitted is None or not self.shares.requests:
            return None
        if not self.shares.is_spent(whose["key"]) and not self.expander.lacks_requests(subject.source):
            return None
        found = await count_found(self.catalog, subject.id)
        return cut_short(evidence, whose, self.shares.asked_by(subject.id), self.shares.requests, found)

    async def _record_failure(self, playlist_id: str, url: str, owner: str, failure: Failure) -> None:
        outcome = "refused" if failure.failure_class is FailureClass.PERMANENT else "failed"
        metrics.PLAYLISTS_EXPANDED.labels(outcome, failure.reason).inc()
        log.warning("playlist.failed", playlist_id=playlist_id, reason=failure.reason, detail=failure.detail)
        failed = await fail_playlist(
            self.catalog, playlist_id, owner, failure, desertions=expired_leases_after(failure)
        )
        if failed is None:
            raise LeaseLost(playlist_id)
        if failed["state"] != PlaylistState.WAITING or waits_for_its_turn(failed):
            await self._list_again(failed)
            return
        await self.publisher.publish(
            PlaylistFailed(
                playlist_id=playlist_id,
                url=url,
                failure=failure,
                attempt=failed["attempts"],
                charged=failed["charged"],
                failed_at=failed["state_since"],
            )
        )

    async def _list_again(self, playlist: Playlist) -> None:
        """Send the message of a playlist that was submitted again during its listing."""
        if (seconds := seconds_until_relisting(playlist)) is None:
            return
        if seconds > 0:
            await self.publisher.publish_later(submission_of(playlist), PLAYLISTS_QUEUE, seconds)
        else:
            await self.publisher.publish(submission_of(playlist))


def seconds_until_relisting(playlist: Playlist) -> float | None:
    """Seconds until a playlist whose listing has ended is listed again; 0: now; None: nobody requested it. Pure."""
    if playlist["state"] == PlaylistState.ACCEPTED:
        return 0
    if waits_for_its_turn(playlist):
        return (playlist["retry"]["due_at"] - playlist["state_since"]).total_seconds()
    return None


def address_of(playlist: Playlist) -> str:
    """The address to list: the catalog's, since a message may have that of another list with the same id."""
    with suppress(BadAddress):
        return canonical_url(playlist["url"])
    return playlist["url"]
