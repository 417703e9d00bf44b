"""Worker processes: killable, replaced, and never fatal to the service."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

from services.scraper.engines.values import Downloaded, ListedVideo, SourceRules
from services.scraper.failures import Evidence, classify
from services.scraper.workers.pool import WorkerDied, Workers, listing
from tests.integration import hanging_worker, raising_worker

POLITE = SourceRules(request_interval=0, extractors=("youtube.*",))
WATCH = "https://www.youtube.com/watch?v="
AddPlaylist = Callable[..., str]
pytestmark = pytest.mark.usefixtures("through_the_site")


@pytest.fixture
async def workers() -> AsyncIterator[Workers]:
    workers = Workers(2, 50)
    yield workers
    await workers.close()


def worker_processes() -> list[psutil.Process]:
    """The workers below this process's fork server."""
    servers = [p for p in psutil.Process().children() if "forkserver" in " ".join(p.cmdline())]
    return [child for server in servers for child in server.children()]


async def test_a_killed_idle_worker_does_not_end_the_fetching(
    workers: Workers, add_playlist: AddPlaylist, tmp_path: Path
) -> None:
    add_playlist("PLworkerkill1", [{"id": "workerkill1", "title": "x"}])
    first = (await workers.fetch(WATCH + "workerkill1", tmp_path, POLITE, 60)).result
    assert isinstance(first, Downloaded), first
    for process in worker_processes():
        os.kill(process.pid, signal.SIGKILL)
    again: object = None
    async with asyncio.timeout(240):
        while again is None:
            try:
                again = (await workers.fetch(WATCH + "workerkill1", tmp_path, POLITE, 60)).result
            except WorkerDied:
                await asyncio.sleep(0.1)
    assert isinstance(again, Downloaded), again


async def test_a_download_that_takes_too_long_is_ended(
    workers: Workers, add_playlist: AddPlaylist, tmp_path: Path
) -> None:
    slow = {"id": "workerslow1", "title": "x", "seconds": 30, "bytes_per_second": 5000}
    add_playlist("PLworkerslow1", [slow])
    with pytest.raises(WorkerDied, match="longer than 1 s"):
        await workers.fetch(WATCH + "workerslow1", tmp_path, POLITE, 1)


async def test_what_a_hanging_download_started_is_ended_with_it(
    workers: Workers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.scraper.workers.pool._fetch", hanging_worker.fetch)
    with pytest.raises(WorkerDied, match="longer than 3 s"):
        await workers.fetch(WATCH + "workerhang1", tmp_path, POLITE, 3)
    child = int((tmp_path / "child").read_text())
    async with asyncio.timeout(30):
        while psutil.pid_exists(child) and psutil.Process(child).status() != psutil.STATUS_ZOMBIE:
            await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    "work", [raising_worker.exits, raising_worker.is_interrupted, raising_worker.is_cancelled, raising_worker.closes]
)
async def test_what_a_worker_raises_ends_neither_the_service_nor_its_task(
    workers: Workers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, work: Callable[..., None]
) -> None:
    monkeypatch.setattr("services.scraper.workers.pool._fetch", work)
    with pytest.raises(WorkerDied, match="ended by itself: it raised"):
        await workers.fetch(WATCH + "workerexit1", tmp_path, POLITE, 60)


async def test_a_cancelled_download_is_cancelled_and_its_worker_killed(
    workers: Workers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.scraper.workers.pool._fetch", hanging_worker.fetch)
    task = asyncio.create_task(workers.fetch(WATCH + "workerstop1", tmp_path, POLITE, 60))
    async with asyncio.timeout(60):
        while not (tmp_path / "child").exists():
            await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert workers.has_idle
    worker = int((tmp_path / "worker").read_text())
    async with asyncio.timeout(30):
        while psutil.pid_exists(worker) and psutil.Process(worker).status() != psutil.STATUS_ZOMBIE:
            await asyncio.sleep(0.05)


async def test_leaving_a_listing_early_ends_its_process(add_playlist: AddPlaylist) -> None:
    url = add_playlist("PLworkerlist1", [{"id": f"wlist{n:06}", "title": "x"} for n in range(300)])
    batches = listing(url, POLITE, 60)
    first = await anext(batches)
    second = await anext(batches)
    await batches.aclose()
    assert isinstance(second[0], ListedVideo), (first, second)
    assert worker_processes() == []


async def test_no_file_of_a_worker_grows_beyond_what_is_allowed(add_playlist: AddPlaylist, tmp_path: Path) -> None:
    """By the kernel's word, whatever writes the file: here nothing else limits it."""
    add_playlist("PLworkerfile1", [{"id": "workerfile1", "title": "x", "seconds": 30}])
    workers = Workers(1, 50, largest_bytes=100_000)
    try:
        result = (await workers.fetch(WATCH + "workerfile1", tmp_path, POLITE, 60)).result
    finally:
        await workers.close()
    assert isinstance(result, Evidence), result
    failure = classify(result, datetime.now(UTC))
    assert (failure.failure_class.value, failure.reason) == ("permanent", "larger-than-allowed"), result
    assert max(file.stat().st_size for file in tmp_path.rglob("source*")) <= 100_000
