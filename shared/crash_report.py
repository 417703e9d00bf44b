"""What a person is told when a program of this project fails in a way that nobody foresaw, or its disk is full."""

from __future__ import annotations

import errno
import os

from shared.contracts.defect import place_of, said

#: Set to anything but 0 or nothing, it shows the traceback of every error.
DEBUG_VARIABLE = "FONOTECA_DEBUG"
#: Exit codes of sysexits.h: a defect of ours; something could not be written or read.
EX_SOFTWARE, EX_IOERR = 70, 74
#: What an operating system says of a place, not of a program: number of the error → what to do.
_PLACES = {
    errno.ENOSPC: "Free some room, or choose another disk",
    errno.EDQUOT: "Free some room, or have the quota raised",
    errno.EROFS: "Choose a place that can be written to",
    errno.EACCES: "Choose a place that you may write to, or have its rights changed",
    errno.EPERM: "Choose a place that you may write to, or have its rights changed",
    errno.EIO: "Look at the disk: the system's log says more",
    errno.EMFILE: "Let processes open more files (`ulimit -n`)",
    errno.ENFILE: "Let the machine open more files (sysctl fs.file-max)",
    errno.EFBIG: "Allow larger files (`ulimit -f`)",
}


def wants_traceback() -> bool:
    """Whether the person who runs this asked for tracebacks."""
    return os.environ.get(DEBUG_VARIABLE, "0") not in ("", "0")


def of_a_place(error: OSError) -> str | None:
    """A sentence about a full, broken or forbidden place, with what to do; None for an error of another kind."""
    cure = _PLACES.get(error.errno or 0)
    if cure is None:
        return None
    where = str(error.filename) if error.filename is not None else "The output"
    return f"{where} cannot be written or read: {error.strerror}. {cure}."


def of_a_defect(error: BaseException, repeat: str) -> str:
    """Sentences about an error that nobody foresaw. `repeat`: the command that shows it again, with its traceback."""
    return (
        f"This is a defect of Fonoteca itself: {said(error)}, in {place_of(error)}. "
        f"Please report it as an issue of the project, with the version and what `{repeat}` prints."
    )
