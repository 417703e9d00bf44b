"""One stored file onto the disk: gone on with where it broke off, and under its name only when it is whole."""

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

#: Tries in a row that bring nothing, and seconds before the second of them; each pause is twice the one before.
TRIES, FIRST_PAUSE_SECONDS = 6, 1.0
#: Statuses that pass: too often, and servers behind the API that are away.
_PASSING = {429, 500, 502, 503, 504}
_KEY_REFUSED = {401, 403}


class Stopped(Exception):
    """Somebody ended the command; what came is kept for the next time."""


class Changed(Exception):
    """The API has another file of this name than the one that is wanted."""


class Broken(Exception):
    """The connection ended, or the API cannot send just now. It is tried again."""

    def __init__(self, text: str, pause: float | None = None) -> None:
        super().__init__(text)
        #: Seconds after which the API wants to be asked again.
        self.pause = pause


class Job(NamedTuple):
    """A file to fetch, and where it goes."""

    wanted: WantedFile
    path: Path


class Fetcher:
    """Fetches files, in as many threads as call it."""

    def __init__(self, api: Client, stop: Event, count: Callable[[int], object]) -> None:
        """`stop`: set to end everything; `count`: called with the bytes that came."""
        self._api = api
        self._stop = stop
        self._count = count

    def fetch(self, job: Job) -> None:
        """Fetch and verify one file. Raises NotFetched, Changed, Stopped, OSError, and CliError if none can be had."""
        job.path.parent.mkdir(parents=True, exist_ok=True)
        part = job.path.with_name(f"{job.path.name}.{job.wanted.sha256[: PART_BYTES - len('..part')]}.part")
        with _locked(part) as file:
            transfer = _Transfer(file, job.wanted.size_bytes)
            self._complete(job.wanted, transfer)
            if transfer.digest() != job.wanted.sha256:
                # What an earlier run left may be broken, as after a crash of this machine.
                transfer.begin_again()
                self._complete(job.wanted, transfer)
            if transfer.digest() != job.wanted.sha256:
                transfer.begin_again()
                raise NotFetched("what came does not have its SHA-256; `fonoteca audit --scrub` looks at the store")
            file.flush()
            # On the disk before it has its name: after a loss of power nothing half looks whole.
            os.fsync(file.fileno())
            part.replace(job.path)

    def _complete(self, wanted: WantedFile, transfer: _Transfer) -> None:
        """Go on until all bytes are there, with pauses while nothing comes."""
        failed = 0
        while transfer.size < wanted.size_bytes:
            before = transfer.size
            try:
                self._go_on(wanted, transfer)
            except Broken as broken:
                failed = 1 if transfer.size > before else failed + 1
                if failed == TRIES:
                    raise CliError(f"{broken} Run the same command again to go on.", UNREACHABLE) from broken
                pause = broken.pause or FIRST_PAUSE_SECONDS * 2 ** (failed - 1)
                if self._stop.wait(pause):
                    raise Stopped from broken

    def _go_on(self, wanted: WantedFile, transfer: _Transfer) -> None:
        """Ask for the bytes that are missing, once. Raises Broken if not all of them come."""
        headers = {"Accept-Encoding": "identity"}
        if transfer.size > 0:
            headers |= {"Range": f"bytes={transfer.size}-", "If-Range": f'"{wanted.sha256}"'}
        try:
            with self._api.stored_file(wanted.video["id"], wanted.name, headers) as answer:
                if answer.headers.get("ETag") != f'"{wanted.sha256}"':
                    raise Changed
                if answer.status_code != httpx.codes.PARTIAL_CONTENT:
                    transfer.begin_again()
                self._take(answer, transfer)
        except httpx.HTTPError as error:
            raise Broken(f"The connection to the API broke off ({error or type(error).__name__}).") from error
        except ApiProblem as problem:
            if problem.status in _KEY_REFUSED:
                raise
            if problem.status in _PASSING:
                raise Broken(str(problem), problem.retry_after) from problem
            raise NotFetched(str(problem)) from problem
        if transfer.size < wanted.size_bytes:
            raise Broken("The API ended its answer too early.")

    def _take(self, answer: httpx.Response, transfer: _Transfer) -> None:
        for piece in answer.iter_raw():
            if self._stop.is_set():
                raise Stopped
            transfer.add(piece)
            self._count(len(piece))


class _Transfer:
    """What came of a file so far, and its SHA-256."""

    def __init__(self, file: io.BufferedRandom, whole: int) -> None:
        self._file = file
        self._whole = whole
        self._digest = hashlib.file_digest(file, "sha256")
        self.size = file.tell()
        if self.size > whole:
            self.begin_again()

    def begin_again(self) -> None:
        """Forget what came."""
        self._file.truncate(0)
        self._file.seek(0)
        self._digest = hashlib.sha256()
        self.size = 0

    def add(self, piece: bytes) -> None:
        """Append what came. Raises Broken for more bytes than there are."""
        if self.size + len(piece) > self._whole:
            self.begin_again()
            raise Broken("The API sent more than there is.")
        self._file.write(piece)
        self._digest.update(piece)
        self.size += len(piece)

    def digest(self) -> str:
        return self._digest.hexdigest()


@contextmanager
def _locked(part: Path) -> Iterator[io.BufferedRandom]:
    """A part, made if it is missing, for this process alone. Raises NotFetched if another one has it."""
    try:
        # Its name can be foretold: in a folder of several people a link of that name could lead anywhere.
        descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o666)
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
        raise NotFetched(f"{part} is a link to something else: remove it") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise NotFetched(f"{part} is no file: remove it")
    with os.fdopen(descriptor, "r+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Whoever had it may just have given it its name: what is locked now is then a finished file.
            ours = os.path.samestat(os.fstat(descriptor), part.lstat())
        except (BlockingIOError, FileNotFoundError):
            ours = False
        if not ours:
            raise NotFetched("another fonoteca get is fetching it")
        yield file
