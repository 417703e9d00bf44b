"""`playlist.txt`: one address or bare playlist id a line, `#` begins a comment."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from cli.arguments.addresses import playlist_problem


class Line(NamedTuple):
    """A wanted playlist and where it was written."""

    number: int
    address: str
    #: What is wrong with it, if anything.
    problem: str | None


def read_lines(lines: Iterable[str]) -> list[Line]:
    """Every line that names something, judged. A `#` starts a comment only after a space or at the beginning."""
    found: list[Line] = []
    for number, raw in enumerate(lines, 1):
        text = raw.removeprefix("\ufeff").split(" #", 1)[0].split("\t#", 1)[0].strip()
        if text and not text.startswith("#"):
            found.append(Line(number, text, playlist_problem(text)))
    return found
