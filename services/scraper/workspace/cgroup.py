"""Reads the limits of this process's control group, such as those of a container: cores and memory.

Both versions of control groups are read, for the own group and all above it; in a container the own group is the root.
Source: https://docs.kernel.org/admin-guide/cgroup-v2.html, .../cgroup-v1/memory.html and .../scheduler/sched-bwc.html
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

ROOT = Path("/sys/fs/cgroup")
OWN = Path("/proc/self/cgroup")
#: Folders of version 1's controllers, as /proc/self/cgroup names them.
_CPU_FOLDERS, _MEMORY_FOLDERS = ("cpu", "cpu,cpuacct", "cpuacct,cpu"), ("memory",)
#: Version 1 writes "no limit" as a number of bytes beyond this.
_NO_LIMIT_BYTES = 2**60


def cores(root: Path = ROOT, own: Path = OWN) -> int:
    """The number of whole cores that this process may keep busy, at least one."""
    allowed = float(len(os.sched_getaffinity(0)))
    for folder in _groups(root, own, ("",)):
        quota, _, period = _text(folder / "cpu.max").partition(" ")
        if quota.isdigit() and period.isdigit():
            allowed = min(allowed, int(quota) / int(period))
    for folder in _groups(root, own, _CPU_FOLDERS):
        quota, period = _text(folder / "cpu.cfs_quota_us"), _text(folder / "cpu.cfs_period_us")
        # Without a limit the quota is -1.
        if quota.isdigit() and period.isdigit():
            allowed = min(allowed, int(quota) / int(period))
    return max(1, int(allowed))


def memory_bytes(root: Path = ROOT, own: Path = OWN) -> int | None:
    """Bytes of memory that this process and its children may use; None: no limit."""
    texts = [_text(folder / "memory.max") for folder in _groups(root, own, ("",))]
    texts += [_text(folder / "memory.limit_in_bytes") for folder in _groups(root, own, _MEMORY_FOLDERS)]
    limits = [int(text) for text in texts if text.isdigit()]
    return min((limit for limit in limits if limit < _NO_LIMIT_BYTES), default=None)


def _groups(root: Path, own: Path, controllers: tuple[str, ...]) -> Iterator[Path]:
    """Folders of the own group and of all above it. `controllers`: of version 1; an empty name means version 2."""
    for line in _text(own).splitlines():
        _, _, rest = line.partition(":")
        named, _, path = rest.partition(":")
        if named in controllers:
            relative = PurePosixPath(path.lstrip("/"))
            for group in (relative, *relative.parents):
                yield root / named / group


def _text(file: Path) -> str:
    try:
        return file.read_text().strip()
    except OSError:
        return ""
