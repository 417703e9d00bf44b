"""The live display of a wait. Pure: it turns a View into something to print."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from cli.api.answers import Json
from cli.display.bar import bar
from cli.display.formatting import counted, held_up, hours_of, joined, listed, name_of, span, tidy
from cli.display.times import moment, seconds_until
from cli.watching.pace import Rate
from cli.watching.watch import in_work

#: Lines of a playlist that is shown in full, with the empty line after it.
BLOCK_LINES = 4
#: Videos in work that are shown, at most.
CURRENT = 8
#: Height of a terminal, in lines, below which only the most important lines are shown.
TIGHT = 14
#: Greatest width of a bar in columns, and its share of the terminal: for a playlist in full, and for one on a line.
LONG_BAR, SHORT_BAR = 40, 16
LONG_SHARE, SHORT_SHARE = 0.4, 0.16
#: Phases of a playlist, the most interesting first, and their colours.
_PHASES = {
    "in work": "cyan",
    "being listed": "cyan",
    "to be listed": "bright_black",
    "listing waits": "yellow",
    "waiting": "yellow",
    "refused": "red",
    "done": "green",
}


@dataclass(frozen=True)
class View:
    """What is known at one time."""

    #: As last seen, in the order of submission; and the number of all, with those not read yet.
    playlists: Sequence[Json]
    total: int
    #: Videos on which scrapers work.
    running: Sequence[Json]
    #: Playlist id → when its next waiting video is retried.
    due: Mapping[str, str]
    rate: Rate | None
    #: Seconds for which the API has not answered; None: it answers.
    away_seconds: float | None


def display(view: View, now: datetime, width: int, height: int) -> RenderableType:
    """Return the display, at most `height` lines."""
    tight = height < TIGHT
    foot = _foot(view)[-1:] if tight else _foot(view)
    head = _overall(view, width)[: 1 if tight else None] if view.total > 1 else []
    room = height - len(head) - len(foot) - 1
    current_lines = 0 if tight else min(len(view.running), CURRENT, max(room // 3, 1))
    current = _current(view.running, now, current_lines) if current_lines else []
    room -= current_lines + 1 if current_lines else 0
    return Group(*head, *_playlists(view, width, max(room, 1)), *current, Text(), *foot)


def phase(playlist: Json) -> str:
    """Return what is happening to a playlist, in two words."""
    if playlist["state"] == "expanded":
        if in_work(playlist):
            return "in work"
        return "waiting" if playlist["progress"]["counts"]["waiting"] else "done"
    names = {"accepted": "to be listed", "expanding": "being listed", "waiting": "listing waits", "refused": "refused"}
    return names[playlist["state"]]


def stored_of_found(playlists: Sequence[Json]) -> str:
    """Return e.g. 12 of 40 stored · 0.52 of 1.70 hours; empty if nothing was found."""
    found = sum(sum(playlist["progress"]["counts"].values()) for playlist in playlists)
    if not found:
        return ""
    stored = sum(playlist["progress"]["counts"]["stored"] for playlist in playlists)
    stored_hours, found_hours = (
        sum(playlist["progress"][name] for playlist in playlists) for name in ("stored_hours", "found_hours")
    )
    return f"{stored:,} of {found:,} stored · {hours_of(stored_hours, found_hours)}"


def others(playlists: Sequence[Json]) -> dict[str, int]:
    """Return name → number of the videos in other states, and of those mirrored."""
    counts = _counts(playlists)
    return {
        "in work": counts["queued"] + counts["running"],
        "waiting": counts["waiting"],
        "abandoned": counts["abandoned"],
        "mirrored": sum(playlist["progress"]["mirrored"] for playlist in playlists),
    }


def resting(playlists: Sequence[Json]) -> list[str]:
    """Return why work is held up and until when, each sentence once."""
    return list(dict.fromkeys(text for playlist in playlists for text in held_up(playlist.get("held_up", ()))))


def speed(rate: Rate) -> str:
    """Return e.g. 14 videos/min · 32 × real time · about 3 min left."""
    left = f"about {span(rate.seconds_left)} left" if rate.seconds_left else ""
    return joined([f"{_short(rate.videos_per_minute)} videos/min", f"{_short(rate.times_real_time)} × real time", left])


def _short(number: float) -> str:
    return f"{number:,.0f}" if number >= 10 else f"{number:.1f}"


def _counts(playlists: Sequence[Json]) -> Counter[str]:
    total = Counter[str]()
    for playlist in playlists:
        total.update(playlist["progress"]["counts"])
    return total


def _overall(view: View, width: int) -> list[RenderableType]:
    phases = Counter(map(phase, view.playlists))
    ended = listed({name: phases[name] for name in ("done", "waiting", "refused")})
    return [
        _cut(joined([counted(view.total, "playlist"), *ended]), "bold"),
        _progress(view.playlists, width),
        _coloured(others(view.playlists)),
        Text(),
    ]


def _progress(playlists: Sequence[Json], width: int) -> Table:
    drawn = bar(_counts(playlists), min(LONG_BAR, int(width * LONG_SHARE)))
    return _line(drawn, _cut(stored_of_found(playlists) or "nothing found yet"))


def _cut(text: str, style: str = "") -> Text:
    """Return text on one line, truncated at its end if it is too long."""
    return Text(text, style, no_wrap=True, overflow="ellipsis")


def _coloured(numbers: dict[str, int]) -> Text:
    colours = {"in work": "cyan", "waiting": "yellow", "abandoned": "red"}
    parts = [Text(f"{number:,} {name}", colours.get(name, "")) for name, number in numbers.items() if number]
    return Text(" · ", no_wrap=True, overflow="ellipsis").join(parts)


def _playlists(view: View, width: int, room: int) -> list[RenderableType]:
    """Return all playlists in full if there is room; else a line each, those in work first, the rest summed up."""
    order = list(_PHASES)
    shown = sorted(view.playlists, key=lambda playlist: order.index(phase(playlist)))
    if not shown:
        return [Text("reading their progress …", style="bright_black")]
    if len(view.playlists) == view.total and len(shown) * BLOCK_LINES - 1 <= room:
        blocks = [part for playlist in view.playlists for part in (*_block(playlist, view.due, width), Text())]
        return blocks[:-1]
    fits = view.total <= room
    # Of hundreds, only those with something to report.
    lines = shown if fits else [p for p in shown if phase(p) not in ("to be listed", "done")][: max(room - 1, 0)]
    rest = Counter(map(phase, shown)) - Counter(map(phase, lines))
    rest["not read yet"] = view.total - len(shown)
    table = _rows(lines, min(SHORT_BAR, int(width * SHORT_SHARE)))
    return [table] if fits else [table, _rest(rest)]


def _rest(phases: Counter[str]) -> Text:
    return _cut(f"and {phases.total():,} more: {joined(listed(phases))}", "bright_black")


def _block(playlist: Json, due: Mapping[str, str], width: int) -> list[RenderableType]:
    name = phase(playlist)
    heading = _line(_cut(name_of(playlist), "bold"), Text(name, _PHASES[name]))
    numbers = _coloured(others([playlist]))
    if playlist["id"] in due:
        numbers.append(f" · next try {moment(due[playlist['id']])}")
    if name == "refused":
        return [heading, _why_not(playlist) or Text()]
    note = _why_not(playlist) or numbers
    return [heading, _progress([playlist], width), *([note] if note.plain else [])]


def _why_not(playlist: Json) -> Text | None:
    """Return why a playlist is not listed; None if it is."""
    if playlist["failure"] is None:
        return None
    again = f"again {moment(playlist['retry_at'])}: " if playlist["retry_at"] else ""
    return _cut(again + tidy(playlist["failure"]["detail"]))


def _rows(playlists: Sequence[Json], bar_width: int) -> Table:
    table = Table.grid(padding=(0, 2), expand=True)
    table.add_column(ratio=1)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, justify="right")
    table.add_column(ratio=1)
    for playlist in playlists:
        counts, name = playlist["progress"]["counts"], phase(playlist)
        numbers = {**others([playlist]), "mirrored": 0}
        table.add_row(
            _cut(name_of(playlist)),
            bar(counts, bar_width),
            f"{counts['stored']:,} of {sum(counts.values()):,}" if any(counts.values()) else "",
            _coloured(numbers) if any(numbers.values()) else Text(name, _PHASES[name]),
        )
    return table


def _line(*cells: Text) -> Table:
    table = Table.grid(padding=(0, 2))
    for _ in cells:
        table.add_column()
    table.add_row(*cells)
    return table


def _current(videos: Sequence[Json], now: datetime, room: int) -> list[RenderableType]:
    """Return the videos in work, the longest first, in `room` lines after an empty one."""
    if not videos:
        return []
    by_age = sorted(videos, key=lambda video: str(video["state_since"]))
    shown = by_age if len(by_age) <= room else by_age[: max(room - 1, 0)]
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, style="cyan")
    table.add_column(no_wrap=True, justify="right", style="bright_black")
    table.add_column()
    for video in shown:
        since = -seconds_until(video["state_since"], now)
        table.add_row("▸", span(since), _cut(name_of(video)))
    more = len(by_age) - len(shown)
    return [Text(), *([table] if shown else []), *([Text(f"▸ {more} more", "bright_black")] if more else [])]


def _foot(view: View) -> list[Text]:
    """Return the speed and notes, the most important last."""
    lines = [_cut(speed(view.rate))] if view.rate is not None else []
    lines.append(_cut("Ctrl-C ends this display, not the work.", "bright_black"))
    lines += [_cut(text, "yellow") for text in resting(view.playlists)]
    if view.away_seconds is not None:
        lines.append(_cut(f"The API has not answered for {span(view.away_seconds)}; retrying.", "yellow"))
    return lines
