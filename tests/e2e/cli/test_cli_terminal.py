"""`fonoteca submit --wait` as a person sees it: in a real terminal, at the start, in the middle, at the end.

With FONOTECA_SCREENS=<folder> the screens are left there as text.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyte
import pytest

from dev.site.client import set_latency, set_speed
from dev.stack import Stack
from tests.e2e.pipeline import LIMIT

FONOTECA = str(Path(sys.executable).parent / "fonoteca")
COLUMNS, ROWS = 100, 30
#: Bytes a second of the site while something is looked at: the long recordings take minutes, the short ones seconds.
SLOW = 30_000
#: How a screen ends: what stands below is drawn last, so that nothing of it is missing.
HINT = "Ctrl-C ends this display, not the work."
SPEED = re.compile(rf"videos/min · .* × real time.*\n{HINT}")


class Terminal:
    """A program in a terminal, and what stands on its screen."""

    def __init__(self, *command: str, **environment: str) -> None:
        self._screen = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.ByteStream(self._screen)
        self._pid, self._descriptor = pty.fork()
        if self._pid == 0:
            # As a shell starts what stands in the foreground, however these tests were started themselves.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
            os.execve(command[0], command, {**_clean_environment(), "TERM": "xterm-256color", **environment})
        self._code: int | None = None

    @property
    def text(self) -> str:
        """The screen."""
        return "\n".join(line.rstrip() for line in self._screen.display).rstrip()

    @property
    def cursor_shown(self) -> bool:
        """Whether the cursor is left as it was found."""
        return not self._screen.cursor.hidden

    def until(self, condition: Callable[[str], object], what: str) -> str:
        """The screen once a condition holds."""
        end = time.monotonic() + LIMIT
        while not condition(self.text):
            if time.monotonic() > end or not self._read():
                pytest.fail(f"the screen never showed {what}; at last it was:\n{self.text}")
        return self.text

    def ended(self) -> int:
        """The exit code."""
        while self._code is None and self._read():
            pass
        if self._code is None:
            self._code = os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])
        return self._code

    def type(self, keys: str) -> None:
        """Press keys."""
        os.write(self._descriptor, keys.encode())

    def close(self) -> None:
        """End the program, if it has not ended."""
        if self._code is None:
            os.kill(self._pid, 9)
            self.ended()
        os.close(self._descriptor)

    def _read(self) -> bool:
        """Take what was written meanwhile. Whether there may be more."""
        if not select.select([self._descriptor], [], [], 0.2)[0]:
            return True
        try:
            written = os.read(self._descriptor, 65_536)
        except OSError:
            # Linux' way to say that nobody holds the other end any more.
            return False
        self._stream.feed(written)
        return bool(written)


def _clean_environment() -> dict[str, str]:
    ours = ("API_", "FONOTECA_", "COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


@contextmanager
def fonoteca(stack: Stack, *arguments: str) -> Iterator[Terminal]:
    terminal = Terminal(FONOTECA, "--env-file", str(stack.env_file), *arguments)
    try:
        yield terminal
    finally:
        terminal.close()


@pytest.fixture
def slow_site(stack: Stack) -> Iterator[Callable[[int], None]]:
    """The site with slow media; called with a speed it gets that one (0: as fast as it goes)."""
    set_speed(stack.exports, SLOW)
    yield lambda speed: set_speed(stack.exports, speed)
    set_speed(stack.exports, 0)
    set_latency(stack.exports, 0)


@pytest.fixture
def keep(tmp_path: Path) -> Callable[[str, str], None]:
    """Writes a screen down, for people to look at."""
    folder = Path(os.environ.get("FONOTECA_SCREENS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)

    def write(name: str, text: str) -> None:
        (folder / f"{name}.txt").write_text(text + "\n")

    return write


def _videos(prefix: str) -> list[dict[str, Any]]:
    slow = [
        {"id": f"{prefix}slow{n}", "title": f"Long tale {n}: the tortoise and the hare", "seconds": 120, "take": n}
        for n in (1, 2, 3)
    ]
    quick = [{"id": f"{prefix}fast{n}", "title": f"Riddle {n}", "seconds": 3} for n in (1, 2, 3)]
    return [
        *quick,
        *slow,
        {"id": f"{prefix}priv1", "title": "Family only", "trouble": "private"},
        {"id": f"{prefix}flak1", "title": "Flaky", "seconds": 3, "trouble": "server-error", "trouble_tries": 2},
    ]


def test_a_person_sees_how_it_begins_goes_on_and_ends(
    stack: Stack,
    add_to_site: Callable[..., str],
    slow_site: Callable[[int], None],
    keep: Callable[[str, str], None],
) -> None:
    url = add_to_site("PLterminal0001", _videos("termin"), title="Contes du soir: [evening] stories of Abomey")
    set_latency(stack.exports, 2)
    with fonoteca(stack, "submit", url, "--wait", "--patience", "30") as terminal:
        start = terminal.until(lambda text: "being listed" in text and HINT in text, "that it is being listed")
        keep("1-start", start)
        set_latency(stack.exports, 0)

        middle = terminal.until(
            lambda text: re.search(r"[34] of 8 stored", text) and "\n3 in work" in text and SPEED.search(text),
            "the short videos stored and the long ones in work",
        )
        keep("2-middle", middle)
        lines = middle.splitlines()
        assert lines[0] == "Contes du soir: [evening] stories of Abomey  in work"
        assert re.match(r"━+╍+─+  \d of 8 stored · \d\.\d\d of 0\.\d\d hours$", lines[1])
        assert re.match(r"3 in work · [12] waiting · .*mirrored", lines[2])
        assert sum("Long tale" in line for line in lines if line.startswith("▸")) == 3
        slow_site(0)

        assert terminal.ended() == 0, terminal.text
        end = terminal.text
        keep("3-end", end)
        assert HINT not in end
        [heading, row] = end.splitlines()
        assert heading == "Contes du soir: [evening] stories of Abomey  expanded"
        assert re.match(r"  7 of 8 stored · 0\.\d\d (of 0\.\d\d )?hours · (\d mirrored · )?1 waiting$", row)
        assert terminal.cursor_shown


def test_ctrl_c_ends_the_display_and_not_the_work(
    stack: Stack, add_to_site: Callable[..., str], slow_site: Callable[[int], None]
) -> None:
    url = add_to_site("PLterminal0002", _videos("ctrlcc"), title="Interrupted")
    with fonoteca(stack, "submit", url, "--wait") as terminal:
        terminal.until(lambda text: "Long tale" in text, "a video in work")
        terminal.type("\x03")
        assert terminal.ended() == 130
        assert "The work goes on" in terminal.text
        assert "fonoteca status youtube:PLterminal0002" in terminal.text
        assert terminal.cursor_shown
    slow_site(0)
    with fonoteca(stack, "submit", url, "--wait", "--patience", "30") as terminal:
        assert terminal.ended() == 0, terminal.text


def test_an_api_that_goes_away_and_comes_back_does_not_end_the_wait(
    stack: Stack, add_to_site: Callable[..., str], slow_site: Callable[[int], None], keep: Callable[[str, str], None]
) -> None:
    url = add_to_site("PLterminal0003", _videos("apiawa"), title="Restarted")
    with fonoteca(stack, "submit", url, "--wait", "--patience", "30") as terminal:
        terminal.until(lambda text: "Long tale" in text, "a video in work")
        stack.programs["api"].stop()
        away = terminal.until(lambda text: "has not answered for" in text, "that the API is away")
        keep("4-away", away)
        assert "Long tale" in away
        stack.start_again("api")
        terminal.until(lambda text: "has not answered" not in text, "that the API is back")
        slow_site(0)
        assert terminal.ended() == 0, terminal.text
        assert "expanded" in terminal.text
