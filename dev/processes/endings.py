"""How the programs of the native stack end: an error becomes a sentence with its remedy, and an exit code."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable

from dev.processes.program import ProgramFailed
from dev.state import StateInUse, StateUnusable
from shared.addresses.parse import BadAddress
from shared.crash_report import DEBUG_VARIABLE, EX_IOERR, EX_SOFTWARE, defect_report, disk_problem, wants_traceback
from shared.errors import Misconfigured
from shared.runtime.process import EX_CONFIG


def exit_code(program: str, run: Callable[[], int]) -> int:
    """Return what `run` returns or, if it raises, print a sentence and return the code for it. `program`: its name."""
    try:
        return run()
    except Exception as error:
        if wants_traceback():
            traceback.print_exception(error)
        code, text = _ending(program, error)
        print(f"{program}: {text}", file=sys.stderr)
        return code


def _ending(program: str, error: Exception) -> tuple[int, str]:
    match error:
        case Misconfigured():
            return EX_CONFIG, str(error)
        case ProgramFailed() | StateInUse() | BadAddress():
            return 1, str(error)
        case StateUnusable():
            return EX_IOERR, str(error)
        case OSError() if (place := disk_problem(error)) is not None:
            return EX_IOERR, place
        case _:
            return EX_SOFTWARE, defect_report(
                error, f"{DEBUG_VARIABLE}=1 make {'up' if program == 'stack' else program}"
            )
