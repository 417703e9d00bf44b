"""What is remembered of what happened, and where a listener goes on."""

from services.api.live.live_event import LiveEvent, Place
from services.api.live.recent import FORGOTTEN_AT_ONCE, Recent


def happened(offset: int, stream: str = "a") -> LiveEvent:
    return LiveEvent(Place(offset, f"{stream}{offset}"), (), "{}")


def filled(first: int, last: int, stream: str = "a", remembered: int = 10_000) -> Recent:
    recent = Recent(remembered)
    for offset in range(first, last + 1):
        recent.add(happened(offset, stream))
    return recent


def test_a_listener_goes_on_after_its_place() -> None:
    recent = filled(100, 120)
    assert recent.holds(Place(117, "a117"))
    assert [h.place.offset for h in recent.after(Place(117, "a117"), 500)] == [118, 119, 120]
    assert [h.place.offset for h in recent.after(Place(117, "a117"), 2)] == [118, 119]
    assert recent.after(recent.end(), 500) == []


def test_a_place_that_is_forgotten_or_of_another_stream_is_not_held() -> None:
    recent = filled(100, 120)
    assert not recent.holds(Place(99, "a99"))
    assert not recent.holds(Place(110, "b110"))
    assert not recent.holds(Place(121, "a121"))
    assert recent.is_ahead(Place(121, "a121"))
    assert not recent.is_ahead(Place(120, "a120"))


def test_a_stream_that_begins_anew_is_remembered_anew() -> None:
    recent = filled(100, 120)
    recent.add(happened(0, "b"))
    assert recent.end() == Place(0, "b0")
    assert not recent.holds(Place(120, "a120"))
    # As after a lost connection: read from some time ago once more.
    recent = filled(100, 120)
    for offset in range(105, 123):
        recent.add(happened(offset))
    assert [h.place.offset for h in recent.after(Place(120, "a120"), 500)] == [121, 122]


def test_memory_is_bounded() -> None:
    recent = filled(0, 10 * FORGOTTEN_AT_ONCE, remembered=2 * FORGOTTEN_AT_ONCE)
    kept = recent.after(None, 10**6)
    assert 2 * FORGOTTEN_AT_ONCE <= len(kept) <= 3 * FORGOTTEN_AT_ONCE
    assert kept[-1].place.offset == 10 * FORGOTTEN_AT_ONCE


def test_what_was_never_given_out_is_no_place() -> None:
    assert Place.parse("12-abcdef01") == Place(12, "abcdef01")
    for text in ("", "-", "x-1", "٣-a", "9" * 40 + "-a", "-5-a"):
        assert Place.parse(text) is None, text
