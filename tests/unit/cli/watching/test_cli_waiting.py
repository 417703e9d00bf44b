from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from rich.console import Console

from cli.api.client import Client
from cli.errors import UNREACHABLE, CliError
from cli.waiting import AWAY_SECONDS, wait


class Api:
    """Answers from a list: what the playlist is at each look; the last one for ever. An exception is raised."""

    def __init__(self, *looks: Any, due: str | None = None) -> None:
        self._looks = list(looks)
        self._due = due

    def running(self, playlist: str | None = None) -> list[Any]:
        return []

    def playlist(self, _: str) -> Any:
        look = self._looks.pop(0) if len(self._looks) > 1 else self._looks[0]
        if isinstance(look, Exception):
            raise look
        return look

    def reasons(self, _: str) -> list[Any]:
        return [{"next_due": self._due}]


class Clock:
    """Time that passes only when somebody sleeps."""

    now = 1000.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("time.monotonic", lambda: clock.now)
    monkeypatch.setattr("time.sleep", clock.sleep)
    return clock


def playlist(state: str = "expanded", **counts: int) -> dict[str, Any]:
    all_counts = dict.fromkeys(("queued", "running", "waiting", "stored", "abandoned"), 0) | counts
    progress = {"counts": all_counts, "stored_hours": 0.0, "found_hours": 0.0, "mirrored": 0}
    return {"id": "a", "title": None, "state": state, "progress": progress, "failure": None, "retry_at": None}


def waited(api: Api) -> dict[str, int]:
    [ended] = wait(cast("Client", api), ["a"], Console(file=io.StringIO()), patience_seconds=60)
    counts: dict[str, int] = ended["progress"]["counts"]
    return counts


def in_an_hour() -> str:
    return (datetime.now(UTC) + timedelta(hours=1)).isoformat()


def test_it_waits_until_nothing_is_in_work() -> None:
    assert waited(Api(playlist("accepted"), playlist(queued=1), playlist(running=1), playlist(stored=1)))["stored"] == 1


def test_it_does_not_wait_for_what_is_tried_in_an_hour() -> None:
    assert waited(Api(playlist(waiting=1), due=in_an_hour()))["waiting"] == 1


def test_a_video_that_went_on_while_it_was_asked_for_is_waited_for() -> None:
    looks = [playlist(waiting=2), playlist(waiting=1, queued=1), playlist(waiting=1, stored=1)]
    assert waited(Api(*looks, due=in_an_hour()))["stored"] == 1


def test_an_api_that_is_away_is_waited_for_but_not_for_ever(clock: Clock) -> None:
    away = CliError("The API does not answer.", UNREACHABLE)
    assert waited(Api(*[away] * 50, playlist(stored=1)))["stored"] == 1
    began = clock.now
    with pytest.raises(CliError, match="does not answer"):
        waited(Api(away))
    assert clock.now - began == pytest.approx(AWAY_SECONDS, abs=2)


def test_what_the_api_refuses_ends_the_wait_at_once(clock: Clock) -> None:
    with pytest.raises(CliError, match="no playlist"):
        waited(Api(CliError("There is no playlist.", 2)))
    assert clock.now == Clock.now
