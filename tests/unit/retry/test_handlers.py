"""What the handlers of the retry service do with a document, apart from the servers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.retry.handlers import Delayed, history_of_playlist, history_of_video, is_current, next_message
from services.retry.policy import History
from shared.catalog.documents import Playlist, PlaylistState, StoredFailure, Video, VideoState
from shared.contracts import Failure, VideoAbandoned, VideoFailed, VideoRequested
from shared.errors import FailureClass
from shared.topology import MAX_DELAY_SECONDS, URGENT_QUEUE, VIDEOS_QUEUE

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
ID = "youtube:dQw4w9WgXcQ"
URL = "https://www.youtube.com/watch?v=dQw4w9WgXcQ"


def stored_failure(kind: FailureClass = FailureClass.TRANSIENT) -> StoredFailure:
    return {"failure_class": kind, "reason": "timeout", "detail": "Read timed out.", "retry_at": None}


def video(state: VideoState = VideoState.WAITING, due_in: float = 30, **more: Any) -> Video:
    found: Video = {
        "_id": ID,
        "accession": 1,
        "extractor": "youtube",
        "source_id": "dQw4w9WgXcQ",
        "url": URL,
        "title": "A title",
        "words": [],
        "spelled": "",
        "duration_seconds": None,
        "profiles": ["mp3-320"],
        "playlists": ["youtube:PL1"],
        "state": state,
        "state_since": NOW,
        "accepted_at": NOW,
        "token": 3,
        "attempts": 3,
        "retry": {
            "failure": stored_failure(),
            "due_at": NOW + timedelta(seconds=due_in),
            "decided": True,
            "charged": 2,
            "in_a_row": 4,
            "first_failed_at": NOW - timedelta(days=1),
            "last_failed_at": NOW,
        },
    }
    found.update(more)  # type: ignore[typeddict-item]  # fields of the same document
    return found


def message(token: int = 3) -> VideoFailed:
    failure = Failure(failure_class=FailureClass.PERMANENT, reason="removed", detail="As anybody may write it.")
    return VideoFailed(video_id=ID, url=URL, title=None, failure=failure, token=token, attempt=1, failed_at=NOW)


def playlist(kind: FailureClass, charged: int) -> Playlist:
    return {
        "_id": "youtube:PL1",
        "url": "https://www.youtube.com/playlist?list=PL1",
        "state": PlaylistState.WAITING,
        "state_since": NOW,
        "accepted_at": NOW,
        "submitted_at": NOW,
        "attempts": charged,
        "charged": charged,
        "retry": {"failure": stored_failure(kind), "due_at": NOW, "in_a_row": 2, "first_failed_at": NOW},
    }


def test_a_message_is_about_the_last_attempt_only() -> None:
    assert is_current(message(), video())
    assert not is_current(message(token=2), video())
    never_failed = video()
    del never_failed["retry"]
    assert not is_current(message(), never_failed)


def test_the_failure_is_the_catalogs_and_not_the_messages() -> None:
    failure, history = history_of_video(video())
    assert (failure.failure_class, failure.reason) == (FailureClass.TRANSIENT, "timeout")
    assert history == History(2, 4, NOW - timedelta(days=1))


def test_a_waiting_video_is_requested_when_it_is_due() -> None:
    request = VideoRequested(video_id=ID, url=URL, attempts=3)
    assert next_message(message(), video(due_in=30), NOW) == Delayed(request, VIDEOS_QUEUE, 30)


def test_an_urgent_video_stays_urgent() -> None:
    found = next_message(message(), video(urgent=True), NOW)
    assert isinstance(found, Delayed)
    assert (found.queue, found.request.urgent) == (URGENT_QUEUE, True)


@pytest.mark.parametrize(("due_in", "sent"), [(MAX_DELAY_SECONDS, True), (MAX_DELAY_SECONDS + 1, False)])
def test_a_wait_that_the_delay_tree_cannot_hold_is_left_to_the_sweeper(due_in: float, sent: bool) -> None:
    assert (next_message(message(), video(due_in=due_in), NOW) is not None) is sent


def test_an_abandoned_video_is_announced() -> None:
    found = next_message(message(), video(VideoState.ABANDONED), NOW)
    assert isinstance(found, VideoAbandoned)
    assert (found.video_id, found.failure.reason, found.attempts) == (ID, "timeout", 3)


@pytest.mark.parametrize("state", [VideoState.QUEUED, VideoState.RUNNING, VideoState.STORED])
def test_a_video_that_has_moved_on_needs_no_message(state: VideoState) -> None:
    assert next_message(message(), video(state), NOW) is None


def test_a_later_attempt_needs_no_message() -> None:
    assert next_message(message(token=2), video(), NOW) is None


@pytest.mark.parametrize(
    ("kind", "charged", "before"),
    [(FailureClass.TRANSIENT, 3, 2), (FailureClass.TOOL, 3, 3), (FailureClass.TRANSIENT, 0, 0)],
)
def test_a_listings_own_failure_is_not_charged_twice(kind: FailureClass, charged: int, before: int) -> None:
    failure, history = history_of_playlist(playlist(kind, charged))
    assert (failure.failure_class, history) == (kind, History(before, 2, NOW))
