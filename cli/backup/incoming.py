"""A file of an archive while it is being copied: it gets its name in one step, or leaves nothing behind."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from tempfile import mkstemp
from types import TracebackType
from typing import Self

from cli.backup.folder import INCOMING, ArchiveFolder, disk


class IncomingFile:
    """Collects the bytes of one file. Use it in a `with`, which removes the file if an error ends it.

    Every method raises CliError if the disk does not take the file.
    """

    def __init__(self, folder: ArchiveFolder) -> None:
        self._folder = folder
        with disk(folder.path):
            descriptor, name = mkstemp(dir=folder.path / INCOMING)
            self._file = os.fdopen(descriptor, "wb")
        self._path = Path(name)

    def __enter__(self) -> Self:
        return self

    def write(self, block: bytes) -> None:
        """Append bytes."""
        with disk(self._folder.path):
            self._file.write(block)

    def close(self) -> None:
        """Pass the last bytes to the disk."""
        with disk(self._folder.path):
            self._file.close()

    def move_to(self, name: str) -> None:
        """Give the closed file its name in the archive, and replace what had it."""
        with disk(self._folder.path):
            target = self._folder.file(name)
            target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(self._path, target)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            return
        # Closing reports once more that a full disk did not take the last bytes.
        with suppress(OSError):
            self._file.close()
        self._path.unlink(missing_ok=True)
