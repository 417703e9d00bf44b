"""The commands of `fonoteca`."""

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
from cli.audit.command import audit
from cli.backup.command import backup, restore
from cli.commands import decisions
from cli.commands.egress import egress
from cli.commands.export import export
from cli.commands.keys import keys
from cli.commands.migrate import migrate
from cli.commands.parked import parked
from cli.commands.playlists import playlists
from cli.commands.status import status
from cli.commands.submit import submit
from cli.commands.sync import sync
from cli.commands.topology import topology
from cli.commands.videos import logs, videos
from cli.context import err, given, out
from cli.display.help import look_alike
from cli.errors import REFUSED, UNREACHABLE, WRONG_SETTING, CliError
from cli.getting.command import get
from shared.crash_report import DEBUG_VARIABLE, EX_IOERR, EX_SOFTWARE, defect_report, disk_problem, wants_traceback
from shared.errors import Misconfigured, Unavailable
from shared.untrusted.text import is_encodable

app = typer.Typer(
    name="fonoteca",
    epilog="Exit codes: 0 done · 1 some playlist was refused, or a check found something · 2 wrong input · "
    "69 the API or a server cannot be reached · 70 a defect of Fonoteca · 74 something could not be written · "
    "78 a setting is missing or wrong · 130 ended by Ctrl-C.",
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
    debug: Annotated[
        bool, typer.Option("--debug", help=f"Show the traceback of an error, for a report. So does {DEBUG_VARIABLE}=1.")
    ] = False,
    _version: Annotated[
        bool, typer.Option("--version", help="Show the version and end.", callback=show_version, is_eager=True)
    ] = False,
) -> None:
    """Turns playlists into a verified audio archive.

    Begin with: `fonoteca submit URL --wait`
    """
    given.env_file = env_file
    if debug:
        os.environ[DEBUG_VARIABLE] = "1"


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
    """The entry point: errors become a sentence with what to do, and an exit code."""
    _open_closed_streams()
    try:
        app()
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 0
        if isinstance(ended.__context__, BrokenPipeError):
            # Click makes a 1 of it, which here means that something was found or refused.
            code = 0
    except BrokenPipeError:
        code = 0
    except Exception as error:
        code = _told(error)
    sys.exit(_flushed(code))


def _told(error: Exception) -> int:
    """Tell the user of an error. Returns the exit code."""
    if wants_traceback():
        traceback.print_exception(error)
    match error:
        case CliError():
            code, text = error.code, str(error)
        case Misconfigured():
            code, text = WRONG_SETTING, str(error)
        case UnicodeEncodeError() if (word := _no_text()) is not None:
            code, text = (
                REFUSED,
                f"{word} is not in UTF-8. Write it in UTF-8, and let the terminal's locale be one of it.",
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


def _no_text() -> str | None:
    """The first argument that is no text in the encoding of arguments, as in a shell script in Latin-1."""
    return next((repr(word) for word in sys.argv[1:] if not is_encodable(word)), None)


def _open_closed_streams() -> None:
    """Replace closed streams by nothing; let what an encoding lacks be printed as a question mark."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open("w"))  # noqa: SIM115  (open until the process ends)
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _flushed(code: int) -> int:
    """The exit code, after the last output was written: at the very end nobody could tell of a full disk."""
    try:
        sys.stdout.flush()
    except OSError as error:
        with Path(os.devnull).open("w") as nowhere:
            os.dup2(nowhere.fileno(), sys.stdout.fileno())
        return code if isinstance(error, BrokenPipeError) else _told(error)
    return code
