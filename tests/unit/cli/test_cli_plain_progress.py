from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cli.display.plain_progress import PlainProgress
from cli.display.times import time_of_day
from tests.unit.cli.test_cli_live_display import playlist, view

NOW = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)


def test_a_line_now_and_then_and_only_when_something_has_changed() -> None:
    said: list[str] = []
    progress = PlainProgress(said.append)
    begun, further = view([playlist(stored=1, queued=3)]), view([playlist(stored=2, queued=2)])
    for seconds, shown in ((0, begun), (60, begun), (61, further), (62, begun), (63, further)):
        progress.show(shown, NOW + timedelta(seconds=seconds))
    assert said == [
        f"{time_of_day(NOW)}  Evening stories 1: in work · 1 of 4 stored · 0.10 of 9.50 hours · 3 in work",
        f"{time_of_day(NOW + timedelta(seconds=61))}  "
        "Evening stories 1: in work · 2 of 4 stored · 0.20 of 9.50 hours · 2 in work",
    ]


def test_an_absent_api_is_told_at_once_and_its_return_too() -> None:
    said: list[str] = []
    progress = PlainProgress(said.append)
    for seconds, away in ((0, None), (1, 1.0), (2, 2.0), (3, None)):
        progress.show(view([playlist()], away_seconds=away), NOW + timedelta(seconds=seconds))
    assert [line.split("  ", 1)[1] for line in said[1:]] == [
        "The API does not answer; retrying.",
        "The API answers again.",
    ]
