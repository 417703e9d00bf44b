from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rich.console import Console

from cli.display.bar import bar
from cli.display.live_display import View, display
from cli.watching.pace import Rate

NOW = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)


def playlist(number: int = 1, state: str = "expanded", **counts: int) -> dict[str, Any]:
    all_counts = dict.fromkeys(("queued", "running", "waiting", "stored", "abandoned"), 0) | counts
    progress = {"counts": all_counts, "stored_hours": all_counts["stored"] / 10, "found_hours": 9.5, "mirrored": 0}
    failure = {"failure_class": "permanent", "reason": "private", "detail": "It is private."}
    return {
        "id": f"youtube:PL{number}",
        "title": f"Evening stories {number}",
        "state": state,
        "progress": progress,
        "failure": failure if state == "refused" else None,
        "retry_at": None,
    }


def running(number: int, title: str = "The tortoise") -> dict[str, Any]:
    since = NOW - timedelta(seconds=number * 61)
    return {"id": f"youtube:{number}", "title": f"{title} {number}", "state_since": since.isoformat()}


def view(playlists: list[Any], videos: int = 0, total: int | None = None, **more: Any) -> View:
    known: dict[str, Any] = {"due": {}, "rate": None, "away_seconds": None, **more}
    return View(playlists, len(playlists) if total is None else total, [running(n) for n in range(videos)], **known)


def lines(shown: View, width: int = 100, height: int = 29) -> list[str]:
    console = Console(file=io.StringIO(), width=width, height=height, color_system=None)
    console.print(display(shown, NOW, width, height))
    assert isinstance(console.file, io.StringIO)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def test_one_playlist_with_all_there_is_to_say() -> None:
    rate = Rate(videos_per_minute=14.2, times_real_time=32, seconds_left=190)
    found = playlist(queued=3, running=1, waiting=1, stored=4, abandoned=1)
    assert lines(view([found], 2, rate=rate)) == [
        "Evening stories 1  in work",
        "━━━━━━━━━━━━━━━━××××╍╍╍╍────────────────  4 of 10 stored · 0.40 of 9.50 hours",
        "4 in work · 1 waiting · 1 abandoned",
        "",
        "▸  1 min  The tortoise 1",
        "▸    0 s  The tortoise 0",
        "",
        "14 videos/min · 32 × real time · about 3 min left",
        "Ctrl-C ends this display, not the work.",
    ]


def test_a_refused_one_says_why_and_an_absent_api_since_when() -> None:
    shown = lines(view([playlist(state="refused")], away_seconds=12))
    assert shown[:2] == ["Evening stories 1  refused", "It is private."]
    assert "The API has not answered for 12 s; retrying." in shown


def test_of_what_is_being_listed_nothing_is_counted_yet() -> None:
    assert lines(view([playlist(state="expanding")]))[1] == "─" * 40 + "  nothing found yet"


def test_hundreds_show_those_in_work_and_sum_up_the_rest() -> None:
    many = [playlist(n, state="accepted") for n in range(300)]
    many[7], many[8] = playlist(7, stored=4, running=1), playlist(8, stored=5)
    shown = lines(view(many, 3, total=320))
    assert shown[0] == "320 playlists · 1 done"
    assert "Evening stories 7" in shown[4]
    assert shown[5] == "and 319 more: 298 to be listed · 1 done · 20 not read yet"


@pytest.mark.parametrize("height", [8, 12, 24, 29, 60])
@pytest.mark.parametrize("number", [1, 2, 5, 6, 20, 500])
@pytest.mark.parametrize("width", [40, 80, 100])
def test_it_stays_within_the_terminal(height: int, number: int, width: int) -> None:
    title = "名前 [bold] a very long title that goes on and on and on and on and on and on and on and on and on"
    many = [{**playlist(n, stored=1000, waiting=20, abandoned=3, queued=99), "title": title} for n in range(number)]
    shown = lines(view(many, 30, away_seconds=3, rate=Rate(1, 2, 3)), width, height)
    assert len(shown) <= height
    assert shown[-1].startswith("The API has not")


def test_a_bar_marks_what_is_rare_and_is_full_only_when_all_is_stored() -> None:
    drawn = bar({"stored": 9990, "abandoned": 1, "waiting": 1, "queued": 8, "running": 0}, 20).plain
    assert (len(drawn), drawn.count("×"), drawn.count("╍"), drawn.count("─")) == (20, 1, 1, 1)
    assert bar({"stored": 3, "abandoned": 0, "waiting": 0}, 20).plain == "━" * 20
    assert bar({"stored": 0, "abandoned": 0, "waiting": 0}, 20).plain == "─" * 20
