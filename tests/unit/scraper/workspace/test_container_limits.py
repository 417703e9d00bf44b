"""A container's limits of cores, memory and work folder, as the scraper reads and keeps them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from services.scraper.attempt.video_space import disk_full
from services.scraper.settings.workspace import WorkspaceSettings
from services.scraper.workspace import cgroup, memory_plan
from services.scraper.workspace.reservations import LargerThanDisk, Reservations
from services.scraper.workspace.space_needed import Need
from services.scraper.workspace.work_folder import WorkFolder
from shared.errors import Misconfigured
from shared.settings import load

MB = 10**6
Groups = Callable[..., tuple[Path, Path]]


@pytest.fixture
def groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Groups:
    """groups(own, {path: content}): a control group's files as the kernel shows them, on a machine of 16 cores."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(16)))

    def call(own: str, files: dict[str, str]) -> tuple[Path, Path]:
        for name, content in files.items():
            file = tmp_path / "cgroup" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content)
        (tmp_path / "own").write_text(own)
        return tmp_path / "cgroup", tmp_path / "own"

    return call


@pytest.mark.parametrize(
    ("own", "files", "cores"),
    [
        # Version 2, in a container: its own group is the root.
        ("0::/\n", {"cpu.max": "200000 100000\n"}, 2),
        ("0::/\n", {"cpu.max": "150000 100000\n"}, 1),
        ("0::/\n", {"cpu.max": "50000 100000\n"}, 1),
        ("0::/\n", {"cpu.max": "max 100000\n"}, 16),
        # Seen from the host: a limit of the pod, and a larger one of the container.
        (
            "0::/kubepods/pod1/scraper\n",
            {"kubepods/pod1/cpu.max": "300000 100000\n", "kubepods/pod1/scraper/cpu.max": "400000 100000\n"},
            3,
        ),
        # Version 1, whose two controllers are mounted together, or not.
        (
            "4:cpu,cpuacct:/\n",
            {"cpu,cpuacct/cpu.cfs_quota_us": "250000\n", "cpu,cpuacct/cpu.cfs_period_us": "50000\n"},
            5,
        ),
        ("1:cpu:/a\n", {"cpu/a/cpu.cfs_quota_us": "-1\n", "cpu/a/cpu.cfs_period_us": "100000\n"}, 16),
        # A path of the host that the container does not see: its own group is where it looks.
        ("1:cpu:/kubepods/x\n", {"cpu/cpu.cfs_quota_us": "100000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 1),
        # Neither.
        ("", {}, 16),
        ("0::/\n", {"cpu.max": "nonsense\n"}, 16),
    ],
)
def test_encode_slots_are_the_cores_that_the_container_may_use(
    groups: Groups, own: str, files: dict[str, str], cores: int
) -> None:
    assert cgroup.cores(*groups(own, files)) == cores


def test_a_set_of_cores_counts_too(groups: Groups, monkeypatch: pytest.MonkeyPatch) -> None:
    found = groups("0::/\n", {"cpu.max": "800000 100000\n"})
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {4, 5})
    assert cgroup.cores(*found) == 2


@pytest.mark.parametrize(
    ("own", "files", "limit"),
    [
        ("0::/\n", {"memory.max": "3221225472\n"}, 3 * 2**30),
        ("0::/\n", {"memory.max": "max\n"}, None),
        ("0::/a/b\n", {"a/memory.max": "1073741824\n", "a/b/memory.max": "max\n"}, 2**30),
        ("7:memory:/\n", {"memory/memory.limit_in_bytes": "2147483648\n"}, 2 * 2**30),
        ("7:memory:/\n", {"memory/memory.limit_in_bytes": "9223372036854771712\n"}, None),
        ("", {}, None),
    ],
)
def test_the_limit_of_memory_is_read(groups: Groups, own: str, files: dict[str, str], limit: int | None) -> None:
    assert cgroup.memory_bytes(*groups(own, files)) == limit


@pytest.mark.parametrize(
    ("limit", "slots", "megabytes", "fits"),
    [
        (None, 4, 1000, True),
        # The chart's, of compose, and of the trial.
        (3 * 2**30, 4, 1000, True),
        (4 * 2**30, 4, 1000, True),
        (2 * 2**30, 2, 847, True),
        (2 * 2**30, 3, 647, True),
        (2 * 2**30, 4, 600, False),
        # Too small: what the JavaScript runtime needs is not taken away, but a sentence says what to do.
        (2**30, 4, 600, False),
    ],
)
def test_a_worker_has_what_the_limit_leaves_it(limit: int | None, slots: int, megabytes: int, fits: bool) -> None:
    assert memory_plan.worker_megabytes(limit, slots, 2) == megabytes
    problem = memory_plan.problem(limit, megabytes, slots, 2)
    assert (problem is None) == fits
    if problem is not None:
        assert "Raise the limit, or lower SCRAPER_DOWNLOAD_SLOTS" in problem


def test_what_an_operator_says_is_checked_too() -> None:
    assert memory_plan.problem(3 * 2**30, 3000, 4, 2) is not None
    assert memory_plan.problem(3 * 2**30, 0, 8, 2) is not None, "no limit of one is the usual limit at least"


@pytest.fixture
async def folder(tmp_path: Path) -> AsyncIterator[WorkFolder]:
    """A work folder whose volume may hold 10 MB, on a disk with far more."""
    folder = WorkFolder(tmp_path, 2 * MB, 10 * MB)
    yield folder
    await folder.close()


def fill(file: Path, megabytes: int) -> None:
    file.write_bytes(os.urandom(megabytes * MB))


async def test_free_space_is_what_the_volume_has_left(folder: WorkFolder, tmp_path: Path) -> None:
    assert 9.9 * MB <= folder.free_bytes() <= 10 * MB
    fill(folder.path / "ours", 3)
    other = tmp_path / "scraper-other"
    other.mkdir()
    fill(other / "another-scraper's", 4)
    assert 2.9 * MB <= folder.free_bytes() <= 3 * MB
    assert 9.9 * MB <= folder.capacity_bytes() <= 10 * MB
    assert not folder.too_full()
    fill(tmp_path / "nobody's", 9)
    assert folder.free_bytes() == 0
    assert folder.too_full(), "more is there than may be"
    assert disk_full().reason == "disk-full"


async def test_what_the_volume_cannot_hold_is_not_begun(folder: WorkFolder) -> None:
    reservations = Reservations(folder)
    with pytest.raises(LargerThanDisk, match="has space for 10 MB"):
        async with reservations.reserved("large", folder.path / "large", Need(11 * MB, 12 * MB)):
            pass
    async with reservations.reserved("first", folder.path / "first", Need(6 * MB, 6 * MB)):
        waiting = asyncio.ensure_future(_works(reservations, folder))
        await asyncio.sleep(0)
        assert not waiting.done(), "both would be more than the volume may hold"
    await waiting


async def _works(reservations: Reservations, folder: WorkFolder) -> None:
    async with reservations.reserved("second", folder.path / "second", Need(6 * MB, 6 * MB)):
        pass


async def test_without_a_limit_the_disk_counts(tmp_path: Path) -> None:
    folder = WorkFolder(tmp_path, 0)
    found = os.statvfs(tmp_path)
    assert abs(folder.free_bytes() - found.f_bavail * found.f_frsize) < 2**30
    await folder.close()


def test_a_folder_that_could_never_be_free_enough_is_refused() -> None:
    with pytest.raises(Misconfigured, match=r"SCRAPER_WORK_FOLDER_MEGABYTES \(400\) is below SCRAPER_FREE_MEGABYTES"):
        load(WorkspaceSettings, {"work_folder_megabytes": 400})
    load(WorkspaceSettings, {"work_folder_megabytes": 400, "free_megabytes": 300})
