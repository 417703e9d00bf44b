"""Commands about what did not work: reasons, retry, abandon, delete."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from cli.client import REFUSED, Client, CliError
from cli.context import AsJson, client, err, out, playlist_id, print_json
from cli.showing import clock
from cli.tables import new_table

#: Days, hours and minutes in seconds, for --since 3d.
_UNITS = {"d": 86_400, "h": 3_600, "m": 60}

Videos = Annotated[list[str] | None, typer.Argument(metavar="[VIDEO…]", help="Video ids, e.g. youtube:dQw4w9WgXcQ.")]
Reason = Annotated[str | None, typer.Option("--reason", "-r", help="All that failed for this reason.")]
Playlist = Annotated[
    str | None, typer.Option(help="Only videos of this playlist: its id, or its address.", callback=playlist_id)
]
Since = Annotated[
    str | None, typer.Option(help="Only those that failed since then: 2026-05-01, 2026-05-01T12:00, or 3d, 12h, 30m.")
]


def add_to(app: typer.Typer) -> None:
    """Give `app` these commands."""
    app.command()(reasons)
    app.command()(retry)
    app.command()(abandon)
    app.command()(delete)


def reasons(playlist: Playlist = None, as_json: AsJson = False) -> None:
    """Why videos are not stored: counts by reason, the oldest, and when the next is tried again."""
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
    table = new_table("reason", "class", "tried again", "given up", "oldest", "next")
    for row in found:
        table.add_row(
            row["reason"],
            row["failure_class"],
            str(row["open"]),
            str(row["abandoned"]),
            clock(row["oldest"]),
            clock(row["next_due"]),
        )
    out.print(table)
    out.print("\nfonoteca retry --reason R tries them again, fonoteca abandon --reason R gives them up.", style="dim")


def retry(
    videos: Videos = None,
    reason: Reason = None,
    playlist: Playlist = None,
    since: Since = None,
    as_json: AsJson = False,
) -> None:
    """Try videos again now, with all their attempts before them: those that wait and those given up.

    Examples:

      fonoteca retry --reason js-runtime

      fonoteca retry --reason private --playlist youtube:PL… --since 30d

      fonoteca retry youtube:dQw4w9WgXcQ
    """
    _decide("retry", "queued again", videos, reason, playlist, since, as_json=as_json)


def abandon(
    videos: Videos = None,
    reason: Reason = None,
    playlist: Playlist = None,
    since: Since = None,
    as_json: AsJson = False,
) -> None:
    """Give videos up: those that wait and those that are queued. `fonoteca retry` takes that back."""
    _decide("abandon", "given up", videos, reason, playlist, since, as_json=as_json)


def delete(
    videos: Videos = None,
    playlist: Playlist = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Delete videos for good: from both stores, and never fetched again, whatever playlist names them."""
    what = f"{len(videos)} recordings" if videos else f"all recordings of {playlist}"
    if (videos or playlist) and not yes and not typer.confirm(f"Delete {what} for good?", err=True):
        raise CliError("Nothing was deleted.", REFUSED)
    _decide("delete", "deleted", videos, None, playlist, None, as_json=as_json)


def _decide(
    action: str,
    done: str,
    videos: list[str] | None,
    reason: str | None,
    playlist: str | None,
    since: str | None,
    *,
    as_json: bool,
) -> None:
    if not videos and reason is None and playlist is None:
        by_reason = "" if action == "delete" else " --reason"
        raise CliError(
            f"Say which videos: ids,{by_reason} or --playlist. fonoteca reasons lists the reasons; nothing was {done}.",
            REFUSED,
        )
    if playlist is not None:
        # An unknown one is a slip of the pen, not a playlist without such videos.
        client().playlist(playlist)
    fitting = {"reason": reason, "playlist": playlist, "since": moment(since) if since is not None else None}
    body = {"action": action, **{name: value for name, value in fitting.items() if value is not None}}
    number = 0
    if videos:
        for video in videos:
            id_ = video if ":" in video else f"youtube:{video}"
            number += client().decide({**body, "video": id_})["videos"]
    else:
        number = _all(client(), body)
    if as_json:
        print_json({"action": action, "videos": number})
    elif number == 0:
        out.print(f"No video fits, so nothing was {done}. `fonoteca reasons` lists what there is.")
    else:
        out.print(f"{number} {done}.")


def _all(api: Client, body: dict[str, Any]) -> int:
    """Decide page by page. Returns how many videos it was."""
    number = 0
    while True:
        answer = api.decide(body)
        number += int(answer["videos"])
        if not answer["more"] or answer["videos"] == 0:
            return number
        err.print(f"{number} …", style="dim")


def moment(text: str) -> str:
    """A moment as people write it, as the API takes it. Raises CliError."""
    if text[-1:] in _UNITS and text[:-1].isdigit():
        return (datetime.now(UTC) - timedelta(seconds=int(text[:-1]) * _UNITS[text[-1]])).isoformat()
    try:
        return datetime.fromisoformat(text).astimezone().isoformat()
    except ValueError as error:
        raise CliError(
            f"{text!r} is no moment; write 2026-05-01, 2026-05-01T12:00, 3d, 12h or 30m.", REFUSED
        ) from error
