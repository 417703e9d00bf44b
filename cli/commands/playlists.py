"""`fonoteca playlists`: lists, abandons and deletes submitted playlists."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Annotated, Literal

import typer

from cli.api.answers import Json
from cli.api.client import ApiProblem
from cli.arguments.addresses import playlist_id
from cli.context import AsJson, client, confirm, err, out, print_json, print_json_line
from cli.display.formatting import counted, name_of
from cli.display.tables import ProgressTable
from cli.options.completion import playlists as complete_playlists

#: Playlists shown without --limit.
SHOWN = 50

#: HTTP status for an unknown playlist.
NOT_FOUND = 404

StateName = Literal["accepted", "expanding", "expanded", "waiting", "refused"]


playlists = typer.Typer(invoke_without_command=True)


@playlists.callback()
def list_playlists(
    context: typer.Context,
    state: Annotated[StateName | None, typer.Option(help="Only playlists in this state.")] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, metavar="N", help=f"Show at most N. Default: {SHOWN}; with --json, all.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List playlists and their progress, the newest submission first. --json prints one object per line.

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
    out.print(ProgressTable(shown) if shown else "No playlist matches.")
    if limit is None and next(found, None) is not None:
        err.print(f"Only the first {number} are shown; --limit N shows more, --json all.", markup=False)


Id = Annotated[
    str,
    typer.Argument(
        metavar="PLAYLIST",
        help="A playlist, by id or address.",
        callback=playlist_id,
        autocompletion=complete_playlists,
    ),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")]


@playlists.command()
def abandon(playlist: Id, yes: Yes = False, as_json: AsJson = False) -> None:
    """Abandon a playlist: it is no longer listed at its source, and its unstored videos are abandoned.

    Videos that belong to another playlist too are not affected. Submitting the playlist again reverses this.

    Example: `fonoteca playlists abandon youtube:PL…`
    """
    api = client()
    if not yes:
        found = api.playlist(playlist)
        confirm(f"Abandon {name_of(found)} ({found['id']}){_open(found)}?", "Nothing was abandoned.")
    done = _all(lambda: api.abandon_playlist(playlist))
    if as_json:
        print_json(done)
    else:
        out.print(f"{done['id']} abandoned, with {counted(done['videos'], 'video')}.", markup=False)


@playlists.command()
def delete(
    playlist: Id,
    videos: Annotated[
        bool,
        typer.Option(
            "--videos", help="Also delete its videos for good, from all stores, unless another playlist names them."
        ),
    ] = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Delete a playlist. Its stored videos stay, unless --videos is given; its unstored videos are abandoned.

    Videos that belong to another playlist too are not affected. Submitting the playlist again restores it.

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
        what = "deleted" if videos else "abandoned"
        out.print(f"{done['id']} deleted; {counted(done['videos'], 'video')} {what} with it.", markup=False)


def _open(found: Json) -> str:
    counts = found["progress"]["counts"]
    return f", with {counted(counts['queued'] + counts['waiting'], 'video')} not stored yet"


def _all(portion: Callable[[], Json]) -> Json:
    """Send a request until no portion is left. Returns the last answer, with the total number of videos."""
    done = portion()
    number = done["videos"]
    while done["more"] and done["videos"]:
        err.print(f"{number} …", style="dim")
        try:
            done = portion()
        except ApiProblem as problem:
            if problem.status != NOT_FOUND:
                raise
            break  # Another user has deleted the rest.
        number += done["videos"]
    return {**done, "videos": number, "more": False}
