"""The folder of an archive: its names, its lock, its modes, and what goes wrong with disks as sentences."""

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
#: What a backup calls the folders of its catalogs; other folders that begin like that are somebody else's.
_CATALOGS = f"{CATALOG_PREFIX}{'[0-9]' * 8}T{'[0-9]' * 6}Z*"
#: For their owner alone: an archive holds what people collected, and who may use the API.
FOLDER_MODE, FILE_MASK = 0o700, 0o077
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class ArchiveFolder:
    """Where an archive lies."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def manifest(self) -> Path:
        """The file that makes an archive of a folder."""
        return self.path / MANIFEST

    def file(self, name: str) -> Path:
        """A file by its name in the archive. Raises CliError for one outside: an archive may come from anybody."""
        parts = PurePosixPath(name).parts
        if not parts or name.startswith("/") or "\0" in name or any(part in ("..", "") for part in parts):
            raise CliError(f"The archive names a file outside of its folder: {name!r}. Do not use it.", REFUSED)
        return self.path.joinpath(*parts)

    def prepare(self) -> None:
        """Make what is missing of it. Raises CliError."""
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
        """Clear away what an interrupted backup was copying; the folder is locked."""
        with disk(self.path):
            shutil.rmtree(self.path / INCOMING, ignore_errors=True)
            (self.path / INCOMING).mkdir()

    def _is_something_else(self) -> bool:
        found = {each.name for each in self.path.iterdir()} - {"lost+found"}
        if LOCK not in found:
            # A backup makes its lock before it removes or writes anything: other folders of such names are not ours.
            return bool(found - {OBJECTS}) or (OBJECTS in found and any((self.path / OBJECTS).iterdir()))
        ours = {MANIFEST, "manifest.part", OBJECTS, INCOMING, LOCK}
        return any(name not in ours and not fnmatchcase(name, _CATALOGS) for name in found)

    def remove_other_catalogs(self, kept: str | None) -> None:
        """Remove the catalog folders that no manifest names."""
        for each in self.path.glob(_CATALOGS):
            if each.name != kept:
                shutil.rmtree(each, ignore_errors=True)

    def remove(self, name: str) -> None:
        """Remove an object's file, and the folders that are empty then."""
        path = self.file(name)
        path.unlink(missing_ok=True)
        with suppress(OSError):
            for parent in path.parents:
                if parent == self.path / OBJECTS:
                    break
                parent.rmdir()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Only one backup writes here. Raises CliError."""
        with disk(self.path):
            lock = (self.path / LOCK).open("w")
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise CliError(f"Another backup writes to {self.path}. Wait for its end.", REFUSED) from error
            yield


@contextmanager
def disk(where: Path) -> Iterator[None]:
    """Raises CliError in the place of what a disk says."""
    try:
        yield
    except OSError as error:
        # What servers raise is none of the disk's.
        if error.errno is None or isinstance(error, ConnectionError | TimeoutError):
            raise
        if error.errno in _FULL:
            raise CliError(
                f"The disk of {where} is full. What was copied stays and is not copied again: make room, or move the "
                "folder to a larger disk, then run it again."
            ) from error
        raise CliError(
            f"{error.filename or where}: {error.strerror}. Name a folder that you may use.", REFUSED
        ) from error
