"""`fonoteca playlists`: what was submitted."""

from __future__ import annotations

from itertools import islice
from typing import Annotated, Literal

import typer

from cli.context import AsJson, client, err, out, print_json_line
from cli.tables import ProgressTable

#: Playlists that people are shown unless they say how many.
SHOWN = 50

StateName = Literal["accepted", "expanding", "expanded", "waiting", "refused"]


def playlists(
    state: Annotated[StateName | None, typer.Option(help="Only this state.")] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, metavar="N", help=f"At most so many. Default: {SHOWN}; with --json all.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List playlists, the newest submission first, and how far they are. With --json one object a line.

    Examples:

    - `fonoteca playlists --state refused`
    - `fonoteca playlists --json | jq -r .id`
    """
    found = client().playlists(state)
    if as_json:
        for playlist in islice(found, limit):
            print_json_line(playlist)
        return
    number = limit or SHOWN
    shown = list(islice(found, number))
    out.print(ProgressTable(shown) if shown else "No playlist fits.")
    if limit is None and next(found, None) is not None:
        err.print(f"The first {number} are shown; --limit N shows more, --json all.", markup=False)
