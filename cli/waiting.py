"""Waits until playlists are settled, and shows their progress."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from rich.console import Console, RenderableType
from rich.live import Live

from cli.api.answers import Json
from cli.api.client import Client
from cli.context import is_watched
from cli.display.live_display import View, display
from cli.display.plain_progress import PlainProgress
from cli.display.tables import ProgressTable
from cli.display.times import seconds_until
from cli.errors import UNREACHABLE, CliError
from cli.watching.pace import Pace
from cli.watching.watch import Watch, in_work

#: Seconds between two polls, and how many playlists one poll reads at most.
POLL_SECONDS = 1.0
PLAYLISTS_PER_POLL = 10
#: A slow poll is followed by a pause this many times as long, so that the API has time for others.
PAUSE_FACTOR = 2
#: Seconds for which the API may be unavailable.
AWAY_SECONDS = 60
#: Seconds after which a playlist is read once more before the final result is shown.
STALE_SECONDS = 5


def progress_table(playlists: Sequence[Json]) -> RenderableType:
    """Return a table of the playlists' progress."""
    return ProgressTable(playlists)


def settled(playlist: Json, patience_seconds: float = 60) -> bool:
    """Whether nothing more will happen soon: the playlist was listed or refused, and no video is in work."""
    if playlist["state"] == "refused":
        return True
    if playlist["state"] == "waiting":
        return seconds_until(playlist["retry_at"]) > patience_seconds
    return bool(playlist["state"] == "expanded" and in_work(playlist) == 0)


def wait(client: Client, ids: Sequence[str], console: Console, patience_seconds: float) -> list[Json]:
    """Return the playlists once all are settled and no retry is due within `patience_seconds`.

    Raises CliError if the API is unavailable for longer than AWAY_SECONDS.
    """
    waiting = _Waiting(client, ids, patience_seconds)
    with _shown(console, waiting.view) as show:
        while True:
            began = time.monotonic()
            ended = waiting.poll()
            show()
            if ended:
                return waiting.watch.playlists
            time.sleep(max(POLL_SECONDS, PAUSE_FACTOR * (time.monotonic() - began)))


class _Waiting:
    """One wait: the playlists seen so far, their pace, and since when the API is unavailable."""

    def __init__(self, client: Client, ids: Sequence[str], patience_seconds: float) -> None:
        self._client = client
        self._patience = patience_seconds
        self._pace = Pace()
        self._answered = time.monotonic()
        self._away = False
        self.watch = Watch(ids)

    def poll(self) -> bool:
        """Read some playlists. Returns whether all are settled. Raises CliError if the API stays unavailable."""
        try:
            ended = self._poll()
        except CliError as error:
            if error.code != UNREACHABLE or time.monotonic() - self._answered > AWAY_SECONDS:
                raise
            self._away = True
            return False
        self._answered, self._away = time.monotonic(), False
        return ended

    def view(self) -> View:
        """Return what the display shows now."""
        return View(
            playlists=self.watch.playlists,
            total=len(self.watch.ids),
            running=self.watch.running,
            due=self.watch.due,
            rate=self._pace.rate(self.watch.remaining),
            away_seconds=time.monotonic() - self._answered if self._away else None,
        )

    def _poll(self) -> bool:
        ids = self.watch.ids
        self.watch.note_running(self._client.running(ids[0] if len(ids) == 1 else None))
        for id_ in self.watch.next(PLAYLISTS_PER_POLL):
            self._read(id_)
        self._pace.note(time.monotonic(), self.watch.gain)
        if self.watch.over:
            # Some were settled long ago; since then they may have been mirrored, or have started again.
            for id_ in self.watch.stale(time.monotonic() - STALE_SECONDS):
                self._read(id_)
        return self.watch.over

    def _read(self, id_: str) -> None:
        playlist = self._client.playlist(id_)
        is_open, due = not settled(playlist, self._patience), None
        if not is_open and playlist["progress"]["counts"]["waiting"]:
            due = self._next_due(id_)
            counted, playlist = playlist["progress"]["counts"], self._client.playlist(id_)
            # Between the two requests, a waiting video may have gone into work.
            changed = playlist["progress"]["counts"] != counted
            is_open = changed or due is None or seconds_until(due) <= self._patience
        self.watch.note(playlist, time.monotonic(), is_open=is_open, due=due)

    def _next_due(self, id_: str) -> str | None:
        """Return when the first waiting video of a playlist is retried; None if no time is set."""
        due = [row["next_due"] for row in self._client.reasons(id_) if row["next_due"] is not None]
        return min(due, key=seconds_until, default=None)


@contextmanager
def _shown(console: Console, view: Callable[[], View]) -> Iterator[Callable[[], object]]:
    """Show a live display in a terminal, or lines in a log. Yields the function to call after each poll."""
    if not is_watched(console):
        lines = PlainProgress(lambda text: console.print(text, markup=False, soft_wrap=True))
        yield lambda: lines.show(view(), datetime.now(UTC))
        return

    def rendered() -> RenderableType:
        return display(view(), datetime.now(UTC), console.width, console.height - 1)

    with Live(console=console, get_renderable=rendered, refresh_per_second=4, transient=True) as live:
        yield live.refresh
