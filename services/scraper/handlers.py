"""Message → function. No handler acks: what it returns or raises is settled by `shared.messaging.settlement`.

The order in each is effect → state → publish; so whatever dies in between is done again or found again, never lost.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

from services.scraper.attempt.defects import counted_as_failure, is_defect
from services.scraper.attempt.pipeline import AttemptFailed, Fetcher, Stopwatch
from services.scraper.attempt.upload import StoreTrouble
from services.scraper.attempt.video_room import disk_full
from services.scraper.engines.work import Work
from services.scraper.failures import Evidence
from services.scraper.failures.crash_loop import crashes_scraper, deserted_too_often, go_on_from
from services.scraper.lease import LeaseLost, kept_alive
from services.scraper.listing.cut_short import cut_short
from services.scraper.listing.expander import Expander, Held, ListingFailed, incomplete_before
from services.scraper.sources.admission import Intake
from services.scraper.sources.judge import Judge, Subject
from services.scraper.sources.shares import NotYet, Shares
from services.scraper.sources.source_breaker import BACK_SECONDS
from services.scraper.workspace.work_folder import WorkFolder
from shared import metrics
from shared.addresses.parse import BadAddress, canonical_url, playlist_address, refuse_inner_host
from shared.addresses.video_addresses import OtherVideo, asked_address, check_address
from shared.addresses.video_ids import is_well_formed
from shared.addresses.youtube import PlaylistAddress
from shared.catalog.connection import Catalog
from shared.catalog.delivery.outbox import event_of, log_unannounced, mark_announced, submission_of
from shared.catalog.documents import Playlist, PlaylistState, Submitter, Video, VideoState
from shared.catalog.operator.decisions import purge_again
from shared.catalog.operator.playlist_endings import give_up_if_ended, was_deleted
from shared.catalog.playlists.idempotency import submitted_playlist
from shared.catalog.playlists.lifecycle import (
    NotListed,
    SubmissionOptions,
    accept_playlist,
    claim_playlist,
    fail_playlist,
    name_after_video,
    release_playlist,
    renew_playlist,
    set_expanded,
)
from shared.catalog.playlists.relisting import Asker, message_in, payer, waits_for_its_turn
from shared.catalog.reports.progress import submitter_of
from shared.catalog.videos.acceptance import Entry, accept_videos, mark_requested
from shared.catalog.videos.addresses import correct_address, known_address
from shared.catalog.videos.attempt_log import log_entry
from shared.catalog.videos.transitions import Claim, NotClaimed, Stored, claim, fail, finish, release, renew
from shared.contracts import (
    Failure,
    PlaylistFailed,
    PlaylistSubmitted,
    VideoRequested,
)
from shared.errors import CatalogError, FailureClass, StoreUnavailable, TryLater, Unprocessable
from shared.logs import logger
from shared.messaging.publisher import Publisher
from shared.messaging.sender import current_sender
from shared.topology import PLAYLISTS_QUEUE

log = logger(__name__)

#: As who submits: whoever published the message at the broker.
BROKER = "broker"
#: Seconds that giving a claim back may take during a shutdown.
RELEASE_SECONDS = 5


@dataclass(frozen=True)
class Scraper:
    """What the handlers work with."""

    catalog: Catalog
    publisher: Publisher
    expander: Expander
    fetcher: Fetcher
    judge: Judge
    intake: Intake
    work_folder: WorkFolder
    #: Who holds the leases: this process.
    owner: str
    #: Whether playlists may be on hosts that are not on the public internet.
    private_hosts: bool
    lease_seconds: float
    #: What is stored of videos that are new.
    profiles: tuple[str, ...]
    #: Seconds after which a list may be listed again, for whoever submits at the broker.
    relist_seconds: float = 0
    shares: Shares = field(default_factory=Shares)

    async def playlist_submitted(self, message: PlaylistSubmitted) -> None:
        """List the playlist and request its videos."""
        try:
            address = playlist_address(message.url)
            if not self.private_hosts:
                refuse_inner_host(address.url)
        except BadAddress as error:
            raise Unprocessable(str(error)) from error
        with self.intake.admitted(Work.playlist(address.playlist_id, address.url)) as work:
            if await self._submitted(message, address, work.source):
                self.intake.listed(work)

    async def _submitted(self, message: PlaylistSubmitted, address: PlaylistAddress, source: str) -> bool:
        """List it, if there is anything to list. Returns whether it was listed to its end now."""
        playlist_id, known = await submitted_playlist(self.catalog, address, message.playlist_id)
        if known is None and await was_deleted(self.catalog, playlist_id, message.submitted_at):
            log.info("playlist.deleted_meanwhile", playlist_id=playlist_id)
            return False
        submission = message
        if known is None or message.submitted_at is None or message.submitted_at > known["submitted_at"]:
            # No message of ours, whatever it says: the catalog knows of no such submission.
            asker = self._asker()
            wishes = SubmissionOptions(message.profiles, message.limit, message.priority)
            known, _ = await accept_playlist(self.catalog, playlist_id, address.url, wishes, asker)
            submission = submission_of(known)
            if (seconds := message_in(known)) is None:
                return False
            if seconds > 0:
                await self.publisher.publish_later(submission, PLAYLISTS_QUEUE, seconds)
                return False
        try:
            whose = payer(known)
            async with self.shares.listing(playlist_id, whose, source):
                return await self._claim(playlist_id, submission, whose)
        except NotYet as error:
            # As what it is in the catalog: what came by hand would be one more submission.
            await self.publisher.publish_later(submission, PLAYLISTS_QUEUE, error.seconds)
        return False

    def _asker(self) -> Asker:
        """Who submitted at the broker the message that is handled now."""
        sender = current_sender()
        key = f"{BROKER}:{sender.user}" if sender.user is not None and not sender.service else BROKER
        return Asker(key, limited=sender.outsider, relist_seconds=self.relist_seconds)

    async def _claim(self, playlist_id: str, submission: PlaylistSubmitted, whose: Submitter | None) -> bool:
        """List a playlist, or see to it that somebody does when it may be listed. Returns whether it was listed now.

        `whose`: out of whose share.
        """
        # A claim has a name of its own, since this process may list several playlists, and one of them twice.
        owner = f"{self.owner}:{uuid.uuid4().hex[:8]}"
        claimed = await claim_playlist(self.catalog, playlist_id, owner, self.lease_seconds, submission.submitted_at)
        if not isinstance(claimed, NotListed):
            if payer(claimed) == whose:
                return await self._list(claimed, _address_of(claimed), owner)
            # Somebody else asked for it since it was looked at.
            await release_playlist(self.catalog, playlist_id, owner)
            claimed = NotListed("in-other-hands")
        if claimed.why in ("listed", "gone"):
            log.info("playlist.not_listed", playlist_id=playlist_id, why=claimed.why)
        else:
            await self.publisher.publish_later(submission, PLAYLISTS_QUEUE, claimed.seconds + 1)
        return False

    async def _list(self, playlist: Playlist, url: str, owner: str) -> bool:
        playlist_id = playlist["_id"]
        try:
            if deserted_too_often(playlist):
                listed: int | Failure = crashes_scraper()
            else:
                renew = partial(renew_playlist, self.catalog, playlist_id, owner, self.lease_seconds)
                async with kept_alive(playlist_id, renew, self.lease_seconds):
                    listed = await self._listed(playlist, url)
        except LeaseLost as error:
            raise await self._lost(playlist_id) from error
        except BaseException as error:
            if (failure := counted_as_failure(error, "playlist")) is None:
                await _even_while_stopping(release_playlist(self.catalog, playlist_id, owner))
                raise
            listed = failure
        try:
            if isinstance(listed, Failure):
                await self._playlist_failed(playlist_id, url, owner, listed)
                return False
            if (ended := await set_expanded(self.catalog, playlist_id, owner)) is None:
                raise await self._lost(playlist_id)
        except Exception as error:
            if is_defect(error):
                # Its end cannot be written: it goes back, and the consumer counts this on the playlist itself.
                await _even_while_stopping(release_playlist(self.catalog, playlist_id, owner))
            raise
        metrics.PLAYLISTS_EXPANDED.labels("expanded", "").inc()
        log.info("playlist.expanded", playlist_id=playlist_id, found=listed)
        await self._once_more(ended)
        return True

    async def _lost(self, playlist_id: str) -> TryLater:
        """What to raise when the lease of a listing is lost."""
        log.warning("playlist.lease_lost", playlist_id=playlist_id)
        # A person may have ended it while a page of it was on its way into the catalog.
        await give_up_if_ended(self.catalog, playlist_id)
        return TryLater(1, "the lease was lost")

    async def _once_more(self, playlist: Playlist) -> None:
        """A playlist that was submitted anew during its listing is listed again, now or when it may be."""
        if playlist["state"] == PlaylistState.ACCEPTED:
            await self.publisher.publish(submission_of(playlist))
        elif waits_for_its_turn(playlist):
            left = (playlist["retry"]["due_at"] - playlist["state_since"]).total_seconds()
            await self.publisher.publish_later(submission_of(playlist), PLAYLISTS_QUEUE, left)

    async def _listed(self, playlist: Playlist, url: str) -> int | Failure:
        """List a playlist, and judge what went wrong. Returns how many entries it has, or why it was not listed."""
        subject = Subject.of_playlist(playlist)
        self.judge.begins(subject)
        try:
            held, before = Held(playlist["lease"]["owner"], payer(playlist)), incomplete_before(playlist)
            return await self.expander.expand(playlist["_id"], url, SubmissionOptions.of(playlist), before, held)
        except ListingFailed as error:
            if error.evidence is None:
                return error.failure
            if (failure := await self._cut_short(playlist, subject, error.evidence)) is not None:
                return failure
            return await self.judge.judge(error.evidence, subject)
        finally:
            self.judge.ended(subject)

    async def _cut_short(self, playlist: Playlist, subject: Subject, evidence: Evidence) -> Failure | None:
        """The failure of a listing for somebody limited that lacks requests; None: it is none, or lacks none."""
        whose = payer(playlist)
        if whose is None or evidence.not_permitted is None or not self.shares.requests:
            return None
        if not self.shares.is_spent(whose["key"]) and not self.expander.lacks_requests(subject.source):
            return None
        now_known = await self.catalog.playlists.find_one({"_id": subject.id}, {"found": 1})
        found = now_known.get("found", 0) if now_known is not None else 0
        return cut_short(evidence, whose, self.shares.asked_by(subject.id), self.shares.requests, found)

    async def _playlist_failed(self, playlist_id: str, url: str, owner: str, failure: Failure) -> None:
        outcome = "refused" if failure.failure_class is FailureClass.PERMANENT else "failed"
        metrics.PLAYLISTS_EXPANDED.labels(outcome, failure.reason).inc()
        log.warning("playlist.failed", playlist_id=playlist_id, reason=failure.reason, detail=failure.detail)
        failed = await fail_playlist(self.catalog, playlist_id, owner, failure, desertions=go_on_from(failure))
        if failed is None:
            raise await self._lost(playlist_id)
        if failed["state"] != PlaylistState.WAITING or waits_for_its_turn(failed):
            await self._once_more(failed)
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

    async def video_requested(self, message: VideoRequested) -> None:
        """Fetch the video, unless it is stored, waiting, or in other hands."""
        if self.work_folder.too_full():
            self.intake.storage_failed("disk-full", disk_full().detail)
        await self._check_identity(message)
        work = Work.video(message.video_id, message.url)
        with self.intake.admitted(work):
            whose = await submitter_of(self.catalog, message.video_id)
            async with self.shares.download(message.video_id, whose, work.source):
                await self._requested(message)

    async def _requested(self, message: VideoRequested) -> None:
        outcome = await claim(self.catalog, message.video_id, self.owner, self.lease_seconds)
        if isinstance(outcome, NotClaimed) and outcome.why == "unknown":
            await self._accept_unknown(message)
            outcome = await claim(self.catalog, message.video_id, self.owner, self.lease_seconds)
        if isinstance(outcome, NotClaimed):
            await self._not_claimed(outcome)
            return
        await self._attempt(outcome)

    async def _check_identity(self, message: VideoRequested) -> None:
        """Refuse a request whose address is another video's. Raises Unprocessable.

        The catalog may have such an address of a video from before it was looked at; that video is claimed and put
        right, else its own retries would be refused for ever.
        """
        try:
            check_address(message.video_id, message.url)
        except OtherVideo as error:
            if await known_address(self.catalog, message.video_id) != message.url:
                raise Unprocessable(f"The address is not that of the video: {error}") from error

    async def _accept_unknown(self, message: VideoRequested) -> None:
        """A request for a video that no listing brought: accepted as it is. Raises Unprocessable."""
        if not is_well_formed(message.video_id):
            raise Unprocessable(f"{message.video_id} is no id that a video can have here; see VideoId in the contracts")
        now = datetime.now(UTC)
        await accept_videos(
            self.catalog, "url:requested-directly", self.profiles, [Entry(message.video_id, message.url, None)], now
        )
        await mark_requested(self.catalog, [message.video_id], now)

    async def _not_claimed(self, outcome: NotClaimed) -> None:
        """The message must not end before somebody else is sure to move the video on."""
        metrics.ATTEMPTS.labels("duplicate", "", outcome.why).inc()
        match outcome.why:
            case "stored" | "undecided":
                assert outcome.video is not None
                # The scraper of the attempt may have died before it told; the event has the same id each time.
                if "unannounced" in outcome.video or outcome.why == "undecided":
                    await self._announce(outcome.video)
            case "running" | "waiting":
                raise TryLater(outcome.seconds + 1, f"the video is {outcome.why}")
            case _:
                log.info("video.request_dropped", why=outcome.why)

    async def _announce(self, video: Video) -> None:
        """Log an attempt that ended, publish its event, and note that it is published."""
        await log_unannounced(self.catalog, video)
        if (event := event_of(video)) is not None:
            await self.publisher.publish(event)
        await mark_announced(self.catalog, video)

    async def _attempt(self, claimed: Claim) -> None:
        watch = Stopwatch()
        video = claimed.video
        if claimed.was == VideoState.WAITING:
            late = (datetime.now(UTC) - video["retry"]["due_at"]).total_seconds()
            metrics.RETRY_LATENESS_SECONDS.observe(max(0.0, late))
        try:
            await self._put_right(video)
            await log_unannounced(self.catalog, video)
            # The renewal must be over before the state changes: a renewal after it would look like a lost lease.
            if deserted_too_often(video):
                outcome: Stored | AttemptFailed = AttemptFailed(crashes_scraper())
            else:
                outcome = await self._fetch(claimed, watch)
            if isinstance(outcome, AttemptFailed):
                await self._failed(claimed, outcome, watch)
            else:
                await self._stored(claimed, outcome, watch)
        except LeaseLost as error:
            metrics.ATTEMPTS.labels("released", "", "lease-lost").inc()
            await purge_again(self.catalog, video["_id"])
            log.warning("video.lease_lost", video_id=video["_id"], token=claimed.token)
            # Whoever has the video now, this message looks after it once more before it ends.
            raise TryLater(1, "the lease was lost") from error
        except StoreTrouble as error:
            self.intake.storage_failed("object-store", str(error)[:500])
            await self._give_back(claimed, "store-trouble")
            raise TryLater(BACK_SECONDS, f"the object store: {error}") from error
        except BaseException as error:
            if (failure := counted_as_failure(error, "video")) is not None:
                # Given back it would be fetched again and again, and the message parked: nobody would see the video.
                await self._failed_by_defect(claimed, failure, watch, error)
                return
            await self._give_back(claimed, "resting" if isinstance(error, TryLater) else "interrupted")
            raise

    async def _put_right(self, video: Video) -> None:
        """Give a video that the catalog knows by the address of another one its own."""
        id_, wrong = video["_id"], video["url"]
        try:
            check_address(id_, wrong)
        except OtherVideo as error:
            if (right := asked_address(id_, wrong)) != wrong:
                log.warning("video.address_corrected", video_id=id_, detail=str(error))
                await correct_address(self.catalog, id_, wrong, right)
                video["url"] = right

    async def _fetch(self, claimed: Claim, watch: Stopwatch) -> Stored | AttemptFailed:
        video_id = claimed.video["_id"]
        renewing = partial(renew, self.catalog, video_id, claimed.token, self.lease_seconds)
        async with kept_alive(video_id, renewing, self.lease_seconds):
            try:
                return await self.fetcher.fetch(claimed.video, watch)
            except AttemptFailed as error:
                if error.failure.failure_class is FailureClass.STORAGE:
                    # Something else than our work fills the disk: no further one is taken until there is room.
                    self.intake.storage_failed(error.failure.reason, error.failure.detail)
                    raise TryLater(BACK_SECONDS, error.failure.detail) from error
                return error

    async def _stored(self, claimed: Claim, outcome: Stored, watch: Stopwatch) -> None:
        video, now, title = claimed.video, datetime.now(UTC), outcome.metadata.get("title")
        entry = log_entry(video, title=title, failure=None, now=now, seconds=watch.seconds(), stages=watch.stages)
        stored = await finish(self.catalog, video["_id"], claimed.token, outcome, entry)
        if stored is None:
            raise LeaseLost(video["_id"])
        await name_after_video(self.catalog, stored)
        await self._announce(stored)
        if claimed.token > 1:
            # An attempt before this one may have left files that this one has not replaced.
            with suppress(StoreUnavailable):
                await self.fetcher.tidy(stored)
        metrics.ATTEMPTS.labels("stored", "", "").inc()
        log.info(
            "video.stored",
            video_id=video["_id"],
            key=outcome.audio["key"],
            seconds=entry["seconds"],
            audio_seconds=outcome.audio["duration_seconds"],
        )

    async def _failed(self, claimed: Claim, error: AttemptFailed, watch: Stopwatch) -> None:
        video, failure, now = claimed.video, error.failure, datetime.now(UTC)
        entry = log_entry(
            video, title=error.title, failure=failure, now=now, seconds=watch.seconds(), stages=watch.stages
        )
        failed = await fail(
            self.catalog, video["_id"], claimed.token, failure, error.title, entry, desertions=go_on_from(failure)
        )
        if failed is None:
            raise LeaseLost(video["_id"])
        await name_after_video(self.catalog, failed)
        await self._announce(failed)
        metrics.ATTEMPTS.labels("failed", failure.failure_class.value, failure.reason).inc()
        log.warning(
            "video.failed",
            video_id=video["_id"],
            failure_class=failure.failure_class.value,
            reason=failure.reason,
            detail=failure.detail,
        )

    async def _failed_by_defect(self, claimed: Claim, failure: Failure, watch: Stopwatch, error: BaseException) -> None:
        """Let an attempt end with a defect. If that cannot be written either, the consumer counts it on the video."""
        try:
            await self._failed(claimed, AttemptFailed(failure), watch)
        except LeaseLost:
            # The end of the attempt was written already: what failed came after it.
            raise error from None
        except Exception as second:
            await self._give_back(claimed, "defect" if is_defect(second) else "interrupted")
            raise

    async def _give_back(self, claimed: Claim, why: str) -> None:
        """Return a claim uncharged. If that fails too, the lease runs out by itself."""
        metrics.ATTEMPTS.labels("released", "", why).inc()
        await _even_while_stopping(release(self.catalog, claimed.video["_id"], claimed.token))


def _address_of(playlist: Playlist) -> str:
    """Where a playlist is listed: as the catalog says, never a message, which may name another list of the same id."""
    with suppress(BadAddress):
        return canonical_url(playlist["url"])
    return playlist["url"]


async def _even_while_stopping(giving_back: Coroutine[Any, Any, object]) -> None:
    """Give a lease back although this task may be cancelled; without the database it runs out by itself."""
    with suppress(CatalogError, TimeoutError):
        await asyncio.wait_for(asyncio.shield(asyncio.ensure_future(giving_back)), RELEASE_SECONDS)
