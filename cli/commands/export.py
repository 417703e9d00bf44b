"""`fonoteca export`: the metadata of stored recordings, for other programs."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Literal

import typer

from cli.api.answers import Json
from cli.context import client, err
from cli.display.row_files import complete_file, write_rows
from cli.options.filters import NO_FILTERS, VideoFilters, selecting_videos

#: Columns from the fields of a video, and from those of its audio object.
OF_VIDEO = ("id", "url", "title", "channel", "upload_date", "duration_seconds", "language", "licence", "playlists")
OF_AUDIO = (
    "profile",
    "bucket",
    "key",
    "sha256",
    "size_bytes",
    "bitrate_kbps",
    "codec",
    "source_codec",
    "source_bitrate_kbps",
    "engine",
    "stored_at",
)
COLUMNS = (*OF_VIDEO, *OF_AUDIO)
#: Videos between two progress lines.
REPORT_EVERY = 1000


@selecting_videos
def export(
    form: Annotated[Literal["jsonl", "csv"], typer.Option("--format", help="jsonl (JSON Lines) or csv.")] = "jsonl",
    filters: VideoFilters = NO_FILTERS,
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FILE", help="The file to write. Default: standard output.")
    ] = None,
    any_licence: Annotated[
        bool, typer.Option("--any-licence", help="Include recordings whose source states no licence.")
    ] = False,
) -> None:
    """Export the metadata of stored recordings, one line each.

    Recordings without a stated licence are left out, and counted. `fonoteca get` downloads the recordings themselves.

    Examples:

    - `fonoteca export --format csv --to corpus.csv`
    - `fonoteca export --any-licence | jq -r .key`
    """
    left_out = Counter[str]()
    rows = _rows(client().videos("stored", **filters.given()), left_out, any_licence=any_licence)
    if to is None:
        written = write_rows(rows, form, COLUMNS, sys.stdout)
    else:
        with complete_file(to) as part, part.open("w", encoding="utf-8", newline="") as file:
            written = write_rows(rows, form, COLUMNS, file)
    err.print(f"{written} recordings written", markup=False)
    if left_out:
        err.print(
            f"{left_out.total()} left out, since their sources state no licence; --any-licence includes them",
            markup=False,
        )


def _rows(videos: Iterable[Json], left_out: Counter[str], *, any_licence: bool) -> Iterator[Json]:
    for number, video in enumerate(videos, 1):
        if number % REPORT_EVERY == 0:
            err.print(f"{number} videos read", markup=False)
        if not video["licence"] and not any_licence:
            left_out["no licence"] += 1
            continue
        # A stored video without audio breaks the catalog's promise; it gets a line too.
        audio = video["audio"] or dict.fromkeys(OF_AUDIO)
        yield {name: video[name] for name in OF_VIDEO} | {name: audio[name] for name in OF_AUDIO}
