"""Downloads all wanted files, several at a time; a file that fails does not stop the others."""

from __future__ import annotations

import errno
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Lock
from typing import Literal

from cli.api.answers import Json
from cli.api.client import Client
from cli.errors import CliError
from cli.getting.destinations import Destinations
from cli.getting.fetching import Changed, Fetcher, Job
from cli.getting.wanted import NotFetched, WantedFile, refreshed

#: Files queued for each one that is being downloaded.
AHEAD = 2
#: Seconds between two refreshes of the progress.
REFRESH_SECONDS = 0.5
#: Errors of the disk that every later file would meet too.
_OF_THE_DISK = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "your disk quota is used up",
    errno.EROFS: "the disk is read-only",
    errno.EIO: "the disk has an input/output error",
}

Choose = Callable[[Json], Sequence[WantedFile]]


@dataclass(frozen=True)
class Outcome:
    """What became of one file, or of a video without such a file."""

    video: Json
    status: Literal["fetched", "present", "failed"]
    wanted: WantedFile | None = None
    path: str | None = None
    why: str | None = None


class Tally:
    """The totals of a run, counted by several threads."""

    def __init__(self) -> None:
        self.files = Counter[str]()
        self.bytes_fetched = 0
        self._lock = Lock()

    def count_bytes(self, number: int) -> None:
        """Count bytes that were received."""
        with self._lock:
            self.bytes_fetched += number


class Run:
    """One run of `fonoteca get`."""

    def __init__(self, api: Client, destinations: Destinations, tally: Tally, choose: Choose) -> None:
        """`choose`: returns the wanted files of a video; it may raise NotFetched."""
        self._api = api
        self._destinations = destinations
        self._tally = tally
        self._choose = choose
        self._stop = Event()
        self._fetcher = Fetcher(api, self._stop, tally.count_bytes)

    def fetch_all(
        self, videos: Iterable[Json], jobs: int, report: Callable[[Outcome], object], refresh: Callable[[], object]
    ) -> None:
        """Download the files of all videos. `report` gets outcomes, `refresh` is called often. Both in this thread.

        Raises CliError if the remaining files would fail too. Downloads under way then stop; their parts are kept.
        """
        decided = self._decided(videos)
        pool = ThreadPoolExecutor(jobs, thread_name_prefix="get")
        under_way: set[Future[Outcome]] = set()
        more = True
        try:
            while more or under_way:
                while more and len(under_way) < jobs * AHEAD:
                    found = next(decided, None)
                    more = found is not None
                    if isinstance(found, Outcome):
                        self._report(found, report)
                        refresh()
                    elif found is not None:
                        under_way.add(pool.submit(self._outcome, found))
                done, _ = wait(under_way, REFRESH_SECONDS, FIRST_COMPLETED)
                for future in done:
                    under_way.discard(future)
                    self._report(future.result(), report)
                refresh()
        finally:
            self._stop.set()
            pool.shutdown(cancel_futures=True)
            for future in under_way:
                if not future.cancelled() and future.exception() is None:
                    self._report(future.result(), report)

    def _report(self, outcome: Outcome, report: Callable[[Outcome], object]) -> None:
        self._tally.files[outcome.status] += 1
        report(outcome)

    def _decided(self, videos: Iterable[Json]) -> Iterator[Outcome | Job]:
        """Yield the files to download, and the outcomes of the others. Raises CliError if the disk takes no file."""
        for video in videos:
            try:
                files = self._choose(video)
            except NotFetched as error:
                yield Outcome(video, "failed", why=str(error))
                continue
            for wanted in files:
                try:
                    destination = self._destinations.destination_of(wanted)
                except (NotFetched, OSError) as error:
                    yield Outcome(video, "failed", wanted, why=_why(error))
                    continue
                job = Job(wanted, destination.path)
                yield Outcome(video, "present", wanted, str(job.path)) if destination.there else job

    def _outcome(self, job: Job) -> Outcome:
        """Download one file. Raises CliError if the others would fail too, and Stopped."""
        wanted = job.wanted
        try:
            try:
                self._fetcher.fetch(job)
            except Changed:
                wanted = self._refreshed(wanted)
                self._fetcher.fetch(Job(wanted, job.path))
        except (NotFetched, Changed, OSError, UnicodeEncodeError) as error:
            return Outcome(wanted.video, "failed", wanted, why=_why(error, job.path))
        return Outcome(wanted.video, "fetched", wanted, str(job.path))

    def _refreshed(self, wanted: WantedFile) -> WantedFile:
        found = refreshed(wanted, self._api.video(wanted.video["id"]))
        if found is None:
            raise NotFetched("it is no longer stored")
        return found


def _why(error: Exception, path: Path | None = None) -> str:
    """Return why one file was not downloaded. Raises CliError if the disk would take no other file either."""
    if isinstance(error, Changed):
        return "it changed during the download"
    if isinstance(error, UnicodeEncodeError):
        return f"its name has characters that {error.encoding} lacks; choose a UTF-8 locale (LC_ALL=C.UTF-8)"
    if not isinstance(error, OSError):
        return str(error)
    where = path or error.filename or "the file"
    if error.errno in _OF_THE_DISK:
        raise CliError(
            f"{where} cannot be written: {_OF_THE_DISK[error.errno]}. What was received is kept; run the same command "
            "again to resume."
        ) from error
    return f"{where} cannot be written: {error.strerror or error}"
