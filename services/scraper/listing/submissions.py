"""Handles submissions of playlists: who submitted, whether the submission is new, and whose share pays for it."""

from __future__ import annotations

from dataclasses import dataclass

from services.scraper.listing.listings import Listings
from services.scraper.sources.shares.request_shares import ShareExceeded
from services.scraper.sources.shares.shares import Shares
from shared.addresses.youtube import PlaylistAddress
from shared.catalog.connection import Catalog
from shared.catalog.delivery.outbox import submission_of
from shared.catalog.documents import Playlist
from shared.catalog.operator.playlist_endings import was_deleted
from shared.catalog.playlists.acceptance import SubmissionOptions, accept_playlist
from shared.catalog.playlists.idempotency import submitted_playlist
from shared.catalog.playlists.relisting import Asker, message_in, payer
from shared.contracts import PlaylistSubmitted
from shared.logs import logger
from shared.messaging.publisher import Publisher
from shared.messaging.sender import Sender, current_sender
from shared.topology import PLAYLISTS_QUEUE

log = logger(__name__)

#: The submitter of a message that somebody published at the broker.
BROKER = "broker"


@dataclass(frozen=True)
class Submissions:
    """Handles submissions of playlists."""

    catalog: Catalog
    publisher: Publisher
    shares: Shares
    listings: Listings
    #: Seconds after which a playlist that is submitted at the broker again may be listed again.
    relist_seconds: float = 0

    async def handle(self, message: PlaylistSubmitted, address: PlaylistAddress, source: str) -> bool:
        """List the playlist if it may be listed now; otherwise, if it needs a listing, send its message for later.

        Returns whether the playlist was listed to its end. Raises TryLater if the listing lost its lease.
        """
        playlist_id, known = await submitted_playlist(self.catalog, address, message.playlist_id)
        if known is None and await was_deleted(self.catalog, playlist_id, message.submitted_at):
            log.info("playlist.deleted_meanwhile", playlist_id=playlist_id)
            return False
        submission = message
        if known is None or is_news(message, known):
            known = await self._accept(message, playlist_id, address)
            submission = submission_of(known)
            if (seconds := message_in(known)) is None:
                return False
            if seconds > 0:
                await self.publisher.publish_later(submission, PLAYLISTS_QUEUE, seconds)
                return False
        try:
            whose = payer(known)
            async with self.shares.listing(playlist_id, whose, source):
                return await self.listings.claim_and_list(playlist_id, submission, whose)
        except ShareExceeded as error:
            # Built from the catalog: a copy of a message published by hand would count as another submission.
            await self.publisher.publish_later(submission, PLAYLISTS_QUEUE, error.seconds)
        return False

    async def _accept(self, message: PlaylistSubmitted, playlist_id: str, address: PlaylistAddress) -> Playlist:
        asker = asker_of(current_sender(), self.relist_seconds)
        options = SubmissionOptions(message.profiles, message.limit, message.priority, message.filters)
        accepted, _ = await accept_playlist(self.catalog, playlist_id, address.url, options, asker)
        return accepted


def is_news(message: PlaylistSubmitted, known: Playlist) -> bool:
    """Whether a message is a submission that the catalog does not know yet, so it is not one of our own. Pure."""
    return message.submitted_at is None or message.submitted_at > known["submitted_at"]


def asker_of(sender: Sender, relist_seconds: float) -> Asker:
    """The asker of a message that `sender` submitted at the broker. Pure."""
    key = f"{BROKER}:{sender.user}" if sender.user is not None and not sender.service else BROKER
    return Asker(key, limited=sender.outsider, relist_seconds=relist_seconds)
