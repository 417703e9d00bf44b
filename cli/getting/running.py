"""All wanted files, several at once; what cannot be fetched keeps none of the others."""

from __future__ import annotations

import errno
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Lock
from typing import Literal

from cli.api.client import Client, Json
from cli.errors import CliError
from cli.getting.fetching import Changed, Fetcher, Job
from cli.getting.places import Places
from cli.getting.wanted import NotFetched, WantedFile, again

#: Files decided about, but not begun, for each one under way.
AHEAD = 2
#: Seconds between two looks at how far it is.
LOOK_SECONDS = 0.5
#: What the disk says of every file after this one, too.
_OF_THE_DISK = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "your share of the disk is used up",
    errno.EROFS: "the disk is read-only",
    errno.EIO: "the disk fails",
}

Choose = Callable[[Json], Sequence[WantedFile]]


@dataclass(frozen=True)
class Outcome:
    """What became of one file, or of a video of which none could be named."""

    video: Json
    status: Literal["fetched", "present", "failed"]
    wanted: WantedFile | None = None
    path: str | None = None
    why: str | None = None


class Tally:
    """What was done, for the summary; counted in several threads."""

    def __init__(self) -> None:
        self.files = Counter[str]()
        self.bytes_fetched = 0
        self._lock = Lock()

    def count_bytes(self, number: int) -> None:
        """So many bytes came."""
        with self._lock:
            self.bytes_fetched += number


class Run:
    """One run of several files at once."""

    def __init__(self, api: Client, places: Places, tally: Tally, choose: Choose) -> None:
        """`choose`: which files of a video are wanted; it may raise NotFetched."""
        self._api = api
        self._places = places
        self._tally = tally
        self._choose = choose
        self._stop = Event()
        self._fetcher = Fetcher(api, self._stop, tally.count_bytes)

    def fetch_all(
        self, videos: Iterable[Json], jobs: int, report: Callable[[Outcome], object], look: Callable[[], object]
    ) -> None:
        """Fetch the files of all videos. `report` gets every outcome, `look` is called now and then, in this thread.

        Raises CliError when the others could not be fetched either. What is under way then ends; its parts are kept.
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
                        self._tell(found, report)
                        look()
                    elif found is not None:
                        under_way.add(pool.submit(self._outcome, found))
                done, _ = wait(under_way, LOOK_SECONDS, FIRST_COMPLETED)
                for future in done:
                    under_way.discard(future)
                    self._tell(future.result(), report)
                look()
        finally:
            self._stop.set()
            pool.shutdown(cancel_futures=True)
            for future in under_way:
                if not future.cancelled() and future.exception() is None:
                    self._tell(future.result(), report)

    def _tell(self, outcome: Outcome, report: Callable[[Outcome], object]) -> None:
        self._tally.files[outcome.status] += 1
        report(outcome)

    def _decided(self, videos: Iterable[Json]) -> Iterator[Outcome | Job]:
        """What is to be fetched, and what became of the rest. Raises CliError for a disk that takes nothing."""
        for video in videos:
            try:
                files = self._choose(video)
            except NotFetched as error:
                yield Outcome(video, "failed", why=str(error))
                continue
            for wanted in files:
                try:
                    place = self._places.place_of(wanted)
                except (NotFetched, OSError) as error:
                    yield Outcome(video, "failed", wanted, why=_why(error))
                    continue
                job = Job(wanted, place.path)
                yield Outcome(video, "present", wanted, str(place.path)) if place.there else job

    def _outcome(self, job: Job) -> Outcome:
        """Fetch one file. Raises CliError when the others could not be fetched either, and Stopped."""
        wanted = job.wanted
        try:
            try:
                self._fetcher.fetch(job)
            except Changed:
                wanted = self._as_it_is_now(wanted)
                self._fetcher.fetch(Job(wanted, job.path))
        except (NotFetched, Changed, OSError, UnicodeEncodeError) as error:
            return Outcome(wanted.video, "failed", wanted, why=_why(error, job.path))
        return Outcome(wanted.video, "fetched", wanted, str(job.path))

    def _as_it_is_now(self, wanted: WantedFile) -> WantedFile:
        found = again(wanted, self._api.video(wanted.video["id"]))
        if found is None:
            raise NotFetched("it is not stored any more")
        return found


def _why(error: Exception, path: Path | None = None) -> str:
    """Why one file is not fetched. Raises CliError if the disk takes no other one either."""
    if isinstance(error, Changed):
        return "it changed while it was fetched"
    if isinstance(error, UnicodeEncodeError):
        return f"its name has letters that {error.encoding} lacks; choose a locale of UTF-8 (LC_ALL=C.UTF-8)"
    if not isinstance(error, OSError):
        return str(error)
    where = path or error.filename or "its place"
    if error.errno in _OF_THE_DISK:
        raise CliError(
            f"{where} cannot be written: {_OF_THE_DISK[error.errno]}. What came is kept; run the same command again to "
            "go on."
        ) from error
    return f"{where} cannot be written: {error.strerror or error}"
