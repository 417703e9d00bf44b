"""`fonoteca status`: how far everything is, or one playlist."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from cli.client import Json
from cli.completion import playlists as complete_playlists
from cli.context import AsJson, client, out, playlist_id, print_json
from cli.showing import clock, coloured, counted, hours, joined, plain, tidy


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
    """How far everything is, or one playlist.

    Examples:

    - `fonoteca status`
    - `fonoteca status youtube:PL… --json | jq .progress.counts`
    """
    api = client()
    found = api.status() if playlist is None else api.playlist(playlist)
    if as_json:
        print_json(found)
        return
    if playlist is None:
        videos = sum(found["progress"]["counts"].values())
        out.print(f"{counted(found['playlists'], 'playlist')}, {counted(videos, 'video')}", markup=False)
    else:
        _show_heading(found)
    out.print(_figures(found["progress"]))


def _show_heading(playlist: Json) -> None:
    out.print(tidy(playlist["title"] or playlist["url"]), style="bold", markup=False)
    out.print(joined([playlist["id"], tidy(playlist["channel"])]), markup=False, style="dim", soft_wrap=True)
    again = f", listed again {clock(playlist['retry_at'])}" if playlist["retry_at"] else ""
    out.print(f"{coloured(playlist['state'])}, submitted {clock(playlist['submitted_at'])}{again}")
    if playlist["failure"] is not None:
        out.print(f"{playlist['failure']['reason']}: {plain(playlist['failure']['detail'])}", soft_wrap=True)


def _figures(progress: Json) -> Table:
    counts, gigabytes = progress["counts"], f"{progress['stored_bytes'] / 1e9:,.3f} GB"
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, justify="right")
    table.add_column(no_wrap=True, justify="right")
    table.add_column(no_wrap=True)
    rows = {
        "found": (sum(counts.values()), "", ""),
        "queued": (counts["queued"], "", ""),
        "running": (counts["running"], "", ""),
        "waiting": (counts["waiting"], "", "fonoteca reasons tells why" if counts["waiting"] else ""),
        "abandoned": (counts["abandoned"], "", ""),
        "stored": (counts["stored"], f"{hours(progress['stored_hours'])} hours", gigabytes),
        "mirrored": (progress["mirrored"], "", ""),
    }
    for name, (number, spoken, note) in rows.items():
        table.add_row(f"  {coloured(name)}", f"{number:,}", spoken, note)
    return table
