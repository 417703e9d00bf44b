"""Which events a listener receives, by its position in the stream."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.sse import ServerSentEvent

from services.api.live import listener as listeners
from services.api.live.listener import Listener
from services.api.live.live_event import UNKNOWN_VIDEO, live_event, read_message
from services.api.live.recent_events import RecentEvents
from shared.contracts import wrap
from shared.messaging.consuming.stream import StreamMessage
from tests.live_messages import NOW, mirrored, mirrored_fact, videos


@pytest.fixture
def recent() -> RecentEvents:
    """One event."""
    recent = RecentEvents()
    recent.add(mirrored(0))
    return recent


def test_a_new_listener_receives_no_old_events() -> None:
    # As when the API has just started, and reads what happened within the last hour.
    recent = RecentEvents()
    listener = Listener(recent, None, None)
    recent.add(mirrored(0, datetime.now(UTC) - timedelta(minutes=30)))
    recent.add(mirrored(1, datetime.now(UTC)))
    assert videos(listener.next_events()) == ["youtube:00000000001"]


def test_a_listener_of_one_playlist_receives_only_its_events(recent: RecentEvents) -> None:
    listener = Listener(recent, "youtube:PL2", mirrored(0).position.event_id())
    for number, playlist in ((1, "youtube:PL1"), (2, "youtube:PL2")):
        recent.add(mirrored(number, playlist=playlist))
    assert videos(listener.next_events()) == ["youtube:00000000002"]


def test_many_events_come_in_batches(recent: RecentEvents, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listeners, "BATCH", 2)
    listener = Listener(recent, None, mirrored(0).position.event_id())
    for number in (1, 2, 3):
        recent.add(mirrored(number))
    assert (videos(listener.next_events()), listener.has_more) == (["youtube:00000000001", "youtube:00000000002"], True)
    assert (videos(listener.next_events()), listener.has_more) == (["youtube:00000000003"], False)


def test_a_position_that_is_not_read_yet_is_waited_for(recent: RecentEvents, monkeypatch: pytest.MonkeyPatch) -> None:
    listener = Listener(recent, None, mirrored(2).position.event_id())
    assert list(listener.next_events()) == []
    assert 0 < (listener.catch_up_seconds() or 0) <= listeners.CATCH_UP_SECONDS
    for number in (1, 2, 3):
        recent.add(mirrored(number))
    assert videos(listener.next_events()) == ["youtube:00000000003"]
    assert listener.catch_up_seconds() is None
    monkeypatch.setattr(listeners, "CATCH_UP_SECONDS", 0)
    lost = Listener(recent, None, mirrored(99).position.event_id())
    assert [event.event for event in lost.next_events()] == ["reset"]


@pytest.mark.parametrize("last_id", ["0-another0", "nonsense", ""])
def test_a_position_of_another_stream_is_reset_and_then_follows(recent: RecentEvents, last_id: str) -> None:
    listener = Listener(recent, None, last_id)
    assert [event.event for event in listener.next_events()] == ["reset"]
    recent.add(mirrored(1))
    assert videos(listener.next_events()) == ["youtube:00000000001"]


def test_a_title_comes_from_the_catalog_where_the_message_has_none() -> None:
    assert json.loads(mirrored(7).data)["title"] == "title 7"


def test_an_id_that_no_header_can_hold_becomes_one_that_it_can() -> None:
    body = json.loads(wrap(mirrored_fact("youtube:a"), "sync", NOW))
    body["id"] = "line\nbreak: \0"
    id_ = read_message(StreamMessage(3, json.dumps(body).encode())).position.event_id()
    assert ServerSentEvent(event="happened", id=id_, raw_data="{}").id == id_


def test_an_unreadable_message_has_a_position_and_no_event(recent: RecentEvents) -> None:
    listener = Listener(recent, None, mirrored(0).position.event_id())
    recent.add(live_event(read_message(StreamMessage(1, b"not even JSON")), UNKNOWN_VIDEO))
    assert list(listener.next_events()) == []
    assert listener.position is not None
    assert listener.position.offset == 1
