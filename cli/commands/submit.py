"""`fonoteca submit`: submit playlists, and wait until they are done."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Annotated, Literal

import typer
from rich.status import Status

from cli.api.answers import Json
from cli.api.client import ApiProblem, Client
from cli.arguments.addresses import playlist_problem, shown
from cli.arguments.filters import RULES, parse_filters
from cli.arguments.playlist_file import Line, read_lines
from cli.arguments.text_files import lines_of, read_text
from cli.context import AsJson, client, err, is_watched, out, print_json
from cli.display.formatting import counted
from cli.display.times import clock
from cli.errors import REFUSED, CliError
from cli.waiting import progress_table, wait
from shared.profiles import BadProfile, parse_profiles
from shared.untrusted.bounds import MAX_ENTRIES

#: HTTP status of a rejected address. Any other problem would affect the next line too, and ends the command.
BAD_ADDRESS = 400
#: Exit code of programs that Ctrl-C ended.
INTERRUPTED = 130


Urls = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="URL", help="Addresses or ids of playlists, channels and videos; also @names and ytsearch20:words."
    ),
]
File = Annotated[
    str | None,
    typer.Option(
        "--file",
        "-f",
        metavar="FILE",
        help="A file with one address or id per line; # starts a comment. UTF-8 or UTF-16; - reads standard input.",
    ),
]
Wait = Annotated[bool, typer.Option("--wait", "-w", help="Show progress, and end when nothing more will happen soon.")]
Patience = Annotated[
    float,
    typer.Option(metavar="SECONDS", help="With --wait: also wait for retries that are due within this time."),
]
Profiles = Annotated[
    list[str] | None,
    typer.Option(
        "--profile",
        "-p",
        metavar="NAME",
        help="What to store of each new video, e.g. mp3-320, original, flac, wav-16k-mono. For several, separate them "
        "with commas or repeat the option. Default: the scrapers' settings.",
    ),
]
Limit = Annotated[
    int | None,
    typer.Option(min=1, max=MAX_ENTRIES, metavar="N", help="Take only the first N entries of each playlist."),
]
Priority = Annotated[
    Literal["normal", "high"] | None,
    typer.Option(help="high: new videos do not wait behind the normal queue. Needs a key of scope admin."),
]
FilterRules = Annotated[
    list[str] | None,
    typer.Option(
        "--filter",
        metavar="RULE=VALUE",
        help="Take only entries that this rule lets through; repeat it for several rules: " + ", ".join(RULES) + ". "
        "Titles are searched for RE2 patterns, whatever the case; days are written 2026-01-31.",
    ),
]


def submit(
    urls: Urls = None,
    file: File = None,
    wait_: Wait = False,
    patience: Patience = 60,
    profile: Profiles = None,
    limit: Limit = None,
    priority: Priority = None,
    filter_: FilterRules = None,
    as_json: AsJson = False,
) -> None:
    """Submit playlists. Submitting a playlist again is harmless: only new videos are fetched.

    With --wait the exit code is 0 when every playlist was listed, even if some videos were abandoned; 1 if a playlist
    was refused; 2 if an address was rejected; 130 after Ctrl-C, which does not stop the work.

    Examples:

    - `fonoteca submit "https://www.youtube.com/playlist?list=PL…" --wait`
    - `fonoteca submit --file playlist.txt --json`
    - `fonoteca submit @radio --profile wav-16k-mono,original --limit 100`
    - `fonoteca submit @radio --filter title_exclude="teaser|trailer" --filter min_seconds=60`
    """
    lines = _lines(urls or [], file)
    options = _submission_options(profile, limit, priority) | _filters(filter_)
    api = client()
    with err.status("") if is_watched(err) else nullcontext() as status:
        submitted, rejected = _submitted(api, lines, options, status)
    waited = wait_ and bool(submitted)
    if waited:
        submitted = _waited_for(api, submitted, patience)
    if as_json:
        print_json({"playlists": submitted, "not_submitted": [line._asdict() for line in rejected]})
    elif waited:
        out.print(progress_table(submitted))
    else:
        _print_accepted(submitted)
    if wait_:
        _print_unlisted(submitted)
    if rejected:
        raise typer.Exit(REFUSED)
    if waited and any(playlist["state"] == "refused" for playlist in submitted):
        raise typer.Exit(1)


def _lines(urls: Sequence[str], file: str | None) -> list[Line]:
    """Return what to submit. Raises CliError if there is nothing, or the file cannot be read."""
    lines = [Line(0, url, playlist_problem(url)) for url in urls]
    if file is not None:
        lines += read_lines(lines_of(read_text(file)))
    if not lines:
        raise CliError("Nothing to submit. Give an address, or --file playlist.txt with at least one.", REFUSED)
    return lines


def _print_accepted(playlists: Sequence[Json]) -> None:
    for playlist in playlists:
        # One that waits was listed lately.
        later = f"  (listed again {clock(playlist['retry_at'])})" if playlist["retry_at"] else ""
        out.print(f"accepted {playlist['id']}  {shown(playlist['url'])}{later}", markup=False, soft_wrap=True)
    if any(playlist["id"].startswith("url:") for playlist in playlists):
        # The API accepts every public address; the scrapers' settings decide which sites are fetched.
        err.print(
            "Sites other than YouTube are fetched only if SCRAPER_EXTRACTORS names them; `fonoteca status ID` shows "
            "whether a playlist was refused.",
            style="dim",
        )


def _submission_options(profile: list[str] | None, limit: int | None, priority: str | None) -> Json:
    """Return the fields of a submission other than its address. Raises CliError for an unknown profile."""
    options: Json = {"limit": limit, "priority": priority}
    if profile:
        try:
            options["profiles"] = [each.name for each in parse_profiles(",".join(profile))]
        except BadProfile as error:
            raise CliError(str(error), REFUSED) from error
    return {name: value for name, value in options.items() if value is not None}


def _filters(texts: list[str] | None) -> Json:
    rules = parse_filters(texts or [])
    return {"filters": rules} if rules is not None else {}


def _submitted(
    api: Client, lines: Sequence[Line], options: Json, status: Status | None
) -> tuple[list[Json], list[Line]]:
    """Return the playlists, and the rejected lines, which are printed at once.

    Raises CliError if the API is unavailable or refuses the key.
    """
    submitted: list[Json] = []
    rejected: list[Line] = []
    for number, line in enumerate(lines, 1):
        if status is not None and len(lines) > 1:
            status.update(f"submitting {number} of {len(lines)}")
        problem = line.problem
        if problem is None:
            try:
                submitted.append(api.submit(line.address, options))
                continue
            except CliError as error:
                if not isinstance(error, ApiProblem) or error.status != BAD_ADDRESS:
                    raise _with_number_submitted(error, len(submitted)) from error
                problem = str(error)
        rejected.append(line._replace(problem=problem))
        err.print("[red]not submitted[/]: ", end="")
        err.print(f"line {line.number}: {problem}" if line.number else problem, markup=False, soft_wrap=True)
    return submitted, rejected


def _with_number_submitted(error: CliError, number: int) -> CliError:
    if number == 0:
        return error
    return CliError(
        f"{error} {counted(number, 'playlist')} had been submitted. Run the same command again; this is harmless.",
        error.code,
    )


def _waited_for(api: Client, submitted: Sequence[Json], patience: float) -> list[Json]:
    """Return the playlists once they are settled. Raises CliError if the API stays unavailable."""
    ids = list(dict.fromkeys(playlist["id"] for playlist in submitted))
    check = f"fonoteca status {ids[0]}" if len(ids) == 1 else "fonoteca status"
    try:
        return wait(api, ids, err, patience)
    except KeyboardInterrupt:
        err.print(f"The work goes on without this display. Check again with: {check}", markup=False, soft_wrap=True)
        raise typer.Exit(INTERRUPTED) from None
    except CliError as error:
        raise CliError(f"{error} Nothing that was submitted is lost. Check again with: {check}", error.code) from error


def _print_unlisted(playlists: Sequence[Json]) -> None:
    """Print why playlists were refused or wait, and when they are listed again."""
    for playlist in playlists:
        if playlist["state"] in ("refused", "waiting"):
            again = f"; listed again {clock(playlist['retry_at'])}" if playlist["state"] == "waiting" else ""
            why = f"{playlist['state']} {playlist['id']}: {playlist['failure']['detail']}{again}"
            err.print(why, markup=False, soft_wrap=True)
