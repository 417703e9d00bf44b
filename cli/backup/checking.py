"""Compares an archive with its manifest, byte by byte and without any server."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from typing import Any

from cli.backup.folder import ArchiveFolder
from cli.backup.manifest import OBJECT_LIST, Damage, Manifest, damaged_files, difference, read_manifest
from cli.backup.object_list import read_objects


@dataclass
class CheckReport:
    """What a check read and found. Its fields are those of --json."""

    archive: str
    files: int = 0
    objects: int = 0
    object_bytes: int = 0
    damaged: list[Damage] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return the report for --json."""
        return asdict(self)


def check_archive(folder: ArchiveFolder, workers: int, progress: Callable[[str], None]) -> CheckReport:
    """Read the whole archive. Raises CliError if it has no valid manifest."""
    manifest = read_manifest(folder)
    checked = CheckReport(manifest.id, files=len(manifest.files))
    checked.damaged += damaged_files(folder, manifest)
    listed = manifest.file_of(OBJECT_LIST)
    if listed is None or any(damage.name == listed.name for damage in checked.damaged):
        return checked
    with ThreadPoolExecutor(workers, thread_name_prefix="check") as pool:
        for name, problem in _differences(folder, manifest, pool, workers, checked):
            if problem is not None:
                checked.damaged.append(Damage(name, problem))
            if checked.objects % 100 == 0:
                progress(f"{checked.objects} objects read")
    return checked


def _differences(
    folder: ArchiveFolder, manifest: Manifest, pool: ThreadPoolExecutor, workers: int, checked: CheckReport
) -> Iterator[tuple[str, str | None]]:
    """Yield the file of every object, with what is wrong with it or None; several are read at a time."""
    listed = manifest.file_of(OBJECT_LIST)
    assert listed is not None
    reading: deque[tuple[str, Future[str | None]]] = deque()
    for entry in read_objects(folder.file(listed.name)):
        checked.objects, checked.object_bytes = checked.objects + 1, checked.object_bytes + entry.size_bytes
        path = folder.file(entry.file)
        reading.append((entry.file, pool.submit(difference, path, entry.size_bytes, entry.sha256)))
        if len(reading) >= 2 * workers:
            name, future = reading.popleft()
            yield name, future.result()
    while reading:
        name, future = reading.popleft()
        yield name, future.result()
