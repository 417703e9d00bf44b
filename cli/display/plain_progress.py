"""Progress for scripts and logs: occasional lines, only when something changed, without control codes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from cli.display.formatting import counted, joined, listed, name_of
from cli.display.live_display import View, others, phase, resting, speed, stored_of_found
from cli.display.times import time_of_day

#: Seconds between two lines, so that a long wait does not fill a log.
EVERY_SECONDS = 10


class PlainProgress:
    """Reports progress through `say`; time is passed in."""

    def __init__(self, say: Callable[[str], object]) -> None:
        self._say = say
        self._reported = ""
        self._reported_at = float("-inf")
        self._away = False

    def show(self, view: View, now: datetime) -> None:
        """Report what changed, unless something was reported a moment ago."""
        if self._away != (view.away_seconds is not None):
            self._away = not self._away
            self._say(f"{time_of_day(now)}  The API {'does not answer; retrying' if self._away else 'answers again'}.")
        text = _summary(view)
        if text == self._reported or now.timestamp() - self._reported_at < EVERY_SECONDS:
            return
        self._reported, self._reported_at = text, now.timestamp()
        self._say(f"{time_of_day(now)}  " + joined([text, speed(view.rate) if view.rate is not None else ""]))


def _summary(view: View) -> str:
    """Return the progress on one line; empty before anything was read."""
    if not view.playlists:
        return ""
    phases = [phase(playlist) for playlist in view.playlists]
    if view.total == 1:
        who = f"{name_of(view.playlists[0])}: {phases[0]}"
    else:
        ended = sum(name in ("done", "waiting", "refused") for name in phases)
        who = f"{counted(view.total, 'playlist')}, {ended} of them done"
    return joined([who, stored_of_found(view.playlists), *listed(others(view.playlists)), *resting(view.playlists)])
