"""The list of objects of an archive: one line each, in the order of their videos."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath

from pydantic import TypeAdapter

from cli.backup.folder import OBJECTS
from cli.backup.lines import read_lines
from cli.errors import REFUSED, CliError


@dataclass(frozen=True)
class ObjectEntry:
    """One object of an archive."""

    video_id: str
    key: str
    #: Its path in the archive's folder.
    file: str
    size_bytes: int
    sha256: str
    content_type: str
    metadata: dict[str, str]

    def line(self) -> str:
        """Return its line in the list."""
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":"))


_ENTRY = TypeAdapter(ObjectEntry)


def is_key(key: object) -> bool:
    """Whether a key can be requested from a store, and a file can be named after it."""
    return isinstance(key, str) and "\0" not in key and not {"", ".", ".."} & set(key.split("/"))


def read_objects(path: Path) -> Iterator[ObjectEntry]:
    """Yield the entries of a list. Raises CliError if no backup wrote it: archives may come from anyone."""
    before = ""
    for line in read_lines(path):
        try:
            entry = _ENTRY.validate_json(line, strict=True)
        except ValueError as error:
            raise CliError(
                f"{path} has a line that is not an object. Take another copy of the archive.", REFUSED
            ) from error
        if not is_key(entry.key) or PurePosixPath(entry.file).parts[:1] != (OBJECTS,):
            raise CliError(f"{path} names an object that no backup writes: {entry.key!r}. Do not use it.", REFUSED)
        if entry.video_id < before:
            raise CliError(f"{path} is not in the order of its videos: no backup wrote it. Do not use it.", REFUSED)
        before = entry.video_id
        yield entry


class ObjectsByVideo:
    """Reads a list in step with the videos, so that memory does not grow with the archive."""

    def __init__(self, entries: Iterator[ObjectEntry]) -> None:
        self._entries = entries
        self._next = next(entries, None)

    def of(self, video_id: str) -> tuple[list[ObjectEntry], list[ObjectEntry]]:
        """Return the objects of a video, and those of the videos skipped before it."""
        passed: list[ObjectEntry] = []
        found: list[ObjectEntry] = []
        while self._next is not None and self._next.video_id <= video_id:
            (found if self._next.video_id == video_id else passed).append(self._next)
            self._next = next(self._entries, None)
        return found, passed

    def rest(self) -> Iterator[ObjectEntry]:
        """Yield the remaining entries."""
        while self._next is not None:
            yield self._next
            self._next = next(self._entries, None)
