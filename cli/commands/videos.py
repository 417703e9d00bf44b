"""`fonoteca videos` and `fonoteca logs`: the states of videos, and the attempts to fetch them."""

from __future__ import annotations

from itertools import islice
from typing import Annotated

import typer

from cli.arguments.addresses import video_id
from cli.context import AsJson, client, err, out, print_json, print_json_line
from cli.display.formatting import STATES, deletion
from cli.display.measurements import download_in_words
from cli.display.tables import VideosTable, attempts_table
from cli.display.times import moment
from cli.errors import REFUSED, CliError
from cli.options.completion import states as complete_states
from cli.options.filters import NO_FILTERS, VideoFilters, selecting_videos

#: Videos shown without --limit.
SHOWN = 200


@selecting_videos
def videos(
    state: Annotated[
        str | None,
        typer.Option(
            metavar="STATE", help=f"Only videos in this state: {', '.join(STATES)}.", autocompletion=complete_states
        ),
    ] = None,
    filters: VideoFilters = NO_FILTERS,
    limit: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help=f"Show at most N. Default: {SHOWN}; with --json, all."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List videos, the newest first, with their states and why they are not stored. --json: one object per line.

    Examples:

    - `fonoteca videos --state abandoned --reason private`
    - `fonoteca videos --text "evening stories" --licence unknown --limit 20`
    - `fonoteca videos --state stored --json | jq -r .audio.key`
    """
    if state is not None and state not in STATES:
        raise CliError(f"There is no state {state!r}. The states are {', '.join(STATES)}.", REFUSED)
    found = client().videos(state, **filters.given())
    if as_json:
        for video in islice(found, limit):
            print_json_line(video)
        return
    number = limit or SHOWN
    shown = list(islice(found, number))
    if not shown:
        out.print("No video matches.")
        return
    out.print(VideosTable(shown))
    if limit is None and next(found, None) is not None:
        err.print(f"Only the first {number} are shown; --limit N shows more, --json all.", markup=False)


def logs(
    video: Annotated[str, typer.Argument(metavar="VIDEO", help="A video id, e.g. youtube:dQw4w9WgXcQ.")],
    as_json: AsJson = False,
) -> None:
    """Show every attempt to fetch a video, and how it ended; for a deleted video, whether a store still has it.

    Examples:

    - `fonoteca logs youtube:dQw4w9WgXcQ`
    - `fonoteca logs dQw4w9WgXcQ --json | jq -r '.[].error'`
    """
    id_ = video_id(video)
    attempts = client().attempts(id_)
    if as_json:
        print_json(attempts)
        return
    out.print(attempts_table(attempts) if attempts else "No attempt yet.")
    for attempt in attempts:
        if (measurement := attempt["measurement"]) is not None:
            out.print(f"{moment(attempt['timestamp'])}  {download_in_words(measurement)}", markup=False, soft_wrap=True)
    for line in deletion(client().video(id_)):
        out.print(line, markup=False, soft_wrap=True)
