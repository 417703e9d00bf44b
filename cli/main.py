"""The commands of `fonoteca`."""

from __future__ import annotations

import json
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from cli import decisions
from cli.audit.command import audit
from cli.client import REFUSED, UNREACHABLE, CliError
from cli.context import AsJson, client, err, given, out, playlist_id, print_json
from cli.egress import egress
from cli.export import export
from cli.keys import keys
from cli.parked import parked
from cli.playlist_file import Line, problem_with, read_lines
from cli.showing import attempts_table, clock, videos_table
from cli.sync import sync
from cli.topology import topology
from cli.waiting import progress_table, wait
from shared.errors import Misconfigured, Unavailable

app = typer.Typer(
    name="fonoteca",
    help="Turns playlists into a verified audio archive.",
    epilog="Exit codes: 0 done · 1 some playlist was refused · 2 wrong input · 69 the API cannot be reached.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
STATES = ("queued", "running", "waiting", "stored", "abandoned")


def show_version(wanted: bool) -> None:
    """--version."""
    if wanted:
        out.print(f"fonoteca {version('fonoteca')}")
        raise typer.Exit


@app.callback()
def common(
    env_file: Annotated[
        Path | None,
        typer.Option(
            "--env-file",
            metavar="FILE",
            help="File with API_URL and API_KEY, as `make up` writes. Default: the environment, then .stack/env.",
        ),
    ] = None,
    _version: Annotated[
        bool, typer.Option("--version", help="Show the version and end.", callback=show_version, is_eager=True)
    ] = False,
) -> None:
    """Common options."""
    given.env_file = env_file


@app.command()
def submit(
    urls: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[URL…]", help="Addresses or ids of playlists, channels and videos, @names, ytsearch20:words."
        ),
    ] = None,
    file: Annotated[
        typer.FileText | None,
        typer.Option("--file", "-f", help="One address or id a line, # for comments; - is standard input."),
    ] = None,
    wait_: Annotated[bool, typer.Option("--wait", "-w", help="Show progress until nothing more happens soon.")] = False,
    patience: Annotated[
        float, typer.Option(help="With --wait: also wait for retries that are due within so many seconds.")
    ] = 60,
    as_json: AsJson = False,
) -> None:
    """Submit playlists. Submitting one again is harmless: only what is new is fetched.

    Examples:

      fonoteca submit "https://www.youtube.com/playlist?list=PL…" --wait

      fonoteca submit --file playlist.txt --json
    """
    lines = [Line(0, url, problem_with(url)) for url in urls or []] + (read_lines(file) if file is not None else [])
    if not lines:
        raise CliError("Nothing to submit. Give an address, or --file playlist.txt with at least one.", REFUSED)
    wrong = [line for line in lines if line.problem is not None]
    for line in wrong:
        where = f"line {line.number}: " if line.number else ""
        err.print(f"[red]not submitted[/]: {where}", end="")
        err.print(line.problem, markup=False, soft_wrap=True)
    api = client()
    submitted = [api.submit(line.address) for line in lines if line.problem is None]
    refused = False
    if wait_ and submitted:
        ids = list(dict.fromkeys(playlist["id"] for playlist in submitted))
        submitted = wait(api, ids, err, patience)
        refused = any(playlist["state"] == "refused" for playlist in submitted)
    if as_json:
        print_json({"playlists": submitted, "not_submitted": [line._asdict() for line in wrong]})
    elif wait_:
        out.print(progress_table(submitted))
    else:
        for playlist in submitted:
            out.print(f"accepted {playlist['id']}  {playlist['url']}", markup=False)
    for playlist in submitted:
        if wait_ and playlist["state"] in ("refused", "waiting"):
            again = f"; tried again {clock(playlist['retry_at'])}" if playlist["state"] == "waiting" else ""
            why = f"{playlist['state']} {playlist['id']}: {playlist['failure']['detail']}{again}"
            err.print(why, markup=False, soft_wrap=True)
    if wrong or refused:
        raise typer.Exit(REFUSED if wrong else 1)


@app.command()
def status(
    playlist: Annotated[
        str | None,
        typer.Argument(help="A playlist's id or address; without one, the whole archive.", callback=playlist_id),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """How far everything is, or one playlist."""
    api = client()
    if playlist is not None:
        found = api.playlist(playlist)
        if as_json:
            print_json(found)
        else:
            out.print(progress_table([found]))
            if found["failure"] is not None:
                out.print(f"{found['failure']['reason']}: {found['failure']['detail']}", markup=False)
        return
    whole = api.status()
    if as_json:
        print_json(whole)
        return
    progress = whole["progress"]
    counts = progress["counts"]
    out.print(f"{whole['playlists']} playlists, {sum(counts.values())} videos", markup=False)
    for state in STATES:
        out.print(f"  {state:<10}{counts[state]:>8}", markup=False)
    gigabytes = progress["stored_bytes"] / 1e9
    out.print(
        f"{progress['stored_hours']:.2f} hours, {gigabytes:.3f} GB stored; {progress['mirrored']} mirrored",
        markup=False,
    )


@app.command()
def videos(
    state: Annotated[str | None, typer.Option(help=f"Only this state: {', '.join(STATES)}.")] = None,
    playlist: Annotated[
        str | None, typer.Option(help="Only this playlist: its id or its address.", callback=playlist_id)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List videos with their states, and why they are not stored. With --json one object a line."""
    if state is not None and state not in STATES:
        raise CliError(f"There is no state {state!r}. The states are {', '.join(STATES)}.", REFUSED)
    found = client().videos(state, playlist)
    if as_json:
        for video in found:
            print(json.dumps(video, ensure_ascii=False))
    else:
        out.print(videos_table(found))


@app.command()
def logs(
    video: Annotated[str, typer.Argument(metavar="VIDEO", help="A video id, e.g. youtube:dQw4w9WgXcQ.")],
    as_json: AsJson = False,
) -> None:
    """Every attempt to fetch a video, and how it ended."""
    attempts = client().attempts(video if ":" in video else f"youtube:{video}")
    if as_json:
        print_json(attempts)
    elif not attempts:
        out.print("No attempt yet.")
    else:
        out.print(attempts_table(attempts))


decisions.add_to(app)
app.command()(egress)
app.add_typer(parked, name="parked")
app.add_typer(keys, name="keys")
app.command()(export)
app.add_typer(sync, name="sync")
app.command()(audit)
app.add_typer(topology, name="topology")


def main() -> NoReturn:
    """The entry point: errors become one sentence and an exit code."""
    try:
        app()
    except CliError as error:
        err.print(f"fonoteca: {error}", markup=False, soft_wrap=True)
        sys.exit(error.code)
    except (Misconfigured, Unavailable) as error:
        err.print(f"fonoteca: {error}", markup=False, soft_wrap=True)
        sys.exit(REFUSED if isinstance(error, Misconfigured) else UNREACHABLE)
    except BrokenPipeError:
        sys.exit(0)
    sys.exit(0)
