"""Describes defects of our own code: the place in the code, what the exception says, and the failure."""

from __future__ import annotations

import traceback
from pathlib import Path

from shared.contracts.failure import Failure
from shared.contracts.reasons import Reason

#: Defects that handlers and sweeps meet over one document or message before it is left alone until a person asks.
DEFECT_LIMIT = 5
#: Characters kept of an exception's text; the log has all of it.
MAX_SAID = 1000

_ROOT = Path(__file__).resolve().parents[2]
_OURS = ("services", "shared", "cli", "dev")
#: Where every request to a server passes: these lines do not say which request it was.
_ADAPTERS = ("shared/catalog/collection.py", "shared/catalog/driver_errors.py", "shared/storage/driver_errors.py")


def place_of(error: BaseException) -> str:
    """The innermost line of our own code that `error` passed, e.g. `services/sync/mirror.py:52 (mirror)`.

    Lines of the adapters, which every request passes, are left out.
    """
    found = ""
    for frame in traceback.extract_tb(error.__traceback__):
        file = Path(frame.filename)
        path = file.relative_to(_ROOT).as_posix() if file.is_relative_to(_ROOT) else ""
        if path.partition("/")[0] in _OURS and path not in _ADAPTERS:
            found = f"{path}:{frame.lineno} ({frame.name})"
    return found or "an unknown place"


def file_of(place: str) -> str:
    """The file alone of a place, for counting."""
    return place.partition(":")[0]


def said(error: BaseException) -> str:
    """What an exception says, in one line, without where the code lies on this machine."""
    text = " ".join(traceback.format_exception_only(error)[-1].split())
    return text.replace(f"{_ROOT}/", "")[:MAX_SAID]


def defect(error: BaseException) -> Failure:
    """The failure that stands for a defect."""
    return Failure.of(
        Reason.DEFECT, f"Our own code failed over it in {place_of(error)}: {said(error)}. The log has the details."
    )
