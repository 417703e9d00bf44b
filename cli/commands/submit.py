"""`fonoteca submit`: hand in playlists, and wait for them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Annotated, Literal

import typer
from rich.status import Status

from cli.api.client import ApiProblem, Client, Json
from cli.arguments.addresses import playlist_problem, shown
from cli.arguments.playlist_file import Line, read_lines
from cli.arguments.text_files import lines_of, read_text
from cli.context import AsJson, client, err, is_watched, out, print_json
from cli.display.formatting import counted
from cli.display.times import clock
from cli.errors import REFUSED, CliError
from cli.waiting import progress_table, wait
from shared.profiles import BadProfile, parse_profiles
from shared.untrusted.bounds import MAX_ENTRIES

#: HTTP status for an address that is not taken; any other problem would befall the next line too.
BAD_ADDRESS = 400
#: As a shell tells that a program was ended by Ctrl-C.
INTERRUPTED = 130


def submit(
    urls: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="URL", help="Addresses or ids of playlists, channels and videos, @names, ytsearch20:words."
        ),
    ] = None,
    file: Annotated[
        str | None,
        typer.Option(
            "--file",
            "-f",
            metavar="FILE",
            help="One address or id a line, # for comments, in UTF-8 or UTF-16; - is standard input.",
        ),
    ] = None,
    wait_: Annotated[bool, typer.Option("--wait", "-w", help="Show progress until nothing more happens soon.")] = False,
    patience: Annotated[
        float,
        typer.Option(metavar="SECONDS", help="With --wait: also wait for retries that are due within so many seconds."),
    ] = 60,
    profile: Annotated[
        list[str] | None,
        typer.Option(
            "--profile",
            "-p",
            metavar="NAME",
            help="What to store of each new video, e.g. mp3-320, original, flac, wav-16k-mono; several: again, or with "
            "commas. Without it, what the scrapers' settings say.",
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(min=1, max=MAX_ENTRIES, metavar="N", help="Take only the first N entries of each playlist."),
    ] = None,
    priority: Annotated[
        Literal["normal", "high"] | None,
        typer.Option(
            help="high: its new videos are fetched beside the long normal queue, not after it. For keys of scope admin."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Submit playlists. Submitting one again is harmless: only what is new is fetched.

    With --wait it ends with 0 when all playlists were listed, even if videos of them were given up; with 1 if one was
    refused; with 2 if an address was not taken; with 130 at Ctrl-C, and the work goes on.

    Examples:

    - `fonoteca submit "https://www.youtube.com/playlist?list=PL…" --wait`
    - `fonoteca submit --file playlist.txt --json`
    - `fonoteca submit @radio --profile wav-16k-mono,original --limit 100`
    """
    lines = [Line(0, url, playlist_problem(url)) for url in urls or []]
    if file is not None:
        lines += read_lines(lines_of(read_text(file)))
    if not lines:
        raise CliError("Nothing to submit. Give an address, or --file playlist.txt with at least one.", REFUSED)
    how = _how(profile, limit, priority)
    api = client()
    with err.status("") if is_watched(err) else nullcontext() as status:
        submitted, wrong = _submitted(api, lines, how, status)
    refused = False
    if wait_ and submitted:
        submitted = _waited_for(api, submitted, patience)
        refused = any(playlist["state"] == "refused" for playlist in submitted)
    if as_json:
        print_json({"playlists": submitted, "not_submitted": [line._asdict() for line in wrong]})
    elif wait_ and submitted:
        out.print(progress_table(submitted))
    else:
        for playlist in submitted:
            out.print(
                f"accepted {playlist['id']}  {shown(playlist['url'])}{_later(playlist)}", markup=False, soft_wrap=True
            )
        _say_what_may_be_refused(submitted)
    if wait_:
        _say_what_is_not_listed(submitted)
    if wrong or refused:
        raise typer.Exit(REFUSED if wrong else 1)


def _say_what_may_be_refused(playlists: Sequence[Json]) -> None:
    """The API takes every public address; whether a site may be asked, the scrapers' settings say."""
    if any(playlist["id"].startswith("url:") for playlist in playlists):
        err.print(
            "Sites other than YouTube are fetched only where SCRAPER_EXTRACTORS names them; `fonoteca status ID` shows "
            "whether a playlist was taken.",
            style="dim",
        )


def _later(playlist: Json) -> str:
    """When a playlist is listed that waits."""
    return f"  (listed again {clock(playlist['retry_at'])})" if playlist["retry_at"] else ""


def _how(profile: list[str] | None, limit: int | None, priority: str | None) -> Json:
    """What is asked for beside the address. Raises CliError for a profile that there is not."""
    how: Json = {"limit": limit, "priority": priority}
    if profile:
        try:
            how["profiles"] = [each.name for each in parse_profiles(",".join(profile))]
        except BadProfile as error:
            raise CliError(str(error), REFUSED) from error
    return {name: value for name, value in how.items() if value is not None}


def _submitted(api: Client, lines: Sequence[Line], how: Json, status: Status | None) -> tuple[list[Json], list[Line]]:
    """The playlists, and the lines that were not taken, which are told at once."""
    submitted: list[Json] = []
    wrong: list[Line] = []
    for number, line in enumerate(lines, 1):
        if status is not None and len(lines) > 1:
            status.update(f"submitting {number} of {len(lines)}")
        problem = line.problem
        if problem is None:
            try:
                submitted.append(api.submit(line.address, how))
                continue
            except CliError as error:
                if not isinstance(error, ApiProblem) or error.status != BAD_ADDRESS:
                    raise _with_what_was_done(error, len(submitted)) from error
                problem = str(error)
        wrong.append(line._replace(problem=problem))
        err.print("[red]not submitted[/]: ", end="")
        err.print(f"line {line.number}: {problem}" if line.number else problem, markup=False, soft_wrap=True)
    return submitted, wrong


def _with_what_was_done(error: CliError, number: int) -> CliError:
    if number == 0:
        return error
    return CliError(
        f"{error} {counted(number, 'playlist')} had been submitted; do it all again, that is harmless.", error.code
    )


def _waited_for(api: Client, submitted: Sequence[Json], patience: float) -> list[Json]:
    ids = list(dict.fromkeys(playlist["id"] for playlist in submitted))
    again = f"fonoteca status {ids[0]}" if len(ids) == 1 else "fonoteca status"
    try:
        return wait(api, ids, err, patience)
    except KeyboardInterrupt:
        err.print(f"The work goes on without this display; look again with: {again}", markup=False, soft_wrap=True)
        raise typer.Exit(INTERRUPTED) from None
    except CliError as error:
        raise CliError(f"{error} What was submitted is not lost; look again with: {again}", error.code) from error


def _say_what_is_not_listed(playlists: Sequence[Json]) -> None:
    for playlist in playlists:
        if playlist["state"] in ("refused", "waiting"):
            again = f"; tried again {clock(playlist['retry_at'])}" if playlist["state"] == "waiting" else ""
            why = f"{playlist['state']} {playlist['id']}: {playlist['failure']['detail']}{again}"
            err.print(why, markup=False, soft_wrap=True)
