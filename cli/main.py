"""The commands of `fonoteca`."""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from cli import decisions
from cli.audit.command import audit
from cli.backup.command import backup, restore
from cli.client import UNREACHABLE, WRONG_SETTING, CliError
from cli.context import err, given, out
from cli.egress import egress
from cli.export import export
from cli.getting.command import get
from cli.help import look_alike
from cli.keys import keys
from cli.migrate import migrate
from cli.parked import parked
from cli.playlists import playlists
from cli.status import status
from cli.submit import submit
from cli.sync import sync
from cli.topology import topology
from cli.videos import logs, videos
from shared.errors import Misconfigured, Unavailable

app = typer.Typer(
    name="fonoteca",
    epilog="Exit codes: 0 done · 1 some playlist was refused, or a check found something · 2 wrong input · "
    "69 the API or a server cannot be reached · 78 a setting is missing or wrong · 130 ended by Ctrl-C.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)


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
    """Turns playlists into a verified audio archive.

    Begin with: `fonoteca submit URL --wait`
    """
    given.env_file = env_file


app.command()(submit)
app.command()(status)
app.add_typer(playlists, name="playlists")
app.command()(videos)
app.command()(logs)
decisions.add_to(app)
app.command()(egress)
app.add_typer(parked, name="parked")
app.add_typer(keys, name="keys")
app.command()(get)
app.command()(export)
app.add_typer(sync, name="sync")
app.command()(audit)
app.command()(migrate)
app.command()(backup)
app.command()(restore)
app.add_typer(topology, name="topology")
look_alike(app)


def main() -> NoReturn:
    """The entry point: errors become one sentence and an exit code."""
    try:
        app()
    except CliError as error:
        err.print(f"fonoteca: {error}", markup=False, soft_wrap=True)
        sys.exit(error.code)
    except (Misconfigured, Unavailable) as error:
        err.print(f"fonoteca: {error}", markup=False, soft_wrap=True)
        sys.exit(WRONG_SETTING if isinstance(error, Misconfigured) else UNREACHABLE)
    except BrokenPipeError:
        sys.exit(0)
    sys.exit(0)
