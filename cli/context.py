"""What all commands share: the consoles, the API or the servers they talk to, the option --json."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from cli.api.client import DEFAULT_ENV_FILE, Client
from cli.api.discovery import find_api, read_env
from cli.display.json_text import json_text
from cli.display.safe_console import SafeConsole
from cli.errors import REFUSED, CliError
from shared.untrusted.text import printable

#: Columns of what goes into a pipe or a file, where nobody has said how many there are.
PIPE_COLUMNS = 160

if os.environ.get("COLUMNS", "").strip().strip("0") == "":
    # A terminal that does not tell its width says 0; nothing would be shown.
    os.environ.pop("COLUMNS", None)
_known_width = (sys.stdout is not None and sys.stdout.isatty()) or "COLUMNS" in os.environ
out = SafeConsole(highlight=False, width=None if _known_width else PIPE_COLUMNS)
err = SafeConsole(stderr=True, highlight=False)

AsJson = Annotated[bool, typer.Option("--json", help="JSON on standard output, for scripts.")]


class _Given:
    """The common options of this run."""

    env_file: Path | None = None


given = _Given()


def is_watched(console: Console) -> bool:
    """Whether a person watches a console. FORCE_COLOR makes a log a terminal for rich; a log it stays."""
    return console.is_interactive and console.file.isatty()


def client() -> Client:
    """The API that the options or the environment name."""
    return Client(find_api(given.env_file, lambda text: err.print(text, markup=False, soft_wrap=True)))


def take_settings(variable: str) -> None:
    """Let the settings' groups find what --env-file says, or a native stack in this folder if `variable` is not set.

    Raises CliError.
    """
    file = given.env_file
    if file is None and not os.environ.get(variable) and DEFAULT_ENV_FILE.exists():
        file = DEFAULT_ENV_FILE
    if file is not None:
        os.environ.update(read_env(file))


def confirm(question: str, nothing: str) -> None:
    """Go on only if the user says yes; `nothing` tells what was then not done. Raises CliError."""
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
    """A value for scripts."""
    print(json_text(value, indent=2))


def print_json_line(value: Any) -> None:
    """One of many values for scripts."""
    print(json_text(value))
