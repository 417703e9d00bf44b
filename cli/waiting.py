"""Waits until playlists are done, with a live display of how far they are."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime

from rich.console import Console
from rich.live import Live
from rich.table import Table

from cli.client import Client, Json

#: Seconds between two looks.
LOOK_EVERY_SECONDS = 0.5


def settled(playlist: Json, patience_seconds: float = 60) -> bool:
    """Whether nothing more will happen soon: listed (or refused), and every video stored, abandoned or waiting."""
    if playlist["state"] == "refused":
        return True
    if playlist["state"] == "waiting":
        return seconds_until(playlist["retry_at"]) > patience_seconds
    counts = playlist["progress"]["counts"]
    return bool(playlist["state"] == "expanded" and counts["queued"] == 0 and counts["running"] == 0)


def retrying_soon(client: Client, playlist_id: str, within_seconds: float) -> bool:
    """Whether a video of the playlist waits for a time that is near."""
    return any(seconds_until(v["due_at"]) <= within_seconds for v in client.videos("waiting", playlist_id))


def seconds_until(iso: str) -> float:
    """Seconds from now until a moment; negative if it has passed."""
    return (datetime.fromisoformat(iso) - datetime.now(UTC)).total_seconds()


def wait(client: Client, ids: Sequence[str], console: Console, patience_seconds: float) -> list[Json]:
    """Return the playlists when all are settled and none has a retry due within `patience_seconds`."""
    with Live(console=console, refresh_per_second=4, transient=True) as live:
        while True:
            playlists = [client.playlist(id_) for id_ in ids]
            live.update(progress_table(playlists))
            if all(settled(p, patience_seconds) for p in playlists) and not any(
                p["progress"]["counts"]["waiting"] and retrying_soon(client, p["id"], patience_seconds)
                for p in playlists
            ):
                return playlists
            time.sleep(LOOK_EVERY_SECONDS)


def progress_table(playlists: Sequence[Json]) -> Table:
    """One row a playlist."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("playlist", overflow="ellipsis", max_width=40, no_wrap=True)
    table.add_column("is")
    for name in ("found", "stored", "mirrored", "in work", "waiting", "abandoned", "hours"):
        table.add_column(name, justify="right")
    for playlist in playlists:
        progress, counts = playlist["progress"], playlist["progress"]["counts"]
        table.add_row(
            playlist["title"] or playlist["id"],
            playlist["state"],
            str(playlist["found"]),
            f"[green]{counts['stored']}[/]",
            str(progress["mirrored"]),
            str(counts["queued"] + counts["running"]),
            f"[yellow]{counts['waiting']}[/]" if counts["waiting"] else "0",
            f"[red]{counts['abandoned']}[/]" if counts["abandoned"] else "0",
            f"{progress['stored_hours']:.2f}",
        )
    return table
