"""Downloads one stored file: resumed where it was interrupted, and given its name only once it is verified."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import io
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import NamedTuple

import httpx

from cli.api.client import ApiProblem, Client
from cli.errors import UNREACHABLE, CliError
from cli.getting.template import PART_BYTES
from cli.getting.wanted import NotFetched, WantedFile

#: Tries in a row without any progress, and seconds before the second one; each pause is twice the one before.
TRIES, FIRST_PAUSE_SECONDS = 6, 1.0
#: Statuses worth another try: too many requests, and unavailable servers behind the API.
_PASSING = {429, 500, 502, 503, 504}
_KEY_REFUSED = {401, 403}


class Stopped(Exception):
    """The run was ended; what was received is kept for the next run."""


class Changed(Exception):
    """The API now has another file under this name."""


class Broken(Exception):
    """The connection broke, or the API cannot send at the moment. The request is sent again."""

    def __init__(self, text: str, pause: float | None = None) -> None:
        super().__init__(text)
        #: Seconds that the API asks to wait; None: not stated.
        self.pause = pause


class Job(NamedTuple):
    """A file to download, and its path."""

    wanted: WantedFile
    path: Path


class Fetcher:
    """Downloads files; may be called from several threads."""

    def __init__(self, api: Client, stop: Event, count: Callable[[int], object]) -> None:
        """`stop`: set to end all downloads; `count`: called with the number of bytes received."""
        self._api = api
        self._stop = stop
        self._count = count

    def fetch(self, job: Job) -> None:
        """Download and verify one file. Raises NotFetched, Changed, Stopped, OSError; CliError if all files fail."""
        job.path.parent.mkdir(parents=True, exist_ok=True)
        part = job.path.with_name(f"{job.path.name}.{job.wanted.sha256[: PART_BYTES - len('..part')]}.part")
        with _locked(part) as file:
            transfer = _Transfer(file, job.wanted.size_bytes)
            self._complete(job.wanted, transfer)
            if transfer.digest() != job.wanted.sha256:
                # The part of an earlier run may be damaged, for example by a power failure.
                transfer.restart()
                self._complete(job.wanted, transfer)
            if transfer.digest() != job.wanted.sha256:
                transfer.restart()
                raise NotFetched("the received file has another SHA-256; `fonoteca audit --scrub` checks the store")
            file.flush()
            # Written to the disk before it gets its name: after a power failure, no incomplete file looks complete.
            os.fsync(file.fileno())
            part.replace(job.path)

    def _complete(self, wanted: WantedFile, transfer: _Transfer) -> None:
        """Request the missing bytes until all have arrived, with pauses while none arrive."""
        failed = 0
        while transfer.size < wanted.size_bytes:
            before = transfer.size
            try:
                self._resume(wanted, transfer)
            except Broken as broken:
                failed = 1 if transfer.size > before else failed + 1
                if failed == TRIES:
                    raise CliError(f"{broken} Run the same command again to resume.", UNREACHABLE) from broken
                pause = broken.pause or FIRST_PAUSE_SECONDS * 2 ** (failed - 1)
                if self._stop.wait(pause):
                    raise Stopped from broken

    def _resume(self, wanted: WantedFile, transfer: _Transfer) -> None:
        """Request the missing bytes once. Raises Broken if not all of them arrive."""
        headers = {"Accept-Encoding": "identity"}
        if transfer.size > 0:
            headers |= {"Range": f"bytes={transfer.size}-", "If-Range": f'"{wanted.sha256}"'}
        try:
            with self._api.stored_file(wanted.video["id"], wanted.name, headers) as answer:
                if answer.headers.get("ETag") != f'"{wanted.sha256}"':
                    raise Changed
                if answer.status_code != httpx.codes.PARTIAL_CONTENT:
                    transfer.restart()
                self._receive(answer, transfer)
        except httpx.HTTPError as error:
            raise Broken(f"The connection to the API broke ({error or type(error).__name__}).") from error
        except ApiProblem as problem:
            if problem.status in _KEY_REFUSED:
                raise
            if problem.status in _PASSING:
                raise Broken(str(problem), problem.retry_after) from problem
            raise NotFetched(str(problem)) from problem
        if transfer.size < wanted.size_bytes:
            raise Broken("The API ended its answer too early.")

    def _receive(self, answer: httpx.Response, transfer: _Transfer) -> None:
        for piece in answer.iter_raw():
            if self._stop.is_set():
                raise Stopped
            transfer.add(piece)
            self._count(len(piece))


class _Transfer:
    """The received part of a file, and its SHA-256."""

    def __init__(self, file: io.BufferedRandom, size_bytes: int) -> None:
        self._file = file
        self._size_bytes = size_bytes
        self._digest = hashlib.file_digest(file, "sha256")
        self.size = file.tell()
        if self.size > size_bytes:
            self.restart()

    def restart(self) -> None:
        """Discard what was received."""
        self._file.truncate(0)
        self._file.seek(0)
        self._digest = hashlib.sha256()
        self.size = 0

    def add(self, piece: bytes) -> None:
        """Append received bytes. Raises Broken if there are more than the file has."""
        if self.size + len(piece) > self._size_bytes:
            self.restart()
            raise Broken("The API sent more bytes than the file has.")
        self._file.write(piece)
        self._digest.update(piece)
        self.size += len(piece)

    def digest(self) -> str:
        return self._digest.hexdigest()


@contextmanager
def _locked(part: Path) -> Iterator[io.BufferedRandom]:
    """Open and lock a part, created if it is missing. Raises NotFetched if another process has locked it."""
    try:
        # Its name is predictable: in a shared folder, a link of that name could lead anywhere.
        descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o666)
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
        raise NotFetched(f"{part} is a link: remove it") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise NotFetched(f"{part} is not a regular file: remove it")
    with os.fdopen(descriptor, "r+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # The process that had the lock may just have renamed the part: then a finished file is locked now.
            ours = os.path.samestat(os.fstat(descriptor), part.lstat())
        except (BlockingIOError, FileNotFoundError):
            ours = False
        if not ours:
            raise NotFetched("another fonoteca get is downloading it")
        yield file
