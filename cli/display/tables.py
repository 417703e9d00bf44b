"""Tables for people. They fit 80 columns: only titles are truncated, at their end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cli.api.answers import Json
from cli.display.formatting import coloured, hours_of, joined, length, name_of, plain, tidy, why
from cli.display.times import moment
from cli.watching.watch import in_work

#: Width of a terminal, in columns, that has room for everything: in the table of videos, in that of playlists.
WIDE, WIDER = 100, 110
#: Columns of numbers.
_NUMBERS = {"seconds", "open", "abandoned", "bytes", "objects", "number", "tries", "length"}
#: Columns whose texts may wrap.
_TEXTS = {"why", "error", "stages", "what", "where", "what is done", "takes messages from", "sends messages to", "name"}


def new_table(*columns: str) -> Table:
    """Return an empty table without frames. Only texts wrap, between words; ids and times do not."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in columns:
        table.add_column(
            name,
            overflow="fold",
            no_wrap=name not in _TEXTS,
            justify="right" if name in _NUMBERS else "left",
        )
    return table


def title(text: str) -> Text:
    """Return a cell that is truncated at its end if it is too long."""
    return Text(text, no_wrap=True, overflow="ellipsis")


class ProgressTable:
    """The progress of playlists: one row each; in a narrow terminal two lines each."""

    def __init__(self, playlists: Sequence[Json]) -> None:
        self._playlists = playlists

    def __rich_console__(self, _: Console, options: ConsoleOptions) -> RenderResult:
        yield self._rows() if options.max_width >= WIDER else Group(*map(_lines, self._playlists))

    def _rows(self) -> Table:
        table = Table(box=None, pad_edge=False, header_style="bold")
        table.add_column("playlist", max_width=40)
        table.add_column("state", no_wrap=True)
        for name in ("found", "stored", "mirrored", "in work", "waiting", "abandoned", "hours"):
            table.add_column(name, justify="right", no_wrap=True)
        for playlist in self._playlists:
            table.add_row(
                title(name_of(playlist)),
                coloured(playlist["state"]),
                *(_numbers(playlist).values()),
                _hours(playlist).removesuffix(" hours"),
            )
        return table


def _numbers(playlist: Json) -> dict[str, str]:
    """Return name → number, coloured if it is not 0."""
    progress, counts = playlist["progress"], playlist["progress"]["counts"]
    return {
        "found": str(playlist["found"]),
        "stored": f"[green]{counts['stored']}[/]",
        "mirrored": str(progress["mirrored"]),
        "in work": str(in_work(playlist)),
        "waiting": f"[yellow]{counts['waiting']}[/]" if counts["waiting"] else "0",
        "abandoned": f"[red]{counts['abandoned']}[/]" if counts["abandoned"] else "0",
    }


def _hours(playlist: Json) -> str:
    return hours_of(playlist["progress"]["stored_hours"], playlist["progress"]["found_hours"])


def _lines(playlist: Json) -> RenderableType:
    numbers = _numbers(playlist)
    stored, found = numbers.pop("stored"), sum(playlist["progress"]["counts"].values())
    del numbers["found"]
    parts = [f"{stored} of {found} stored", _hours(playlist)]
    parts += [f"{number} {name}" for name, number in numbers.items() if number != "0"]
    heading = Table.grid(padding=(0, 2))
    heading.add_column()
    heading.add_column(no_wrap=True)
    heading.add_row(title(name_of(playlist)), coloured(playlist["state"]))
    return Group(heading, Padding(joined(parts), (0, 0, 0, 2)))


class VideosTable:
    """One row per video."""

    def __init__(self, videos: Sequence[Json]) -> None:
        self._videos = videos

    def __rich_console__(self, _: Console, options: ConsoleOptions) -> RenderResult:
        wide = options.max_width >= WIDE
        table = new_table("video", "state", *(["tries"] if wide else []), "length", "mirrored", "title, or reason")
        table.columns[-1].no_wrap = False
        for video in self._videos:
            audio, reason = video["audio"], why(video)
            table.add_row(
                plain(video["id"]),
                coloured(video["state"]),
                *([str(video["attempts"])] if wide else []),
                length(audio["duration_seconds"]) if audio else "",
                "yes" if video["mirror"] else "",
                title(joined([reason, tidy(video["title"])])),
            )
        yield table


def attempts_table(attempts: Iterable[Json]) -> Table:
    """Return one row per attempt."""
    table = new_table("when", "status", "reason", "seconds", "stages", "error")
    for attempt in attempts:
        stages = " ".join(f"{stage} {seconds:.2f}" for stage, seconds in attempt["stages"].items())
        table.add_row(
            moment(attempt["timestamp"]),
            coloured(attempt["status"]),
            attempt["reason"] or "",
            f"{attempt['seconds']:.2f}",
            stages,
            plain(attempt["error"]),
        )
    return table
