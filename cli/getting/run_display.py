"""The output of `fonoteca get`: progress, files that were not downloaded and why, and the totals."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.filesize import decimal
from rich.status import Status

from cli.api.answers import Json
from cli.context import is_watched, print_json_line
from cli.display.formatting import counted, joined, name_of
from cli.getting.running import Outcome, Tally

#: Seconds between two progress lines in a log.
EVERY_SECONDS = 10


class RunDisplay(AbstractContextManager["RunDisplay"]):
    """Shows a run on a console: as one changing line in a terminal, as lines in a log; outcomes as JSON if asked to."""

    def __init__(self, console: Console, tally: Tally, *, as_json: bool) -> None:
        self._console = console
        self._tally = tally
        self._as_json = as_json
        self._began = time.monotonic()
        self._printed_at = self._began
        self._printed = ""
        self._status: Status | None = console.status("Listing …") if is_watched(console) else None

    def __enter__(self) -> Self:
        if self._status is not None:
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._status is not None:
            self._status.stop()

    def report(self, outcome: Outcome) -> None:
        """Report what became of a file."""
        if self._as_json:
            print_json_line(_as_json(outcome))
        if outcome.why is not None:
            what = f" ({outcome.wanted.name})" if outcome.wanted is not None else ""
            text = f"not downloaded: {outcome.video['id']}{what} {name_of(outcome.video)}: {outcome.why}"
            self._console.print(text, markup=False, soft_wrap=True)

    def refresh(self) -> None:
        """Show the progress; in a log, only every few seconds and only if it changed."""
        if self._status is not None:
            self._status.update(self.sum())
            return
        now, text = time.monotonic(), self.sum()
        if now - self._printed_at >= EVERY_SECONDS and text != self._printed:
            self._printed, self._printed_at = text, now
            self._console.print(text, markup=False)

    def sum(self) -> str:
        """Return the totals, e.g. 2 files downloaded (12 MB, 3 MB/s) · 1 already present · 1 not downloaded."""
        files, seconds = self._tally.files, max(time.monotonic() - self._began, 0.001)
        speed = decimal(int(self._tally.bytes_fetched / seconds))
        return joined(
            [
                f"{counted(files['fetched'], 'file')} downloaded ({decimal(self._tally.bytes_fetched)}, {speed}/s)",
                f"{files['present']} already present" if files["present"] else "",
                f"{files['failed']} not downloaded" if files["failed"] else "",
            ]
        )


def _as_json(outcome: Outcome) -> Json:
    wanted = outcome.wanted
    return {
        "id": outcome.video["id"],
        "title": outcome.video["title"],
        "status": outcome.status,
        "file": wanted.name if wanted is not None else None,
        "profile": wanted.profile if wanted is not None else None,
        "sha256": wanted.sha256 if wanted is not None else None,
        "size_bytes": wanted.size_bytes if wanted is not None else None,
        "path": outcome.path,
        "error": outcome.why,
    }
