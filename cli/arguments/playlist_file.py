"""`playlist.txt`: one address or playlist id per line; `#` starts a comment."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from cli.arguments.addresses import playlist_problem


class Line(NamedTuple):
    """A playlist to submit, and its place in the file."""

    number: int
    address: str
    #: What is wrong with it, if anything.
    problem: str | None


def read_lines(lines: Iterable[str]) -> list[Line]:
    """Return the lines that name something. A `#` starts a comment only at the beginning or after a blank."""
    found: list[Line] = []
    for number, raw in enumerate(lines, 1):
        text = raw.removeprefix("\ufeff").split(" #", 1)[0].split("\t#", 1)[0].strip()
        if text and not text.startswith("#"):
            found.append(Line(number, text, playlist_problem(text)))
    return found
