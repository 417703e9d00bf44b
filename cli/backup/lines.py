"""Files of lines, compressed; their SHA-256 is computed while they are written, and compared before they are read."""

from __future__ import annotations

import gzip
import hashlib
import os
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from cli.backup.folder import disk
from cli.errors import REFUSED, CliError

#: Bytes read at once.
BLOCK = 2**20
#: Bytes of a line. A document has 16 MB at most, and its text is a few times as long.
MAX_LINE_LENGTH = 2**27
#: Of gzip: a third larger than the best, four times as fast.
LEVEL = 5


@dataclass(frozen=True)
class FileEntry:
    """A file as the manifest names it."""

    #: In the archive's folder.
    name: str
    lines: int
    size_bytes: int
    sha256: str


class LineWriter:
    """Writes one file of lines. Use it in a `with`; `entry` is there after its end."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines = 0

    def __enter__(self) -> Self:
        with disk(self._path):
            self._file: BinaryIO = self._path.open("wb")
        # Without name and time: equal documents make equal files.
        self._gzip = gzip.GzipFile("", "wb", LEVEL, self._file, mtime=0)
        return self

    def write(self, line: str) -> None:
        """Add one line."""
        with disk(self._path):
            self._gzip.write(line.encode() + b"\n")
        self._lines += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            # No manifest names what is not finished; to finish it on a full disk would only hide the first error.
            self._gzip.fileobj = None  # type: ignore[assignment]  # gzip's own word for closed
            with suppress(OSError):
                self._file.close()
            return
        with disk(self._path):
            self._gzip.close()
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()

    def entry(self, name: str) -> FileEntry:
        """What to write about it into the manifest."""
        with disk(self._path):
            return FileEntry(name, self._lines, self._path.stat().st_size, sha256_of(self._path))


def read_lines(path: Path) -> Iterator[str]:
    """The lines of a file, without their ends. Raises CliError for what no backup writes."""
    with disk(path), gzip.open(path, "rb") as file:
        while line := _next_line(path, file):
            yield line.rstrip("\n")


def _next_line(path: Path, file: gzip.GzipFile) -> str:
    """The next line; "" at the end."""
    try:
        line = file.readline(MAX_LINE_LENGTH)
        if len(line) < MAX_LINE_LENGTH or line.endswith(b"\n"):
            return line.decode()
    except (EOFError, zlib.error, gzip.BadGzipFile, UnicodeDecodeError) as error:
        raise CliError(f"{path} is damaged: {error}. Take another copy of the archive.", REFUSED) from error
    raise CliError(f"{path} has a line longer than any document: no backup wrote it. Do not use it.", REFUSED)


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()
