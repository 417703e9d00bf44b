"""The player's model, worked by hand. All in seconds; media is 100 s long unless a line says otherwise."""

from __future__ import annotations

import pytest

from services.scraper.measuring.player import Playback, Stall, Thresholds, play

#: Pytomo's.
PLAYER = Thresholds(start=2.0, stall=0.1, resume=1.0)


def played(*arrivals: tuple[float, float], ended: float, duration: float = 100.0) -> Playback:
    return play(arrivals, ended, duration=duration, thresholds=PLAYER)


def test_it_starts_when_two_seconds_of_media_are_there() -> None:
    found = played((0.5, 1.0), (0.8, 1.9), (1.0, 2.0), (1.5, 4.0), ended=1.5)
    assert found.startup_delay == 1.0
    assert found.buffered_at_start == 2.0
    # It has played for half a second of the four that have arrived.
    assert (found.played, found.buffered_at_end) == (0.5, 3.5)
    assert found.stalls == ()


def test_it_stalls_when_a_tenth_is_left_and_plays_again_above_one_second() -> None:
    # Plays from 1.0 with 2 s; a tenth is left at 2.9. At 5.0 there is 1.1 s again: 3.0 arrived, 1.9 played.
    found = played((1.0, 2.0), (4.0, 2.5), (5.0, 3.0), ended=5.0)
    assert [(round(s.begin, 9), s.end) for s in found.stalls] == [(2.9, 5.0)]
    assert found.stalled == pytest.approx(2.1)
    assert found.played == pytest.approx(1.9)
    assert found.buffered_at_end == pytest.approx(1.1)


def test_exactly_one_second_is_not_above_it() -> None:
    # 1.9 played; 2.9 arrived at 5.0 is exactly one second.
    found = played((1.0, 2.0), (5.0, 2.9), (6.0, 3.0), ended=6.0)
    assert [stall.end for stall in found.stalls] == [6.0]


def test_media_that_comes_at_the_last_moment_prevents_a_stall() -> None:
    # At 2.9 exactly a tenth is left, which is not less than a tenth.
    found = played((1.0, 2.0), (2.9, 4.0), ended=2.9)
    assert found.stalls == ()
    assert found.played == pytest.approx(1.9)


def test_two_stalls_and_one_that_lasts_until_the_download_ends() -> None:
    found = played((1.0, 2.0), (4.0, 3.2), (9.0, 3.3), ended=10.0)
    # 1: 2.9 to 4.0, with 1.9 played. 2: 1.2 s of the 1.3 are played by 5.2.
    assert found.stalls[0].end == 4.0
    assert found.stalls[1].begin == pytest.approx(5.2)
    assert found.stalls[1].end is None
    assert found.stalled == pytest.approx(1.1 + 4.8)
    assert found.played == pytest.approx(3.1)


def test_a_short_recording_plays_at_once_when_all_of_it_is_there() -> None:
    found = played((0.4, 1.5), ended=0.4, duration=1.5)
    assert found.startup_delay == 0.4
    assert (found.played, found.buffered_at_end, found.stalls) == (0.0, 1.5, ())


def test_at_its_end_it_waits_for_nothing() -> None:
    # All 3 s are there at 2.5; it plays them to their end at 4.0 and is not stalled after it.
    found = played((1.0, 2.0), (2.5, 3.0), ended=20.0, duration=3.0)
    assert found.stalls == ()
    assert (found.played, found.buffered_at_end) == (3.0, 0.0)


def test_a_stall_ends_when_the_rest_has_come_however_short() -> None:
    found = played((1.0, 2.0), (5.0, 2.3), ended=6.0, duration=2.3)
    assert [(round(stall.begin, 9), stall.end) for stall in found.stalls] == [(2.9, 5.0)]
    assert found.played == pytest.approx(2.3)


def test_what_never_has_enough_never_plays() -> None:
    found = played((1.0, 0.5), (50.0, 1.9), ended=60.0)
    assert found == Playback(None, (), 0, 0.0, 1.9, None)
    assert played(ended=5.0) == Playback(None, (), 0, 0.0, 0.0, None)


def test_other_thresholds() -> None:
    eager = play([(1.0, 0.5), (2.0, 1.0)], 2.0, duration=100, thresholds=Thresholds(0.5, 0.0, 0.2))
    # All of the half second is played by 1.5; more than 0.2 s is there at 2.0.
    assert eager.startup_delay == 1.0
    assert eager.stalls == (Stall(1.5, 2.0),)
