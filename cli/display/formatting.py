"""Formats values from the API for people: durations, counts, texts of a source. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rich.markup import escape

from cli.api.answers import Json
from cli.display.times import clock, moment
from shared.untrusted.text import printable

#: The states of a video.
STATES = ("queued", "running", "waiting", "stored", "abandoned")
#: Colours of states: good, bad, in between.
_COLOURS = {
    "stored": "green",
    "closed": "green",
    "delivered": "green",
    "waiting": "yellow",
    "half-open": "yellow",
    "failing": "yellow",
    "abandoned": "red",
    "failed": "red",
    "open": "red",
    "refused": "red",
    "revoked": "red",
}
#: Seconds from which on a duration is given in a unit.
_UNITS = ((86_400, "day"), (3_600, "h"), (60, "min"))


def coloured(state: str) -> str:
    """Return a state in its colour, as markup."""
    colour = _COLOURS.get(state)
    return f"[{colour}]{state}[/]" if colour else state


def span(seconds: float) -> str:
    """Return a duration, e.g. 12 s, 3 min, 1 h 20 min, 2 days 3 h."""
    rounded = max(round(seconds), 0)
    for place, (size, name) in enumerate(_UNITS):
        if rounded >= size:
            number, rest = divmod(rounded, size)
            smaller, small_name = _UNITS[place + 1] if place + 1 < len(_UNITS) else (0, "")
            more = f" {rest // smaller} {small_name}" if smaller and rest // smaller else ""
            return f"{number} {name}{'s' if name == 'day' and number > 1 else ''}{more}"
    return f"{rounded} s"


def length(seconds: float) -> str:
    """Return a playing time, e.g. 1:02:03."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def hours(number: float) -> str:
    """Return a number of hours with about three digits, e.g. 0.52, 12.5, 1,234."""
    return f"{number:.2f}" if number < 10 else f"{number:.1f}" if number < 1000 else f"{number:,.0f}"


def hours_of(stored: float, found: float) -> str:
    """Return e.g. 0.52 of 1.70 hours; the second number only if the sources state more than is stored."""
    return f"{hours(stored)} of {hours(found)} hours" if found > stored else f"{hours(stored)} hours"


def tidy(text: str | None) -> str:
    """Return text from a source on one line, without terminal control characters."""
    return str(printable(text or ""))


def plain(text: str | None) -> str:
    """Return text from a source, escaped for places where rich reads markup."""
    return escape(tidy(text))


def name_of(thing: Json) -> str:
    """Return the title of a playlist or video, or its id if it has none."""
    return tidy(thing["title"]) or str(thing["id"])


def counted(number: int, noun: str) -> str:
    """Return e.g. 1 playlist, 2 playlists."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def listed(counts: Mapping[str, int]) -> list[str]:
    """Return the counts that are not 0, e.g. 3 in work, 1 waiting."""
    return [f"{number:,} {name}" for name, number in counts.items() if number]


def joined(parts: Iterable[str]) -> str:
    """Return the non-empty parts as one line."""
    return " · ".join(part for part in parts if part)


def why(video: Json) -> str:
    """Return the reason why a video is not stored, and when it is retried; its logs have the full error."""
    failure = video["failure"]
    if kept := video.get("kept"):
        return f"deleted, but kept: {', '.join(dict.fromkeys(found['reason'] for found in kept))}"
    if failure is None or video["state"] == "stored":
        return ""
    until = f" until {moment(video['due_at'])}" if video["due_at"] else ""
    return f"{failure['reason']}{until}"


def held_up(found: Iterable[Json]) -> list[str]:
    """Return why work is held up and until when, one sentence per line; empty if nothing holds it up."""
    return [
        f"{row['egress']} rests{f' until {moment(until)}' if (until := row['until']) else ''}: "
        f"{row['source'] + ', ' if row['source'] else ''}{row['why']}, {tidy(row['detail'])}"
        for row in found
    ]


def deletion(video: Json) -> list[str]:
    """Return what became of a deleted video's copies, one sentence per line; empty if it is not deleted."""
    if video["deleted_at"] is None:
        return []
    if video["purged_at"] is not None:
        return [f"Deleted {clock(video['deleted_at'])}; removed from all stores by {clock(video['purged_at'])}."]
    if not video["kept"]:
        return [f"Deleted {clock(video['deleted_at'])}; it is being removed from the stores."]
    ends = [f" Until {clock(kept['until'])}." if kept["until"] else "" for kept in video["kept"]]
    return [
        f"Deleted {clock(video['deleted_at'])}, but a store still holds some of it:",
        *(f"- {tidy(kept['detail'])}{end}" for kept, end in zip(video["kept"], ends, strict=True)),
        f"The removal is retried automatically; fonoteca delete {video['id']} retries it now.",
    ]
