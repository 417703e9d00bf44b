"""Which events are kept, and where a listener resumes."""

from services.api.live.live_event import LiveEvent, StreamPosition
from services.api.live.recent_events import DROPPED_AT_ONCE, RecentEvents


def happened(offset: int, stream: str = "a") -> LiveEvent:
    return LiveEvent(StreamPosition(offset, f"{stream}{offset}"), (), "{}")


def filled(first: int, last: int, stream: str = "a", max_events: int = 10_000) -> RecentEvents:
    recent = RecentEvents(max_events)
    for offset in range(first, last + 1):
        recent.add(happened(offset, stream))
    return recent


def test_a_listener_resumes_after_its_position() -> None:
    recent = filled(100, 120)
    assert recent.holds(StreamPosition(117, "a117"))
    assert [event.position.offset for event in recent.after(StreamPosition(117, "a117"), 500)] == [118, 119, 120]
    assert [event.position.offset for event in recent.after(StreamPosition(117, "a117"), 2)] == [118, 119]
    assert recent.after(recent.end(), 500) == []


def test_a_position_that_was_dropped_or_is_of_another_stream_is_not_held() -> None:
    recent = filled(100, 120)
    assert not recent.holds(StreamPosition(99, "a99"))
    assert not recent.holds(StreamPosition(110, "b110"))
    assert not recent.holds(StreamPosition(121, "a121"))
    assert recent.is_ahead(StreamPosition(121, "a121"))
    assert not recent.is_ahead(StreamPosition(120, "a120"))


def test_a_stream_that_restarts_drops_the_earlier_events() -> None:
    recent = filled(100, 120)
    recent.add(happened(0, "b"))
    assert recent.end() == StreamPosition(0, "b0")
    assert not recent.holds(StreamPosition(120, "a120"))
    # As after a lost connection: read from some time ago once more.
    recent = filled(100, 120)
    for offset in range(105, 123):
        recent.add(happened(offset))
    assert [event.position.offset for event in recent.after(StreamPosition(120, "a120"), 500)] == [121, 122]


def test_memory_is_bounded() -> None:
    recent = filled(0, 10 * DROPPED_AT_ONCE, max_events=2 * DROPPED_AT_ONCE)
    kept = recent.after(None, 10**6)
    assert 2 * DROPPED_AT_ONCE <= len(kept) <= 3 * DROPPED_AT_ONCE
    assert kept[-1].position.offset == 10 * DROPPED_AT_ONCE


def test_an_id_that_no_event_has_is_no_position() -> None:
    assert StreamPosition.parse("12-abcdef01") == StreamPosition(12, "abcdef01")
    for text in ("", "-", "x-1", "٣-a", "9" * 40 + "-a", "-5-a"):
        assert StreamPosition.parse(text) is None, text
