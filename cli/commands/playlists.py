"""`fonoteca playlists`: what was submitted; give a playlist up, delete it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Annotated, Literal

import typer

from cli.api.client import ApiProblem, Json
from cli.arguments.addresses import playlist_id
from cli.context import AsJson, client, confirm, err, out, print_json, print_json_line
from cli.display.formatting import counted, name_of
from cli.display.tables import ProgressTable
from cli.options.completion import playlists as complete_playlists

#: Playlists that people are shown unless they say how many.
SHOWN = 50

#: HTTP status of what is not there.
NOT_FOUND = 404

StateName = Literal["accepted", "expanding", "expanded", "waiting", "refused"]


playlists = typer.Typer(invoke_without_command=True)


@playlists.callback()
def list_playlists(
    context: typer.Context,
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
    - `fonoteca playlists delete youtube:PL…`
    """
    if context.invoked_subcommand is not None:
        return
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


Id = Annotated[
    str,
    typer.Argument(
        metavar="PLAYLIST",
        help="A playlist's id or address.",
        callback=playlist_id,
        autocompletion=complete_playlists,
    ),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


@playlists.command()
def abandon(playlist: Id, yes: Yes = False, as_json: AsJson = False) -> None:
    """Give a playlist up: it is not listed any more, and what is not stored of it is given up. It stays in the list.

    Videos that another playlist names are not touched. Submitting it again takes that back.

    Example: `fonoteca playlists abandon youtube:PL…`
    """
    api = client()
    if not yes:
        found = api.playlist(playlist)
        confirm(f"Give up {name_of(found)} ({found['id']}){_open(found)}?", "Nothing was given up.")
    done = _all(lambda: api.abandon_playlist(playlist))
    if as_json:
        print_json(done)
    else:
        out.print(f"{done['id']} given up, with {counted(done['videos'], 'video')}.", markup=False)


@playlists.command()
def delete(
    playlist: Id,
    videos: Annotated[
        bool,
        typer.Option("--videos", help="Also its videos, from both stores and for good, if no other playlist has them."),
    ] = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Delete a playlist. What is stored of it stays, unless --videos is given; what is not stored yet is given up.

    Videos that another playlist names are not touched. Submitting it again brings it back.

    Examples:

    - `fonoteca playlists delete youtube:PL…`
    - `fonoteca playlists delete "https://www.youtube.com/playlist?list=PL…" --videos --yes`
    """
    api = client()
    if not yes:
        found = api.playlist(playlist)
        number = sum(found["progress"]["counts"].values())
        more = f" and {counted(number, 'recording')} of it for good" if videos else ""
        confirm(f"Delete {name_of(found)} ({found['id']}){more}?", "Nothing was deleted.")
    done = _all(lambda: api.delete_playlist(playlist, videos=videos))
    if as_json:
        print_json(done)
    else:
        what = "deleted" if videos else "given up"
        out.print(f"{done['id']} deleted; {counted(done['videos'], 'video')} {what} with it.", markup=False)


def _open(found: Json) -> str:
    counts = found["progress"]["counts"]
    return f", with {counted(counts['queued'] + counts['waiting'], 'video')} that are not stored yet"


def _all(portion: Callable[[], Json]) -> Json:
    """Do it portion by portion. Returns the last answer, with the videos of all."""
    done = portion()
    number = done["videos"]
    while done["more"] and done["videos"]:
        err.print(f"{number} …", style="dim")
        try:
            done = portion()
        except ApiProblem as problem:
            if problem.status != NOT_FOUND:
                raise
            break  # Somebody else has done the rest.
        number += done["videos"]
    return {**done, "videos": number, "more": False}
