"""The commands about failures: `fonoteca reasons`, `retry`, `abandon`, `delete`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import typer

from cli.api.answers import Json
from cli.api.client import Client
from cli.arguments.addresses import video_id
from cli.context import AsJson, client, confirm, err, out, print_json
from cli.display.formatting import counted, name_of
from cli.display.tables import new_table
from cli.display.times import moment, since_when
from cli.errors import REFUSED, CliError
from cli.options.common import Playlist
from cli.options.completion import reasons as complete_reasons

#: Titles named in the question before a deletion.
NAMED = 3

Videos = Annotated[list[str] | None, typer.Argument(metavar="VIDEO", help="Video ids, e.g. youtube:dQw4w9WgXcQ.")]
Reason = Annotated[
    str | None,
    typer.Option(
        "--reason",
        "-r",
        metavar="REASON",
        help="All videos that failed for this reason; `fonoteca reasons` lists them.",
        autocompletion=complete_reasons,
    ),
]
Since = Annotated[
    str | None,
    typer.Option(
        metavar="WHEN", help="Only videos that failed since then: 2026-05-01, 2026-05-01T12:00, or 3d, 12h, 30m."
    ),
]


@dataclass(frozen=True)
class Selection:
    """The videos that a decision is about: named by id, or selected by criteria that they all meet."""

    videos: Sequence[str] = ()
    reason: str | None = None
    playlist: str | None = None
    #: As the user writes it, e.g. 3d.
    since: str | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing was selected; a time alone selects nothing."""
        return not self.videos and self.reason is None and self.playlist is None

    def criteria(self) -> Json:
        """Return the criteria as the API names them. Raises CliError if the time cannot be read."""
        since = since_when(self.since) if self.since is not None else None
        wanted = {"reason": self.reason, "playlist": self.playlist, "since": since}
        return {name: value for name, value in wanted.items() if value is not None}


def reasons(playlist: Playlist = None, as_json: AsJson = False) -> None:
    """Show why videos are not stored: counts by reason, the oldest failure, and the next retry.

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
    table = new_table("reason", "class", "open", "abandoned", "playlists", "oldest", "next")
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
        "\nfonoteca videos --reason R lists them, retry --reason R retries them, abandon --reason R abandons them.",
        style="dim",
    )


def retry(
    videos: Videos = None,
    reason: Reason = None,
    playlist: Playlist = None,
    since: Since = None,
    as_json: AsJson = False,
) -> None:
    """Retry waiting and abandoned videos now, each with its full number of attempts.

    With --reason, playlists that failed for this reason are listed again too.

    Examples:

    - `fonoteca retry --reason js-runtime`
    - `fonoteca retry --reason private --playlist youtube:PL… --since 30d`
    - `fonoteca retry youtube:dQw4w9WgXcQ`
    """
    _decide("retry", Selection(videos or (), reason, playlist, since), as_json=as_json)


def abandon(
    videos: Videos = None,
    reason: Reason = None,
    playlist: Playlist = None,
    since: Since = None,
    as_json: AsJson = False,
) -> None:
    """Abandon waiting and queued videos. `fonoteca retry` reverses this.

    Examples:

    - `fonoteca abandon --reason members-only`
    - `fonoteca abandon --playlist youtube:PL…`
    """
    _decide("abandon", Selection(videos or (), reason, playlist, since), as_json=as_json)


def delete(
    videos: Videos = None,
    playlist: Playlist = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")] = False,
    as_json: AsJson = False,
) -> None:
    """Delete videos for good, with all versions in all stores. They are never fetched again.

    The stores are emptied within minutes. If a store keeps something (a lock, a legal hold, soft delete, a missing
    right), `fonoteca logs VIDEO`, `fonoteca status` and `fonoteca audit` say so; deleting the video again retries.

    Examples:

    - `fonoteca delete youtube:dQw4w9WgXcQ`
    - `fonoteca delete --playlist youtube:PL… --yes`
    """
    selection = Selection(videos or (), playlist=playlist)
    if not selection.is_empty and not yes:
        # Described before the question: nobody should have to confirm the deletion of what does not exist.
        what = _described(client(), selection)
        confirm(f"Delete {what} for good?", "Nothing was deleted.")
    number = _decide("delete", selection, as_json=as_json)
    if number and not as_json:
        err.print(
            "Both stores are emptied within minutes; `fonoteca status` shows what a store still keeps.", style="dim"
        )


def _described(api: Client, selection: Selection) -> str:
    """Return what is to be deleted, in words. Raises CliError if it does not exist."""
    if not selection.videos:
        found = api.playlist(str(selection.playlist))
        number = sum(found["progress"]["counts"].values())
        return f"{counted(number, 'recording')} of {name_of(found)} ({found['id']})"
    titles = [name_of(api.video(video_id(video))) for video in selection.videos]
    more = f" and {len(titles) - NAMED} more" if len(titles) > NAMED else ""
    return f"{counted(len(titles), 'recording')} ({', '.join(titles[:NAMED])}{more})"


#: Decision → what its videos are afterwards.
_DONE = {"retry": "queued again", "abandon": "abandoned", "delete": "deleted"}


def _decide(action: str, selection: Selection, *, as_json: bool) -> int:
    """Apply a decision and print the result. Returns the number of videos. Raises CliError if nothing is selected."""
    done = _DONE[action]
    if selection.is_empty:
        by_reason = "" if action == "delete" else " --reason"
        raise CliError(
            f"Nothing was {done}. Name the videos by id,{by_reason} or --playlist; `fonoteca reasons` lists reasons.",
            REFUSED,
        )
    api = client()
    if selection.playlist is not None:
        # An unknown playlist is a typing error, not a playlist without such videos.
        api.playlist(selection.playlist)
    decision = {"action": action, **selection.criteria()}
    number, playlists = 0, 0
    if selection.videos:
        for video in selection.videos:
            number += api.decide({**decision, "video": video_id(video)})["videos"]
    else:
        number, playlists = _decide_all(api, decision)
    if as_json:
        print_json({"action": action, "videos": number, "playlists": playlists})
    elif number + playlists == 0:
        out.print(f"No video matches, so nothing was {done}. `fonoteca reasons` lists the failures.")
    elif playlists == 0:
        out.print(f"{number} {done}.")
    else:
        out.print(f"{number} {done}; {counted(playlists, 'playlist')} will be listed again.")
    return number


def _decide_all(api: Client, decision: Json) -> tuple[int, int]:
    """Apply a decision portion by portion. Returns the numbers of videos and playlists."""
    number, playlists = 0, 0
    while True:
        answer = api.decide(decision)
        number, playlists = number + int(answer["videos"]), playlists + int(answer["playlists"])
        if not answer["more"] or answer["videos"] + answer["playlists"] == 0:
            return number, playlists
        err.print(f"{number} …", style="dim")
