"""Tables for people."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from rich.table import Table

from cli.client import Json

_COLOURS = {
    "stored": "green",
    "abandoned": "red",
    "waiting": "yellow",
    "failed": "red",
    "revoked": "red",
    "open": "red",
    "half-open": "yellow",
    "closed": "green",
}


def coloured(state: str) -> str:
    """A state in its colour."""
    colour = _COLOURS.get(state)
    return f"[{colour}]{state}[/]" if colour else state


def clock(iso: str | None) -> str:
    """A moment in local time, to the second."""
    return datetime.fromisoformat(iso).astimezone().strftime("%Y-%m-%d %H:%M:%S") if iso else ""


def plain(text: str | None) -> str:
    """Text from a source, with what rich would take for markup made harmless."""
    return (text or "").replace("[", r"\[")


#: Columns of numbers.
_NUMBERS = {"seconds", "tried again", "given up", "bytes"}


def new_table(*columns: str) -> Table:
    """An empty table without frames."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in columns:
        table.add_column(name, overflow="fold", justify="right" if name in _NUMBERS else "left")
    return table


def videos_table(videos: Iterable[Json]) -> Table:
    """One row a video."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("video", no_wrap=True)
    table.add_column("state", no_wrap=True)
    table.add_column("tries", justify="right")
    table.add_column("length", justify="right", no_wrap=True)
    table.add_column("mirrored")
    table.add_column("title, or why and until when", overflow="fold")
    for video in videos:
        audio = video["audio"]
        table.add_row(
            video["id"],
            coloured(video["state"]),
            str(video["attempts"]),
            length(audio["duration_seconds"]) if audio else "",
            "yes" if video["mirror"] else "",
            why(video) or plain(video["title"]),
        )
    return table


def length(seconds: float) -> str:
    """1:02:03"""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def why(video: Json) -> str:
    """Why a video is not stored, and when it is tried again; the whole error is in its logs."""
    failure = video["failure"]
    if failure is None or video["state"] == "stored":
        return ""
    until = f" until {clock(video['due_at'])}" if video["due_at"] else ""
    return f"{failure['reason']}{until}"


def attempts_table(attempts: Iterable[Json]) -> Table:
    """One row an attempt."""
    table = new_table("when", "status", "reason", "seconds", "stages", "error")
    for attempt in attempts:
        stages = " ".join(f"{stage} {seconds:.2f}" for stage, seconds in attempt["stages"].items())
        table.add_row(
            clock(attempt["timestamp"]),
            coloured(attempt["status"]),
            attempt["reason"] or "",
            f"{attempt['seconds']:.2f}",
            stages,
            plain(attempt["error"]),
        )
    return table
