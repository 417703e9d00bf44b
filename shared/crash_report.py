"""Describes unexpected failures of a program, and full or unusable disks, to the person who runs it."""

from __future__ import annotations

import errno
import os

from shared.contracts.defect import error_text, place_of

#: The variable that shows the traceback of every error, unless it is empty or 0.
DEBUG_VARIABLE = "FONOTECA_DEBUG"
#: Exit codes of sysexits.h: a defect of our own code; a failed read or write.
EX_SOFTWARE, EX_IOERR = 70, 74
#: Errors of the environment rather than of a program: error number → what to do.
_CURES = {
    errno.ENOSPC: "Free some room, or choose another disk",
    errno.EDQUOT: "Free some space, or have the quota raised",
    errno.EROFS: "Choose a writable folder",
    errno.EACCES: "Choose a folder that you may write to, or change its permissions",
    errno.EPERM: "Choose a folder that you may write to, or change its permissions",
    errno.EIO: "Check the disk: the system's log has details",
    errno.EMFILE: "Raise the limit of open files (`ulimit -n`)",
    errno.ENFILE: "Raise the machine's limit of open files (sysctl fs.file-max)",
    errno.EFBIG: "Allow larger files (`ulimit -f`)",
}


def wants_traceback() -> bool:
    """Whether DEBUG_VARIABLE asks for tracebacks."""
    return os.environ.get(DEBUG_VARIABLE, "0") not in ("", "0")


def disk_problem(error: OSError) -> str | None:
    """Describe a full, broken or forbidden file system or a file limit, with what to do; None for other errors."""
    cure = _CURES.get(error.errno or 0)
    if cure is None:
        return None
    where = str(error.filename) if error.filename is not None else "The output"
    return f"{where} cannot be written or read: {error.strerror}. {cure}."


def defect_report(error: BaseException, repeat: str) -> str:
    """Describe an unexpected error. `repeat`: the command that shows it again with its traceback."""
    return (
        f"This is a defect of Fonoteca itself: {error_text(error)}, in {place_of(error)}. "
        f"Please report it as an issue of the project, with the version and what `{repeat}` prints."
    )
