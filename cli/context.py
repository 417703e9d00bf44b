"""What all commands share: the consoles, the API they talk to, the option --json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from cli.client import Client, find_api

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

AsJson = Annotated[bool, typer.Option("--json", help="JSON on standard output, for scripts.")]


class _Given:
    """The common options of this run."""

    env_file: Path | None = None


given = _Given()


def client() -> Client:
    """The API that the options or the environment name."""
    return Client(find_api(given.env_file))


def print_json(value: Any) -> None:
    """A value for scripts."""
    print(json.dumps(value, ensure_ascii=False, indent=2))
