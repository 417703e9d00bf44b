"""What a listing decides: whether it is news, who asked, whether it is complete, when it comes again. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from services.scraper.engines.values import ListedVideo, ListingEnded, ListingGap
from services.scraper.listing.acceptance import UNHELD, Progress, entries_of, entry_of
from services.scraper.listing.expander import check_completeness, incomplete_before
from services.scraper.listing.failed import ListingFailed
from services.scraper.listing.listings import address_of, seconds_until_relisting
from services.scraper.listing.submissions import asker_of, is_news
from shared.catalog.documents import Playlist
from shared.contracts import PlaylistSubmitted
from shared.contracts.reasons import Reason
from shared.messaging.sender import Sender

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
URL = "https://www.youtube.com/playlist?list=PLdecisions01"
WATCH = "https://www.youtube.com/watch?v="


def playlist(**fields: Any) -> Playlist:
    return cast("Playlist", {"_id": "youtube:PLdecisions01", "url": URL, "submitted_at": NOW, **fields})


@pytest.mark.parametrize(
    ("submitted_at", "news"),
    [(None, True), (NOW, False), (NOW - timedelta(seconds=1), False), (NOW + timedelta(seconds=1), True)],
)
def test_a_message_is_news_unless_the_catalog_knows_its_submission(submitted_at: datetime | None, news: bool) -> None:
    message = PlaylistSubmitted(url=URL, submitted_at=submitted_at)
    assert is_news(message, playlist()) is news


@pytest.mark.parametrize(
    ("sender", "key", "limited"),
    [
        (Sender(None, service=False), "broker", False),
        (Sender("guest", service=False), "broker:guest", False),
        (Sender("alice", service=False, outsider=True), "broker:alice", True),
        (Sender(None, service=False, outsider=True), "broker", True),
        # One of our own services hands on what it was given: it asks for nothing itself.
        (Sender("fonoteca-api", service=True), "broker", False),
    ],
)
def test_who_submits_at_the_broker_is_who_the_broker_says(sender: Sender, key: str, limited: bool) -> None:
    asker = asker_of(sender, 900)
    assert (asker.key, asker.limited, asker.relist_seconds) == (key, limited, 900)


PROVEN, DOUBTFUL = ListingGap("page 2 is missing"), ListingGap("it ended early", proven=False)


@pytest.mark.parametrize(
    ("ended", "found", "before", "reason"),
    [
        (ListingEnded(1), 3, None, None),
        (ListingEnded(1), 0, None, "empty-playlist"),
        (ListingEnded(1, PROVEN), 3, None, Reason.LISTING_INCOMPLETE),
        (ListingEnded(1, PROVEN), 3, 3, Reason.LISTING_INCOMPLETE),
        (ListingEnded(1, DOUBTFUL), 3, None, Reason.LISTING_INCOMPLETE),
        (ListingEnded(1, DOUBTFUL), 3, 2, Reason.LISTING_INCOMPLETE),
        (ListingEnded(1, DOUBTFUL), 3, 3, None),
        (ListingEnded(1, DOUBTFUL), 0, 0, "empty-playlist"),
        (None, 3, 3, Reason.LISTING_INCOMPLETE),
        (None, 0, None, Reason.LISTING_INCOMPLETE),
    ],
)
def test_a_list_is_complete_if_its_source_showed_its_end_or_ended_it_twice_alike(
    ended: ListingEnded | None, found: int, before: int | None, reason: str | None
) -> None:
    if reason is None:
        check_completeness(ended, found, before)
        return
    with pytest.raises(ListingFailed) as failed:
        check_completeness(ended, found, before)
    assert failed.value.cause.reason == reason


def test_only_an_incomplete_listing_is_compared_with_the_next() -> None:
    last = {"failure": {"reason": Reason.LISTING_INCOMPLETE}}
    assert incomplete_before(playlist(found_before=7, retry=last)) == 7
    assert incomplete_before(playlist(found_before=7, retry={"failure": {"reason": "timeout"}})) is None
    assert incomplete_before(playlist(found_before=7)) is None
    assert incomplete_before(playlist(retry=last)) is None


def test_a_playlist_comes_again_if_it_was_submitted_again() -> None:
    lately = {"failure": {"reason": Reason.LISTED_LATELY}, "due_at": NOW + timedelta(seconds=90)}
    failed = {"failure": {"reason": "timeout"}, "due_at": NOW + timedelta(seconds=90)}
    assert seconds_until_relisting(playlist(state="accepted")) == 0
    assert seconds_until_relisting(playlist(state="waiting", state_since=NOW, retry=lately)) == 90
    assert seconds_until_relisting(playlist(state="waiting", state_since=NOW, retry=failed)) is None
    for ended in ("expanded", "refused", "expanding"):
        assert seconds_until_relisting(playlist(state=ended)) is None


def test_a_playlist_is_listed_at_its_canonical_address_if_it_has_one() -> None:
    assert address_of(playlist(url=f"{URL}&index=3&pp=x")) == URL
    assert address_of(playlist(url="nonsense")) == "nonsense"


def test_an_entry_is_the_video_that_its_address_names() -> None:
    entry = entry_of(ListedVideo("youtube:decisions01", WATCH + "decisions01", "A title", 12.0, "A channel"))
    assert (entry.video_id, entry.url) == ("youtube:decisions01", WATCH + "decisions01")
    assert (entry.title, entry.duration_seconds, entry.channel) == ("A title", 12.0, "A channel")


def test_entries_that_cannot_be_accepted_are_left_out() -> None:
    progress = Progress("youtube:PLdecisions01", ("mp3-320",), urgent=False, held=UNHELD)
    good = ListedVideo("youtube:decisions01", WATCH + "decisions01", None)
    contradiction = ListedVideo("soundcloud:decisions02", WATCH + "decisions02", None)
    unspeakable = ListedVideo("youtube:" + "x" * 5000, WATCH + "x", None)
    found = [entry.video_id for entry in entries_of(progress, [good, contradiction, unspeakable, ListingEnded(1)])]
    assert "youtube:decisions01" in found
    assert all(len(video_id) < 1000 for video_id in found)
    assert progress.found == 0, "counted when they are accepted"
