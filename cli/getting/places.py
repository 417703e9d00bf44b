"""Where each file goes: names from the template, none twice, and nothing of others is overwritten."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from cli.getting.template import Template, values_of
from cli.getting.wanted import NotFetched, WantedFile
from shared.untrusted.file_names import safe_part

#: Letters of an id that is put behind a title.
MAX_MARK = 60


class Place(NamedTuple):
    """Where a file goes, and whether it lies there already, whole."""

    path: Path
    there: bool


class Places:
    """Places below one folder. Ask in one thread: names are given in the order of the questions."""

    def __init__(self, folder: Path, template: Template, *, overwrite: bool) -> None:
        self._folder = folder
        self._template = template
        self._overwrite = overwrite
        #: Digests of the names given so far, without regard to case, as some file systems have it.
        self._given: set[bytes] = set()

    def place_of(self, wanted: WantedFile) -> Place:
        """Where a file goes. Raises NotFetched if another file has its name, and OSError."""
        taken = self._folder
        for number, path in enumerate(self._names(wanted)):
            key = hashlib.sha256(path.casefold().encode()).digest()[:12]
            if key in self._given:
                continue
            taken = self._folder / path
            there = taken.is_file() and _is_same(taken, wanted)
            if there or self._overwrite or not os.path.lexists(taken):
                self._given.add(key)
                return Place(taken, there)
            if number > 0 or self._template.has_id:
                # It has the id of this recording: an older state of it, or what somebody made of it.
                break
        raise NotFetched(f"{taken} holds something else and is kept; --overwrite replaces it")

    def _names(self, wanted: WantedFile) -> Iterator[str]:
        """Its names, the best first; the others are for when another recording has that one."""
        values = values_of(wanted.video, wanted.profile, wanted.ending)
        digest = hashlib.sha256(f"{wanted.video['id']}\0{wanted.name}".encode()).hexdigest()[:8]
        yield self._template.path(values)
        if not self._template.has_id:
            id_ = safe_part(values["id"])
            yield self._template.path(values, f" [{id_ if len(id_) <= MAX_MARK else digest}]")
        # Ids that differ in the case of their letters alone.
        yield self._template.path(values, f" ~{digest}")


def _is_same(path: Path, wanted: WantedFile) -> bool:
    if path.stat().st_size != wanted.size_bytes:
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == wanted.sha256
