"""`fonoteca status`: how far everything is, or one playlist."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from cli.api.client import Client, Json
from cli.arguments.addresses import playlist_id
from cli.context import AsJson, client, out, print_json
from cli.display.formatting import STATES, coloured, counted, held_up, hours, joined, plain, tidy
from cli.display.times import clock, moment
from cli.options.completion import playlists as complete_playlists

#: Kind of what needs a person → the command that shows it.
LOOK_AT = {
    "parked": "fonoteca parked list",
    "refused-playlists": "fonoteca playlists --state refused",
    "reason": "fonoteca videos --reason {reason}",
    "breaker": "fonoteca egress",
    "kept": "fonoteca videos --reason {reason}",
}


def status(
    playlist: Annotated[
        str | None,
        typer.Argument(
            metavar="PLAYLIST",
            help="A playlist's id or address; without one, the whole archive.",
            callback=playlist_id,
            autocompletion=complete_playlists,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """How far everything is, or one playlist: what was found, stored and mirrored, and what waits for a person.

    Examples:

    - `fonoteca status`
    - `fonoteca status youtube:PL… --json | jq .progress.counts`
    """
    found = _whole(client()) if playlist is None else client().playlist(playlist)
    if as_json:
        print_json(found)
    elif playlist is None:
        _show_whole(found)
    else:
        _show_playlist(found)


def _whole(api: Client) -> Json:
    return {**api.status(), "mirror": api.mirror(), "needs_a_person": api.needs_a_person()}


def _show_whole(found: Json) -> None:
    videos = sum(found["progress"]["counts"].values())
    out.print(f"{counted(found['playlists'], 'playlist')}, {counted(videos, 'video')}", markup=False)
    late = found["mirror"]["oldest_waiting_at"] if found["progress"]["mirroring"] else None
    waits = f"{found['mirror']['waiting']:,} wait, the oldest since {moment(late)}" if late else ""
    out.print(_figures(found["progress"], waits))
    _show_held_up(found["held_up"])
    if found["needs_a_person"]:
        out.print("\nThis needs a person:")
        out.print(_concerns(found["needs_a_person"]))


def _concerns(concerns: list[Json]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, justify="right")
    table.add_column()
    table.add_column(no_wrap=True, style="dim")
    for concern in concerns:
        look = LOOK_AT[concern["kind"]].format(reason=concern["reason"])
        table.add_row(f"  {concern['count']:,}", plain(concern["what"]), look)
    return table


def _show_playlist(found: Json) -> None:
    out.print(tidy(found["title"] or found["url"]), style="bold", markup=False, soft_wrap=True)
    out.print(joined([found["id"], tidy(found["channel"])]), markup=False, style="dim", soft_wrap=True)
    again = f", listed again {clock(found['retry_at'])}" if found["retry_at"] else ""
    out.print(f"{coloured(found['state'])}, submitted {clock(found['submitted_at'])}{again}")
    if found["failure"] is not None:
        out.print(f"{found['failure']['reason']}: {plain(found['failure']['detail'])}", soft_wrap=True)
    wishes = [
        f"profiles {', '.join(found['profiles'])}" if found["profiles"] else "",
        f"the first {found['limit']:,} entries" if found["limit"] else "",
        "high priority" if found["priority"] == "high" else "",
    ]
    if any(wishes):
        out.print(f"asked for: {joined(wishes)}", markup=False)
    if found["expected"] is not None and found["expected"] != found["found"]:
        out.print(f"its last listing saw {found['found']:,} of {found['expected']:,} entries", markup=False)
    for told in found["left_out"]:
        out.print(tidy(told), markup=False, soft_wrap=True)
    out.print(_figures(found["progress"]))
    _show_held_up(found["held_up"])


def _show_held_up(found: list[Json]) -> None:
    for told in held_up(found):
        out.print(told, style="yellow", markup=False, soft_wrap=True)


def _figures(progress: Json, mirror_note: str = "") -> Table:
    counts = progress["counts"]
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, justify="right")
    table.add_column(no_wrap=True, justify="right")
    table.add_column(no_wrap=True)

    def row(name: str, number: int, spoken: float | None = None, note: str = "") -> None:
        told = f"{hours(spoken)} hours" if spoken is not None else ""
        table.add_row(f"  {coloured(name)}", f"{number:,}", told, note)

    row("found", sum(counts.values()), progress["found_hours"])
    row("stored", counts["stored"], progress["stored_hours"], f"{progress['stored_bytes'] / 1e9:,.3f} GB")
    if progress["mirroring"]:
        row("mirrored", progress["mirrored"], progress["mirrored_hours"], mirror_note)
    for state in STATES:
        if state != "stored":
            tell = state == "waiting" and (counts["waiting"] or counts["abandoned"])
            row(state, counts[state], note="fonoteca reasons tells why" if tell else "")
    return table
