"""Commands about what did not work: reasons, retry, abandon, delete."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from cli.api.client import Client, Json
from cli.arguments.addresses import video_id
from cli.context import AsJson, client, confirm, err, out, print_json
from cli.display.formatting import counted, name_of
from cli.display.tables import new_table
from cli.display.times import moment, since_when
from cli.errors import REFUSED, CliError
from cli.options.common import Playlist
from cli.options.completion import reasons as complete_reasons

#: Titles that are named before something is deleted.
NAMED = 3

Videos = Annotated[list[str] | None, typer.Argument(metavar="VIDEO", help="Video ids, e.g. youtube:dQw4w9WgXcQ.")]
Reason = Annotated[
    str | None,
    typer.Option(
        "--reason",
        "-r",
        metavar="REASON",
        help="All that failed for this reason; fonoteca reasons lists them.",
        autocompletion=complete_reasons,
    ),
]
Since = Annotated[
    str | None,
    typer.Option(
        metavar="WHEN", help="Only those that failed since then: 2026-05-01, 2026-05-01T12:00, or 3d, 12h, 30m."
    ),
]


def add_to(app: typer.Typer) -> None:
    """Give `app` these commands."""
    app.command()(reasons)
    app.command()(retry)
    app.command()(abandon)
    app.command()(delete)


def reasons(playlist: Playlist = None, as_json: AsJson = False) -> None:
    """Why videos are not stored: counts by reason, the oldest, and when the next is tried again.

    Examples:

    - `fonoteca reasons`
    - `fonoteca reasons --playlist youtube:PL… --json`
    """
    api = client()
    if playlist is not None:
        api.playlist(playlist)
    found = api.reasons(playlist)
    if as_json:
        print_json(found)
        return
    if not found:
        out.print("Nothing has failed.")
        return
    table = new_table("reason", "class", "tried again", "given up", "playlists", "oldest", "next")
    for row in found:
        table.add_row(
            row["reason"],
            row["failure_class"],
            str(row["open"]),
            str(row["abandoned"]),
            str(row["playlists"]),
            moment(row["oldest"]),
            moment(row["next_due"]),
        )
    out.print(table)
    err.print(
        "\nfonoteca videos --reason R lists them, retry --reason R tries them again, abandon --reason R gives them up.",
        style="dim",
    )


def retry(
    videos: Videos = None,
    reason: Reason = None,
    playlist: Playlist = None,
    since: Since = None,
    as_json: AsJson = False,
) -> None:
    """Try videos again now, with all their attempts before them: those that wait and those given up.

    By reason, playlists that failed for it are listed again too.

    Examples:

    - `fonoteca retry --reason js-runtime`
    - `fonoteca retry --reason private --playlist youtube:PL… --since 30d`
    - `fonoteca retry youtube:dQw4w9WgXcQ`
    """
    _decide("retry", "queued again", videos, reason, playlist, since, as_json=as_json)


def abandon(
    videos: Videos = None,
    reason: Reason = None,
    playlist: Playlist = None,
    since: Since = None,
    as_json: AsJson = False,
) -> None:
    """Give videos up: those that wait and those that are queued. `fonoteca retry` takes that back.

    Examples:

    - `fonoteca abandon --reason members-only`
    - `fonoteca abandon --playlist youtube:PL…`
    """
    _decide("abandon", "given up", videos, reason, playlist, since, as_json=as_json)


def delete(
    videos: Videos = None,
    playlist: Playlist = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Delete videos for good: from both stores with all versions, and never fetched again, whoever names them.

    The stores are emptied within minutes. What they do not let go (a lock, a legal hold, soft delete, a missing right)
    is told by `fonoteca logs VIDEO`, `fonoteca status` and `fonoteca audit`; deleting the video once more tries again.

    Examples:

    - `fonoteca delete youtube:dQw4w9WgXcQ`
    - `fonoteca delete --playlist youtube:PL… --yes`
    """
    if (videos or playlist) and not yes:
        # Looked at first: nobody should have to answer a question about what does not exist.
        what = _named(client(), videos, playlist)
        confirm(f"Delete {what} for good?", "Nothing was deleted.")
    number = _decide("delete", "deleted", videos, None, playlist, None, as_json=as_json)
    if number and not as_json:
        err.print(
            "Both stores are emptied of it within minutes; fonoteca status says if something is kept.", style="dim"
        )


def _named(api: Client, videos: Sequence[str] | None, playlist: str | None) -> str:
    """What is to be deleted, in words. Raises CliError if it does not exist."""
    if not videos:
        assert playlist is not None
        found = api.playlist(playlist)
        number = sum(found["progress"]["counts"].values())
        return f"{counted(number, 'recording')} of {name_of(found)} ({found['id']})"
    titles = [name_of(api.video(video_id(video))) for video in videos]
    more = f" and {len(titles) - NAMED} more" if len(titles) > NAMED else ""
    return f"{counted(len(titles), 'recording')} ({', '.join(titles[:NAMED])}{more})"


def _decide(
    action: str,
    done: str,
    videos: list[str] | None,
    reason: str | None,
    playlist: str | None,
    since: str | None,
    *,
    as_json: bool,
) -> int:
    """Have it decided and say what was done. Returns how many videos it was."""
    if not videos and reason is None and playlist is None:
        by_reason = "" if action == "delete" else " --reason"
        raise CliError(
            f"Say which videos: ids,{by_reason} or --playlist. fonoteca reasons lists the reasons; nothing was {done}.",
            REFUSED,
        )
    if playlist is not None:
        # An unknown one is a slip of the pen, not a playlist without such videos.
        client().playlist(playlist)
    fitting = {"reason": reason, "playlist": playlist, "since": since_when(since) if since is not None else None}
    body = {"action": action, **{name: value for name, value in fitting.items() if value is not None}}
    number, playlists = 0, 0
    if videos:
        for video in videos:
            number += client().decide({**body, "video": video_id(video)})["videos"]
    else:
        number, playlists = _all(client(), body)
    if as_json:
        print_json({"action": action, "videos": number, "playlists": playlists})
    elif number + playlists == 0:
        out.print(f"No video fits, so nothing was {done}. `fonoteca reasons` lists what there is.")
    elif playlists == 0:
        out.print(f"{number} {done}.")
    else:
        out.print(f"{number} {done}; {counted(playlists, 'playlist')} to be listed again.")
    return number


def _all(api: Client, body: Json) -> tuple[int, int]:
    """Decide page by page. Returns how many videos and playlists it was."""
    number, playlists = 0, 0
    while True:
        answer = api.decide(body)
        number, playlists = number + int(answer["videos"]), playlists + int(answer["playlists"])
        if not answer["more"] or answer["videos"] + answer["playlists"] == 0:
            return number, playlists
        err.print(f"{number} …", style="dim")
