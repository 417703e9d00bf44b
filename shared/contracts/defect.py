"""Describes defects of our own code: the place in the code, what the exception says, and the failure."""

from __future__ import annotations

import traceback
from pathlib import Path

from shared.contracts.failure import Failure
from shared.contracts.reasons import Reason

#: Defects in the work on one document or message, after which it rests until a person acts.
DEFECT_LIMIT = 5
#: Characters kept of an exception's text; the log has the whole text.
MAX_ERROR_TEXT = 1000

_ROOT = Path(__file__).resolve().parents[2]
_OURS = ("services", "shared", "cli", "dev")
#: Modules that every request to a server passes, so that their lines do not identify the request.
_ADAPTERS = ("shared/catalog/collection.py", "shared/catalog/driver_errors.py", "shared/storage/s3/driver_errors.py")


def place_of(error: BaseException) -> str:
    """The innermost line of our own code in the traceback, e.g. `services/sync/mirror.py:52 (mirror)`.

    Lines of the adapters, which every request passes, are skipped. Returns "an unknown place" if there is none.
    """
    found = ""
    for frame in traceback.extract_tb(error.__traceback__):
        file = Path(frame.filename)
        path = file.relative_to(_ROOT).as_posix() if file.is_relative_to(_ROOT) else ""
        if path.partition("/")[0] in _OURS and path not in _ADAPTERS:
            found = f"{path}:{frame.lineno} ({frame.name})"
    return found or "an unknown place"


def file_of(place: str) -> str:
    """The file of a place, as a metric label."""
    return place.partition(":")[0]


def error_text(error: BaseException) -> str:
    """An exception's type and text, on one line and without the path of the code on this machine."""
    text = " ".join(traceback.format_exception_only(error)[-1].split())
    return text.replace(f"{_ROOT}/", "")[:MAX_ERROR_TEXT]


def defect(error: BaseException) -> Failure:
    """The failure that stands for a defect."""
    return Failure.of(
        Reason.DEFECT,
        f"Our own code failed over it in {place_of(error)}: {error_text(error)}. The log has the details.",
    )
