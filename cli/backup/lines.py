"""Compressed files of lines. Their SHA-256 goes into the manifest, and is compared before they are read."""

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

#: Bytes read at a time.
BLOCK = 2**20
#: Greatest length of a line in bytes. A document has at most 16 MB, and its text is a few times as long.
MAX_LINE_LENGTH = 2**27
#: Level of gzip: a third larger than the best, and four times as fast.
LEVEL = 5


@dataclass(frozen=True)
class FileEntry:
    """A file as the manifest lists it."""

    #: Its path in the archive's folder.
    name: str
    lines: int
    size_bytes: int
    sha256: str


class LineWriter:
    """Writes one file of lines. Use it in a `with`; call `entry` after its end."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines = 0

    def __enter__(self) -> Self:
        with disk(self._path):
            self._file: BinaryIO = self._path.open("wb")
        # Without name and time, so that equal documents make equal files.
        self._gzip = gzip.GzipFile("", "wb", LEVEL, self._file, mtime=0)
        return self

    def write(self, line: str) -> None:
        """Append one line."""
        with disk(self._path):
            self._gzip.write(line.encode() + b"\n")
        self._lines += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            # No manifest names an unfinished file. Finishing it on a full disk would only hide the first error.
            self._gzip.fileobj = None  # type: ignore[assignment]  # gzip's own sign of a closed file
            with suppress(OSError):
                self._file.close()
            return
        with disk(self._path):
            self._gzip.close()
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()

    def entry(self, name: str) -> FileEntry:
        """Return the entry of the file for the manifest."""
        with disk(self._path):
            return FileEntry(name, self._lines, self._path.stat().st_size, sha256_of(self._path))


def read_lines(path: Path) -> Iterator[str]:
    """Yield the lines of a file, without line ends. Raises CliError if no backup wrote it."""
    with disk(path), gzip.open(path, "rb") as file:
        while line := _next_line(path, file):
            yield line.rstrip("\n")


def _next_line(path: Path, file: gzip.GzipFile) -> str:
    """Return the next line; "" at the end."""
    try:
        line = file.readline(MAX_LINE_LENGTH)
        if len(line) < MAX_LINE_LENGTH or line.endswith(b"\n"):
            return line.decode()
    except (EOFError, zlib.error, gzip.BadGzipFile, UnicodeDecodeError) as error:
        raise CliError(f"{path} is damaged: {error}. Take another copy of the archive.", REFUSED) from error
    raise CliError(f"{path} has a line longer than any document: no backup wrote it. Do not use it.", REFUSED)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()
