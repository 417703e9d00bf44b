"""The file of --env-file: a line NAME=value for each variable, as `make up` writes it."""

from __future__ import annotations

import io
from pathlib import Path

from dotenv import dotenv_values

from cli.arguments.text_files import read_text
from cli.errors import REFUSED, CliError

#: Written by the native stack; used when nothing else names the API.
DEFAULT_ENV_FILE = Path(".stack/env")
#: What to do about a file that is not text.
ENV_CURE = "Write it as UTF-8 text with a line API_URL=… and a line API_KEY=…"


def read_env(file: Path) -> dict[str, str]:
    """Return the variables that the file of --env-file sets. Raises CliError."""
    if (file / "env").is_file():
        raise CliError(f"{file} is a folder. Name the file in it: --env-file {file / 'env'}", REFUSED)
    if file.is_dir():
        raise CliError(f"{file} is a folder. Name a file with API_URL=… and API_KEY=… in it.", REFUSED)
    if not file.exists():
        raise CliError(
            f"There is no file {file}. `make up` writes <STATE>/env, by default .stack/env, once the servers have "
            "started.",
            REFUSED,
        )
    text = read_text(str(file), cure=ENV_CURE)
    return {name: value for name, value in dotenv_values(stream=io.StringIO(text)).items() if value}
