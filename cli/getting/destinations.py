"""Where each file goes: no name is used twice, and no other file is overwritten."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from cli.getting.template import Template, values_of
from cli.getting.wanted import NotFetched, WantedFile
from shared.untrusted.file_names import safe_part

#: Characters of an id that is appended to a title.
MAX_MARK = 60


class Destination(NamedTuple):
    """Where a file goes, and whether it is there already, complete."""

    path: Path
    there: bool


class Destinations:
    """Assigns paths below one folder. Call it from one thread: names are assigned in the order of the calls."""

    def __init__(self, folder: Path, template: Template, *, overwrite: bool) -> None:
        self._folder = folder
        self._template = template
        self._overwrite = overwrite
        #: Digests of the names assigned so far, regardless of case, since some file systems ignore it.
        self._assigned: set[bytes] = set()

    def destination_of(self, wanted: WantedFile) -> Destination:
        """Assign the path of a file. Raises NotFetched if another file has its name, and OSError."""
        taken = self._folder
        for number, path in enumerate(self._names(wanted)):
            key = hashlib.sha256(path.casefold().encode()).digest()[:12]
            if key in self._assigned:
                continue
            taken = self._folder / path
            there = taken.is_file() and _is_same(taken, wanted)
            if there or self._overwrite or not os.path.lexists(taken):
                self._assigned.add(key)
                return Destination(taken, there)
            if number > 0 or self._template.has_id:
                # The name has the id of this recording: it is an older version, or a file that somebody edited.
                break
        raise NotFetched(f"{taken} has other content and is kept; --overwrite replaces it")

    def _names(self, wanted: WantedFile) -> Iterator[str]:
        """Yield the names to try, the best first; the next is used if another recording has it."""
        values = values_of(wanted.video, wanted.profile, wanted.ending)
        digest = hashlib.sha256(f"{wanted.video['id']}\0{wanted.name}".encode()).hexdigest()[:8]
        yield self._template.path(values)
        if not self._template.has_id:
            id_ = safe_part(values["id"])
            yield self._template.path(values, f" [{id_ if len(id_) <= MAX_MARK else digest}]")
        # For ids that differ only in case.
        yield self._template.path(values, f" ~{digest}")


def _is_same(path: Path, wanted: WantedFile) -> bool:
    if path.stat().st_size != wanted.size_bytes:
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == wanted.sha256
