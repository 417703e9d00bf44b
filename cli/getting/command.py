"""`fonoteca get`: downloads recordings, or prints addresses of them for other programs."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from cli.api.answers import Json
from cli.api.client import ApiProblem, Client
from cli.context import AsJson, client, err, out, print_json_line
from cli.display.formatting import counted
from cli.display.times import clock
from cli.errors import REFUSED, CliError
from cli.getting.destinations import Destinations
from cli.getting.listing import named_videos, stored_videos
from cli.getting.run_display import RunDisplay
from cli.getting.running import Choose, Run, Tally
from cli.getting.template import DEFAULT, FIELDS, Template
from cli.getting.wanted import SIDECARS, NotFetched, WantedFile, wanted_files
from cli.options.filters import NO_FILTERS, VideoFilters, selecting_videos

#: A replica of the API sends at most 32 files at a time to one key.
MAX_JOBS = 16
#: An unknown channel or reason is no error, but may be a typing error.
NO_MATCH = "No stored video matches; `fonoteca videos` lists matching videos in every state."

Videos = Annotated[
    list[str] | None, typer.Argument(metavar="VIDEO", help="Video ids, e.g. youtube:dQw4w9WgXcQ, or their addresses.")
]
All = Annotated[bool, typer.Option("--all", help="Every stored video.")]
Profile = Annotated[
    str | None, typer.Option(metavar="PROFILE", help="The profile to download of each video. Default: its main one.")
]
Sidecars = Annotated[
    str,
    typer.Option(
        "--with", metavar="KINDS", help=f"Also download sidecars, separated by commas: {', '.join(SIDECARS)}."
    ),
]
Folder = Annotated[Path, typer.Option("--to", metavar="DIR", help="The folder to write to.")]
_FIELDS = ", ".join(f"{{{name}}} ({what})" for name, what in FIELDS.items())
Name = Annotated[
    str, typer.Option("--name", metavar="TEMPLATE", help=f"File names below that folder. Fields: {_FIELDS}.")
]
Jobs = Annotated[
    int, typer.Option("--jobs", "-j", min=1, max=MAX_JOBS, metavar="N", help="Files to download at a time.")
]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Replace files that have the same name and other content.")
]
Link = Annotated[
    bool, typer.Option("--link", help="Download nothing; print an address of each file instead. It expires.")
]


@selecting_videos
def get(
    videos: Videos = None,
    filters: VideoFilters = NO_FILTERS,
    everything: All = False,
    profile: Profile = None,
    sidecars: Sidecars = "",
    to: Folder = Path(),
    name: Name = DEFAULT,
    jobs: Jobs = 4,
    overwrite: Overwrite = False,
    link: Link = False,
    as_json: AsJson = False,
) -> None:
    """Download stored recordings into a folder, and verify each by its SHA-256.

    Run the command again to resume it: complete files are left alone. The name of an unfinished file ends in .part.
    --json prints one object per line.

    Examples:

    - `fonoteca get youtube:dQw4w9WgXcQ`
    - `fonoteca get --playlist PL… --to corpus --with subtitles,thumbnail`
    - `fonoteca get --channel "Radio du Zou" --profile wav-16k-mono --name "{year}/{id}.{ext}" --jobs 8`
    - `fonoteca get --playlist PL… --link | xargs -n 1 curl -OJ`
    """
    template = Template(name)
    choose = partial(_chosen, profile, _kinds(sidecars))
    api = client()
    found = _found(api, videos or [], filters, everything=everything)
    if link:
        _print_links(api, found, choose, as_json=as_json)
        return
    tally = Tally()
    download = Run(api, Destinations(_usable(to), template, overwrite=overwrite), tally, choose)
    with RunDisplay(err, tally, as_json=as_json) as display:
        try:
            download.fetch_all(found, jobs, display.report, display.refresh)
        finally:
            # A command that was refused at once has nothing to sum up.
            if tally.files.total() or tally.bytes_fetched or sys.exc_info()[0] is None:
                (err if as_json else out).print(f"{display.sum()} · {to.absolute()}", markup=False, soft_wrap=True)
    if not tally.files.total():
        err.print(NO_MATCH, soft_wrap=True)
    if tally.files["failed"]:
        raise CliError(f"{counted(tally.files['failed'], 'file')} not downloaded, as reported above.")


def _chosen(profile: str | None, sidecars: tuple[str, ...], video: Json) -> list[WantedFile]:
    return list(wanted_files(video, profile, sidecars))


def _kinds(text: str) -> tuple[str, ...]:
    kinds = tuple(part.strip() for part in text.split(",") if part.strip())
    if unknown := [kind for kind in kinds if kind not in SIDECARS]:
        raise CliError(f"There is no sidecar {unknown[0]!r}. The kinds are {', '.join(SIDECARS)}.", REFUSED)
    return kinds


def _found(api: Client, names: list[str], filters: VideoFilters, *, everything: bool) -> Iterable[Json]:
    """Return the selected videos. Raises CliError if none are selected, or both by id and by options."""
    given = filters.given()
    if names and (given or everything):
        raise CliError("Give either video ids or options that select videos, not both.", REFUSED)
    if names:
        return named_videos(api, names)
    if not given and not everything:
        raise CliError(
            "Name the videos: by ids, --playlist, --channel, --licence, --text, --reason, or --all.", REFUSED
        )
    return stored_videos(api, filters)


def _usable(folder: Path) -> Path:
    """Return the folder, created if it is missing. Raises CliError if nothing can be written there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise CliError(f"{folder} cannot be used: {why}. Name another folder with --to.", REFUSED) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise CliError(f"Nothing can be written in {folder}. Name another folder with --to.", REFUSED)
    return folder


def _print_links(api: Client, videos: Iterable[Json], choose: Choose, *, as_json: bool) -> None:
    """Print an address of each file. Raises CliError if some files have none."""
    failed, ends = 0, None
    for video in videos:
        try:
            links = [api.link(video["id"], wanted.name) for wanted in choose(video)]
        except (NotFetched, ApiProblem) as error:
            if isinstance(error, ApiProblem) and error.status != 404:
                raise
            failed += 1
            err.print(f"no address: {video['id']}: {error}", markup=False, soft_wrap=True)
            continue
        for found in links:
            ends = ends or found["expires_at"]
            if as_json:
                print_json_line(found)
            else:
                print(found["url"])
    if ends is not None:
        err.print(f"Anyone with these addresses can read the files; the first expires {clock(ends)}.", markup=False)
    if ends is None and not failed:
        err.print(NO_MATCH, soft_wrap=True)
    if failed:
        raise CliError(f"{counted(failed, 'video')} without an address, as reported above.")
