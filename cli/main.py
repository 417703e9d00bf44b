"""The command `fonoteca`: its subcommands, and how errors become a sentence and an exit code."""

from __future__ import annotations

import io
import os
import shlex
import sys
import traceback
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from cli.api.cures import AWAY
from cli.context import common_options, err, out
from cli.errors import REFUSED, UNREACHABLE, WRONG_SETTING, CliError
from cli.lazy_commands import LazyCommands
from shared.crash_report import DEBUG_VARIABLE, EX_IOERR, EX_SOFTWARE, defect_report, disk_problem, wants_traceback
from shared.errors import Misconfigured, Unavailable
from shared.untrusted.text import is_encodable

app = typer.Typer(
    name="fonoteca",
    cls=LazyCommands,
    epilog="Exit codes: 0 success · 1 a playlist was refused, or a check found a problem · 2 wrong input · "
    "69 the API or a server is unreachable · 70 a defect of Fonoteca · 74 a file could not be written · "
    "78 a setting is missing or wrong · 130 interrupted by Ctrl-C.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)


def show_version(wanted: bool) -> None:
    """Print the version and exit, if --version is given."""
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
            help="A file with API_URL and API_KEY; `make up` writes one. Default: the environment, then .stack/env.",
        ),
    ] = None,
    debug: Annotated[
        bool, typer.Option("--debug", help=f"Show tracebacks, for a bug report; {DEBUG_VARIABLE}=1 does the same.")
    ] = False,
    _version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", callback=show_version, is_eager=True)
    ] = False,
) -> None:
    """Turns playlists into a verified audio archive.

    To start: `fonoteca submit URL --wait`

    Commands that print data accept --json. Each command's --help shows examples.
    """
    common_options.env_file = env_file
    if debug:
        os.environ[DEBUG_VARIABLE] = "1"


def main() -> NoReturn:
    """Run the command. An error becomes one sentence that says what to do, and an exit code."""
    _open_closed_streams()
    try:
        app()
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 0
        if isinstance(ended.__context__, BrokenPipeError):
            # Click turns it into 1, which here means that a check found something or a playlist was refused.
            code = 0
    except BrokenPipeError:
        code = 0
    except Exception as error:
        code = _report(error)
    sys.exit(_flushed(code))


def _report(error: Exception) -> int:
    """Print an error for the user. Returns the exit code."""
    if wants_traceback():
        traceback.print_exception(error)
    match error:
        case CliError():
            code, text = error.code, str(error)
        case Misconfigured():
            code, text = WRONG_SETTING, str(error)
        case UnicodeEncodeError() if (word := _undecodable_argument()) is not None:
            code, text = (
                REFUSED,
                f"{word} is not UTF-8. Write it in UTF-8, and set a UTF-8 locale in the terminal, e.g. LC_ALL=C.UTF-8.",
            )
        case Unavailable():
            cure = "" if "Waited" in str(error) else f" {AWAY}"
            code, text = UNREACHABLE, f"{str(error).rstrip('.')}.{cure}"
        case OSError() if (place := disk_problem(error)) is not None:
            code, text = EX_IOERR, place
        case _:
            again = " ".join(["fonoteca", "--debug", *(shlex.quote(word) for word in sys.argv[1:])])
            code, text = EX_SOFTWARE, defect_report(error, again)
    with suppress(OSError):
        err.print(f"fonoteca: {text}", markup=False, soft_wrap=True)
    return code


def _undecodable_argument() -> str | None:
    """Return the first argument that the locale's encoding cannot hold, as in a shell script in Latin-1; or None."""
    return next((repr(word) for word in sys.argv[1:] if not is_encodable(word)), None)


def _open_closed_streams() -> None:
    """Replace closed streams with the null device; print a question mark for characters that an encoding lacks."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open("w"))  # noqa: SIM115  # open until the process ends
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _flushed(code: int) -> int:
    """Return the exit code once the last output is written: the interpreter could not report a full disk itself."""
    try:
        sys.stdout.flush()
    except OSError as error:
        with Path(os.devnull).open("w") as nowhere:
            os.dup2(nowhere.fileno(), sys.stdout.fileno())
        return code if isinstance(error, BrokenPipeError) else _report(error)
    return code
