"""`fonoteca status`: the progress of the archive, or of one playlist."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from cli.api.answers import Json
from cli.api.client import Client
from cli.arguments.addresses import playlist_id
from cli.context import AsJson, client, out, print_json
from cli.display.formatting import STATES, coloured, counted, held_up, hours, joined, plain, tidy
from cli.display.times import clock, moment
from cli.options.completion import playlists as complete_playlists

#: Kind of concern → the command that shows more about it.
NEXT_COMMAND = {
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
            help="A playlist, by id or address. Default: the whole archive.",
            callback=playlist_id,
            autocompletion=complete_playlists,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show the progress of the archive or of one playlist: found, stored, mirrored, and what needs attention.

    Examples:

    - `fonoteca status`
    - `fonoteca status youtube:PL… --json | jq .progress.counts`
    """
    found = _archive(client()) if playlist is None else client().playlist(playlist)
    if as_json:
        print_json(found)
    elif playlist is None:
        _show_archive(found)
    else:
        _show_playlist(found)


def _archive(api: Client) -> Json:
    return {**api.status(), "mirror": api.mirror(), "needs_a_person": api.needs_a_person()}


def _show_archive(found: Json) -> None:
    videos = sum(found["progress"]["counts"].values())
    out.print(f"{counted(found['playlists'], 'playlist')}, {counted(videos, 'video')}", markup=False)
    late = found["mirror"]["oldest_waiting_at"] if found["progress"]["mirroring"] else None
    backlog = f"{found['mirror']['waiting']:,} wait, the oldest since {moment(late)}" if late else ""
    out.print(_figures(found["progress"], backlog))
    _show_held_up(found["held_up"])
    if found["needs_a_person"]:
        out.print("\nNeeds attention:")
        out.print(_concerns(found["needs_a_person"]))


def _concerns(concerns: list[Json]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, justify="right")
    table.add_column()
    table.add_column(no_wrap=True, style="dim")
    for concern in concerns:
        command = NEXT_COMMAND[concern["kind"]].format(reason=concern["reason"])
        table.add_row(f"  {concern['count']:,}", plain(concern["what"]), command)
    return table


def _show_playlist(found: Json) -> None:
    out.print(tidy(found["title"] or found["url"]), style="bold", markup=False, soft_wrap=True)
    out.print(joined([found["id"], tidy(found["channel"])]), markup=False, style="dim", soft_wrap=True)
    again = f", listed again {clock(found['retry_at'])}" if found["retry_at"] else ""
    out.print(f"{coloured(found['state'])}, submitted {clock(found['submitted_at'])}{again}")
    if found["failure"] is not None:
        out.print(f"{found['failure']['reason']}: {plain(found['failure']['detail'])}", soft_wrap=True)
    options = [
        f"profiles {', '.join(found['profiles'])}" if found["profiles"] else "",
        f"the first {found['limit']:,} entries" if found["limit"] else "",
        "high priority" if found["priority"] == "high" else "",
    ]
    if any(options):
        out.print(f"options: {joined(options)}", markup=False)
    if found["departed"]:
        out.print(f"it no longer lists {counted(found['departed'], 'video')}: {moment(found['departed_at'])}")
    if found["expected"] is not None and found["expected"] != found["found"]:
        out.print(f"its last listing found {found['found']:,} of {found['expected']:,} entries", markup=False)
    for sentence in found["left_out"]:
        out.print(tidy(sentence), markup=False, soft_wrap=True)
    out.print(_figures(found["progress"]))
    _show_held_up(found["held_up"])


def _show_held_up(found: list[Json]) -> None:
    for sentence in held_up(found):
        out.print(sentence, style="yellow", markup=False, soft_wrap=True)


def _figures(progress: Json, mirror_note: str = "") -> Table:
    counts = progress["counts"]
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, justify="right")
    table.add_column(no_wrap=True, justify="right")
    table.add_column(no_wrap=True)

    def row(name: str, number: int, audio_hours: float | None = None, note: str = "") -> None:
        duration = f"{hours(audio_hours)} hours" if audio_hours is not None else ""
        table.add_row(f"  {coloured(name)}", f"{number:,}", duration, note)

    row("found", sum(counts.values()), progress["found_hours"])
    row("stored", counts["stored"], progress["stored_hours"], f"{progress['stored_bytes'] / 1e9:,.3f} GB")
    if progress["mirroring"]:
        row("mirrored", progress["mirrored"], progress["mirrored_hours"], mirror_note)
    for state in STATES:
        if state != "stored":
            failed = state == "waiting" and (counts["waiting"] or counts["abandoned"])
            row(state, counts[state], note="fonoteca reasons shows why" if failed else "")
    return table
