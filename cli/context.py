"""What all commands share: the consoles, the common options, the API, the option --json."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from cli.api.env_file import DEFAULT_ENV_FILE, read_env
from cli.display.json_text import json_text
from cli.display.safe_console import SafeConsole
from cli.errors import REFUSED, CliError
from shared.untrusted.text import printable

if TYPE_CHECKING:
    from cli.api.client import Client

#: Columns of output to a pipe or a file, where COLUMNS is not set.
PIPE_COLUMNS = 160

if os.environ.get("COLUMNS", "").strip().strip("0") == "":
    # Some terminals report a width of 0; nothing would be shown.
    os.environ.pop("COLUMNS", None)
_known_width = (sys.stdout is not None and sys.stdout.isatty()) or "COLUMNS" in os.environ
out = SafeConsole(highlight=False, width=None if _known_width else PIPE_COLUMNS)
err = SafeConsole(stderr=True, highlight=False)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on standard output, for scripts.")]


class _CommonOptions:
    """The options before the command, e.g. `fonoteca --env-file FILE status`."""

    env_file: Path | None = None


common_options = _CommonOptions()


def is_watched(console: Console) -> bool:
    """Whether a person watches a console. With FORCE_COLOR, rich takes a log for a terminal; this does not."""
    return console.is_interactive and console.file.isatty()


def client() -> Client:
    """Return a client of the API that the options or the environment name. Raises CliError or Misconfigured."""
    # Commands that work on the servers directly need no client for HTTP.
    from cli.api.client import Client
    from cli.api.discovery import find_api

    return Client(find_api(common_options.env_file, lambda text: err.print(text, markup=False, soft_wrap=True)))


def take_settings(variable: str) -> None:
    """Add the variables of --env-file to the environment, where the settings are read.

    Without --env-file, those of a native stack in this folder, unless `variable` is set. Raises CliError.
    """
    file = common_options.env_file
    if file is None and not os.environ.get(variable) and DEFAULT_ENV_FILE.exists():
        file = DEFAULT_ENV_FILE
    if file is not None:
        os.environ.update(read_env(file))


def confirm(question: str, nothing: str) -> None:
    """Return if the user agrees. Raises CliError otherwise; `nothing` says what was not done."""
    if sys.stdin is None:
        raise CliError(f"{nothing} In a script, --yes answers the question.", REFUSED)
    try:
        agreed = typer.confirm(str(printable(question)), err=True)
    except typer.Abort:
        err.print()
        raise CliError(f"{nothing} In a script, --yes answers the question.", REFUSED) from None
    if not agreed:
        raise CliError(nothing, REFUSED)


def print_json(value: Any) -> None:
    """Print a value for scripts."""
    print(json_text(value, indent=2))


def print_json_line(value: Any) -> None:
    """Print one of many values for scripts, on a line of its own."""
    print(json_text(value))
