"""The folder of an archive: its file names, its lock, its permissions, and disk errors as sentences."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from cli.errors import REFUSED, CliError

MANIFEST, OBJECTS, INCOMING, LOCK = "manifest.json", "objects", "incoming", "lock"
CATALOG_PREFIX = "catalog-"
#: Names that a backup gives to catalog folders. Other folders that begin like this are not its own.
_CATALOGS = f"{CATALOG_PREFIX}{'[0-9]' * 8}T{'[0-9]' * 6}Z*"
#: Only for the owner: an archive contains what people collected, and the hashes of API keys.
FOLDER_MODE, FILE_MASK = 0o700, 0o077
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class ArchiveFolder:
    """The folder of an archive."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def manifest(self) -> Path:
        """The file that turns a folder into an archive."""
        return self.path / MANIFEST

    def file(self, name: str) -> Path:
        """Return a file by its name in the archive. Raises CliError for one outside: archives may come from anyone."""
        parts = PurePosixPath(name).parts
        if not parts or name.startswith("/") or "\0" in name or any(part in ("..", "") for part in parts):
            raise CliError(f"The archive names a file outside of its folder: {name!r}. Do not use it.", REFUSED)
        return self.path.joinpath(*parts)

    def prepare(self) -> None:
        """Create the folder, or what it lacks. Raises CliError if it holds something else."""
        os.umask(FILE_MASK)
        with disk(self.path):
            new = not self.path.exists()
            self.path.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
            if not new and not self.manifest.exists() and self._is_something_else():
                raise CliError(
                    f"{self.path} holds other files, and no archive. Name an empty folder, or one that does not exist.",
                    REFUSED,
                )
            (self.path / OBJECTS).mkdir(exist_ok=True)

    def begin(self) -> None:
        """Remove what an interrupted backup was copying. The folder must be locked."""
        with disk(self.path):
            shutil.rmtree(self.path / INCOMING, ignore_errors=True)
            (self.path / INCOMING).mkdir()

    def _is_something_else(self) -> bool:
        found = {each.name for each in self.path.iterdir()} - {"lost+found"}
        if LOCK not in found:
            # A backup creates its lock before anything else, so without a lock these names are not its own.
            return bool(found - {OBJECTS}) or (OBJECTS in found and any((self.path / OBJECTS).iterdir()))
        ours = {MANIFEST, "manifest.part", OBJECTS, INCOMING, LOCK}
        return any(name not in ours and not fnmatchcase(name, _CATALOGS) for name in found)

    def remove_other_catalogs(self, kept: str | None) -> None:
        """Remove all catalog folders except `kept`."""
        for each in self.path.glob(_CATALOGS):
            if each.name != kept:
                shutil.rmtree(each, ignore_errors=True)

    def remove(self, name: str) -> None:
        """Remove an object's file, and the folders that this leaves empty."""
        path = self.file(name)
        path.unlink(missing_ok=True)
        with suppress(OSError):
            for parent in path.parents:
                if parent == self.path / OBJECTS:
                    break
                parent.rmdir()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Lock the folder. Raises CliError if another backup has locked it."""
        with disk(self.path):
            lock = (self.path / LOCK).open("w")
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise CliError(
                    f"Another backup is writing to {self.path}. Wait until it has finished.", REFUSED
                ) from error
            yield


@contextmanager
def disk(where: Path) -> Iterator[None]:
    """Replace the errors of a disk by CliError."""
    try:
        yield
    except OSError as error:
        # Errors of servers pass.
        if error.errno is None or isinstance(error, ConnectionError | TimeoutError):
            raise
        if error.errno in _FULL:
            raise CliError(
                f"The disk of {where} is full. What was copied is kept. Make room, or move the folder to a larger "
                "disk; then run the command again."
            ) from error
        raise CliError(
            f"{error.filename or where}: {error.strerror}. Name a folder that you may write to.", REFUSED
        ) from error
