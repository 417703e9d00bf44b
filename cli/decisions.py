"""Commands about what did not work: reasons, retry, abandon, delete, parked, egress."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer
from rich.table import Table

from cli.client import REFUSED, Client, CliError
from cli.context import AsJson, client, err, out, print_json
from cli.showing import clock, coloured, plain

#: Days, hours and minutes in seconds, for --since 3d.
_UNITS = {"d": 86_400, "h": 3_600, "m": 60}

Videos = Annotated[list[str] | None, typer.Argument(metavar="[VIDEO…]", help="Video ids, e.g. youtube:dQw4w9WgXcQ.")]
Reason = Annotated[str | None, typer.Option("--reason", "-r", help="All that failed for this reason.")]
Playlist = Annotated[str | None, typer.Option(help="Only videos of this playlist id.")]
Since = Annotated[
    str | None, typer.Option(help="Only those that failed since then: 2026-05-01, 2026-05-01T12:00, or 3d, 12h, 30m.")
]


def add_to(app: typer.Typer) -> None:
    """Give `app` these commands."""
    app.command()(reasons)
    app.command()(retry)
    app.command()(abandon)
    app.command()(delete)
    app.command()(egress)
    app.add_typer(parked, name="parked")


def reasons(playlist: Playlist = None, as_json: AsJson = False) -> None:
    """Why videos are not stored: counts by reason, the oldest, and when the next is tried again."""
    found = client().reasons(playlist)
    if as_json:
        print_json(found)
        return
    if not found:
        out.print("Nothing has failed.")
        return
    table = _table("reason", "class", "tried again", "given up", "oldest", "next")
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
    videos: Annotated[list[str], typer.Argument(metavar="VIDEO…", help="Video ids, e.g. youtube:dQw4w9WgXcQ.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Delete videos for good: from both stores, and never fetched again, whatever playlist names them."""
    if not yes and not typer.confirm(f"Delete {len(videos)} recordings for good?", err=True):
        raise CliError("Nothing was deleted.", REFUSED)
    _decide("delete", "deleted", videos, None, None, None, as_json=as_json)


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
        raise CliError(
            f"Say which videos: ids, --reason or --playlist. fonoteca reasons lists the reasons; nothing was {done}.",
            REFUSED,
        )
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


def egress(
    resume: Annotated[
        str | None, typer.Option(metavar="NAME", help="Let this egress try one video now instead of resting on.")
    ] = None,
    storage: Annotated[bool, typer.Option("--storage", help="With --resume: its storage breaker.")] = False,
    as_json: AsJson = False,
) -> None:
    """Whether scrapers take work, and if not, why and until when: a source that refuses them, a store that is full."""
    api = client()
    found = api.resume(resume, "storage" if storage else "egress") if resume is not None else api.breakers()
    if as_json:
        print_json(found)
        return
    table = _table("egress", "breaker", "state", "until", "why")
    for row in found:
        until = clock(row["until"]) or ("a person resumes it" if row["state"] == "open" else "")
        why = f"{row['reason']}: {row['detail']}" if row["reason"] else ""
        table.add_row(row["egress"], row["kind"], coloured(row["state"]), until, plain(why))
    out.print(table)


parked = typer.Typer(help="Messages that no code could process.", no_args_is_help=True)


@parked.command("list")
def list_parked(
    queue: Annotated[str | None, typer.Option(help="Only from this queue, e.g. scraper.playlists.")] = None,
    as_json: AsJson = False,
) -> None:
    """List parked messages. With --json one object a line."""
    found = client().parked(queue)
    if as_json:
        for message in found:
            print(json.dumps(message, ensure_ascii=False))
        return
    table = _table("id", "queue", "when", "bytes", "why")
    for message in found:
        table.add_row(
            message["id"],
            message["queue"],
            clock(message["parked_at"]),
            str(message["size_bytes"]),
            plain(message["reason"]),
        )
    out.print(table if table.row_count else "Nothing is parked.")


Id = Annotated[str, typer.Argument(metavar="ID", help="As `fonoteca parked list` shows it.")]


@parked.command()
def show(id_: Id) -> None:
    """Show a parked message whole, as JSON."""
    print_json(client().parked_message(id_))


@parked.command()
def replay(id_: Id) -> None:
    """Send a parked message back to its queue, as after an upgrade that can process it."""
    out.print(f"{id_} is back on its way to {client().replay(id_)['queue']}.", markup=False)


@parked.command()
def drop(id_: Id, yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False) -> None:
    """Drop a parked message for good; its last copy is printed."""
    if not yes and not typer.confirm(f"Drop {id_} for good?", err=True):
        raise CliError("Nothing was dropped.", REFUSED)
    print_json(client().drop_parked(id_))


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in columns:
        table.add_column(
            name, overflow="fold", justify="right" if name in ("tried again", "given up", "bytes") else "left"
        )
    return table
