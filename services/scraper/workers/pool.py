"""Worker processes for yt-dlp that can be killed: a pool for downloads, and a separate process for each listing.

Workers are forked from a server process that has already loaded yt-dlp, so that a new one takes milliseconds.
If this process dies, the kernel ends the server and with it every worker.
"""

from __future__ import annotations

import asyncio
import ctypes
import multiprocessing
import os
import resource
import signal
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, suppress
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TypeVar

from pebble import ProcessExpired, ProcessFuture, ProcessPool

from services.scraper.engines.clean_values import cleaned
from services.scraper.engines.values import (
    Fetched,
    Listed,
    Looked,
    LookPlan,
    Probed,
    ProbePlan,
    Served,
    SourceRules,
)
from services.scraper.failures import Evidence
from services.scraper.network.guard import guard
from services.scraper.network.program_guard import allow_engines_only
from services.scraper.workers.inbox import Inbox
from shared.logs import logger

log = logger(__name__)

T = TypeVar("T")
#: A function that a worker runs: (address, folder, rules).
Work = Callable[[str, Path, SourceRules], T]

_CONTEXT = multiprocessing.get_context("forkserver")
#: Maximum entries per batch. Batches grow from one entry, so that the first video is requested at once.
MAX_BATCH = 100
#: The file in a video's folder with the process id of its worker, which is also the id of the worker's process group.
WORKER_FILE = "worker"
#: Seconds beyond its time limit after which a download without a worker fails: a broken pool may not report it.
STUCK_SECONDS = 30
_PR_SET_PDEATHSIG = 1


class WorkerDied(Exception):
    """A worker process ended without a result, or exceeded its time limit."""


def _prepare(largest_bytes: int, memory_bytes: int) -> None:
    """In a worker of the pool: end with the fork server, and limit file size and memory to the needs of a download."""
    _end_with_the_server()
    _limit_memory(memory_bytes)
    if largest_bytes:
        # The limit also applies to files that an engine's program writes. Python gets EFBIG.
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest_bytes, largest_bytes))


def _limit_memory(memory_bytes: int) -> None:
    """In a worker: raise MemoryError for endless answers and for content that expands without limit.

    The limit applies to data, not to the address space, of which a JavaScript runtime reserves far more than it uses.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if memory_bytes:
        resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, memory_bytes))


def _end_with_the_server() -> None:
    """In a worker: ignore Ctrl-C, which the service handles, and die with the fork server (on Linux)."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def be_known(folder: Path) -> None:
    """In a worker: start a process group and write its id into the folder, so that all its programs can be ended."""
    if os.getpgrp() != os.getpid():
        os.setpgid(0, 0)
    (folder / WORKER_FILE).write_text(str(os.getpid()))


def _fetch(url: str, folder: Path, rules: SourceRules) -> Fetched:
    be_known(folder)
    # Imported here, so that only the fork server loads yt-dlp, never the service.
    from services.scraper.workers import chain

    _guard(rules)
    return cleaned(chain.fetch_measured(url, folder, rules))


def _try_out(url: str, folder: Path, rules: SourceRules) -> Served | Evidence:
    be_known(folder)
    from services.scraper.engines import ytdlp

    _guard(rules)
    return cleaned(ytdlp.try_out(url, folder, rules))


def _probe(url: str, folder: Path, rules: SourceRules, plan: ProbePlan) -> Probed | Evidence:
    be_known(folder)
    from services.scraper.engines import ytdlp

    _guard(rules)
    return cleaned(ytdlp.probe(url, folder, rules, plan))


def _guard(rules: SourceRules) -> None:
    """Restrict this process to the public internet, configured servers and our own programs."""
    allow_engines_only()
    if not rules.private_hosts:
        configured = (rules.proxy, rules.po_token_provider, rules.converter_url, *rules.resolvers)
        guard(url for url in configured if url is not None)


def _list(url: str, rules: SourceRules, limit: int | None, out: Connection) -> None:
    from services.scraper.engines import ytdlp

    send_batches(ytdlp.list_videos(url, rules, limit), rules, out)


def _look(url: str, rules: SourceRules, plan: LookPlan, out: Connection) -> None:
    from services.scraper.engines import ytdlp

    send_batches(ytdlp.look(url, rules, plan), rules, out)


def send_batches(items: Iterator[Any], rules: SourceRules, out: Connection) -> None:
    """In a process of its own: send items in growing batches, then None."""
    _end_with_the_server()
    _limit_memory(rules.worker_bytes)
    _guard(rules)
    batch: list[Any] = []
    size = 1
    for item in items:
        batch.append(cleaned(item))
        if len(batch) >= size:
            out.send(batch)
            batch, size = [], min(MAX_BATCH, size * 2)
    out.send(batch)
    out.send(None)


def _end_group(folder: Path) -> None:
    """Kill the worker of this folder and all programs that it started."""
    with suppress(OSError, ValueError):
        os.killpg(int((folder / WORKER_FILE).read_text()), signal.SIGKILL)


async def _result_of(future: ProcessFuture[T]) -> T:
    """Return a worker's result, or raise its exception: RuntimeError instead of one that would end our process or task.

    Cancelling kills the worker.
    """
    waiting = asyncio.wrap_future(future)
    try:
        # Unlike awaiting the result, this raises CancelledError only if we ourselves are cancelled.
        await asyncio.wait([waiting])
    finally:
        waiting.cancel()
    error = waiting.exception()
    if error is not None and not isinstance(error, Exception):
        raise RuntimeError(f"it raised {type(error).__name__}") from error
    return waiting.result()


class Workers:
    """The pool. Close it to end every worker."""

    def __init__(self, slots: int, tasks_per_worker: int, largest_bytes: int = 0, memory_bytes: int = 0) -> None:
        """`largest_bytes`, `memory_bytes`: maximum size of a worker's files, and of its data; 0: no limit."""
        self._limits = largest_bytes, memory_bytes
        _CONTEXT.set_forkserver_preload(["services.scraper.workers.fork_server"])
        self._slots = slots
        self._under_way = 0
        self._tasks_per_worker = tasks_per_worker
        self._pool = self._new_pool()

    def _new_pool(self) -> ProcessPool:
        return ProcessPool(
            max_workers=self._slots,
            max_tasks=self._tasks_per_worker,
            initializer=_prepare,
            initargs=self._limits,
            context=_CONTEXT,
        )

    async def fetch(self, url: str, folder: Path, rules: SourceRules, seconds: float) -> Fetched:
        """Run `chain.fetch_measured` in a worker. Cancelling kills the worker. Raises WorkerDied."""
        return await self._run(_fetch, url, folder, rules, seconds)

    async def try_out(self, url: str, folder: Path, rules: SourceRules, seconds: float) -> Served | Evidence:
        """Run `ytdlp.try_out` in a worker. Cancelling kills the worker. Raises WorkerDied."""
        return await self._run(_try_out, url, folder, rules, seconds)

    async def probe(
        self, url: str, folder: Path, rules: SourceRules, plan: ProbePlan, seconds: float
    ) -> Probed | Evidence:
        """Run `ytdlp.probe` in a worker. Cancelling kills the worker. Raises WorkerDied."""
        return await self._run(partial(_probe, plan=plan), url, folder, rules, seconds)

    @property
    def has_idle(self) -> bool:
        """Whether a worker is idle."""
        return self._under_way < self._slots

    async def _run(self, work: Work[T], url: str, folder: Path, rules: SourceRules, seconds: float) -> T:
        future = self._schedule(work, url, folder, rules, seconds)
        self._under_way += 1
        try:
            async with asyncio.timeout(seconds + STUCK_SECONDS):
                result = await _result_of(future)
        except TimeoutError as error:
            _end_group(folder)
            raise WorkerDied(f"the download took longer than {seconds:g} s") from error
        except (ProcessExpired, RuntimeError) as error:
            _end_group(folder)
            raise WorkerDied(f"the download's process ended by itself: {error}") from error
        except asyncio.CancelledError:
            _end_group(folder)
            raise
        finally:
            self._under_way -= 1
        (folder / WORKER_FILE).unlink(missing_ok=True)
        return result

    def _schedule(self, work: Work[T], url: str, folder: Path, rules: SourceRules, seconds: float) -> ProcessFuture[T]:
        try:
            return self._pool.schedule(work, args=(url, folder, rules), timeout=seconds)
        except RuntimeError:
            # A worker that was killed while idle breaks the whole pool permanently: replace the pool.
            log.warning("workers.pool_replaced")
            self._pool = self._new_pool()
            return self._pool.schedule(work, args=(url, folder, rules), timeout=seconds)

    async def close(self) -> None:
        """End all workers."""
        self._pool.stop()
        await asyncio.to_thread(self._pool.join)


async def listing(
    url: str, rules: SourceRules, seconds: float, limit: int | None = None
) -> AsyncGenerator[list[Listed], None]:
    """Run `ytdlp.list_videos` in a process of its own and yield its items in batches.

    Leaving the loop kills the process. Raises WorkerDied.
    """
    async with aclosing(in_process(_list, (url, rules, limit), seconds)) as batches:
        async for batch in batches:
            yield batch


async def looking(url: str, rules: SourceRules, seconds: float, plan: LookPlan) -> AsyncGenerator[list[Looked], None]:
    """Run `ytdlp.look` in a process of its own and yield what it finds in batches.

    Leaving the loop kills the process. Raises WorkerDied.
    """
    async with aclosing(in_process(_look, (url, rules, plan), seconds)) as batches:
        async for batch in batches:
            yield batch


async def in_process(
    work: Callable[..., None], arguments: tuple[Any, ...], seconds: float
) -> AsyncGenerator[list[Any], None]:
    """Run `work` in a process of its own and yield what it sends, together what comes together. Raises WorkerDied."""
    receiver, sender = _CONTEXT.Pipe(duplex=False)
    process = _CONTEXT.Process(target=work, args=(*arguments, sender), daemon=True)
    # In this thread: the fork server answers in milliseconds, and a start in another thread could not be cancelled.
    process.start()
    sender.close()
    inbox = Inbox(receiver)
    deadline = asyncio.get_running_loop().time() + seconds
    try:
        # The time limit covers only the waiting: around a yield it would also interrupt the caller's loop.
        while (items := await _next_of(inbox, deadline, seconds)) is not None:
            yield items
    finally:
        inbox.close()
        process.kill()
        process.join()
        process.close()
        receiver.close()


async def _next_of(inbox: Inbox, deadline: float, seconds: float) -> list[Any] | None:
    """Return the next items; None at the end. Raises WorkerDied."""
    try:
        async with asyncio.timeout_at(deadline):
            return await inbox.next()
    except TimeoutError as error:
        raise WorkerDied(f"the listing took longer than {seconds:g} s") from error
    except EOFError as error:
        raise WorkerDied("the listing's process ended by itself") from error
