"""The logs of a native stack's programs, kept small.

Programs keep their log open while they run, so a large log is copied and then emptied in place: every program appends,
and continues at the new end. Lines written between the two steps, within a millisecond, are lost.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

#: Bytes of a log beyond which it is rotated: a day or two of a busy scraper.
ROTATE_BYTES = 10 * 2**20
#: Number of older parts kept of each log; name.log.1 is the newest.
KEPT = 3
_CHUNK_BYTES = 2**20


def rotate_folder(folder: Path, rotate_bytes: int = ROTATE_BYTES) -> None:
    """Rotate every `*.log` of a folder that is larger than `rotate_bytes`."""
    rotate(folder.glob("*.log"), rotate_bytes)


def rotate(logs: Iterable[Path], rotate_bytes: int = ROTATE_BYTES) -> None:
    """Rotate the logs that are larger than `rotate_bytes`. A log that cannot be copied is emptied too."""
    for log in logs:
        with suppress(OSError):
            if log.stat().st_size > rotate_bytes:
                _make_place(log)
                try:
                    _copy_end(log, _older(log, 1), rotate_bytes)
                except OSError:
                    # For example on a full disk: losing old lines is better than a disk that stays full.
                    _older(log, 1).unlink(missing_ok=True)
                os.truncate(log, 0)


def _older(log: Path, number: int) -> Path:
    return log.with_name(f"{log.name}.{number}")


def _make_place(log: Path) -> None:
    """Shift the older parts by one, and drop the oldest."""
    for number in range(KEPT - 1, 0, -1):
        with suppress(FileNotFoundError):
            _older(log, number).replace(_older(log, number + 1))


def _copy_end(source: Path, target: Path, most: int) -> None:
    """Copy the last `most` bytes, so that the copy of a log that grew very fast does not fill the disk."""
    with source.open("rb") as reading, target.open("wb") as writing:
        reading.seek(max(0, source.stat().st_size - most))
        left = most
        while left > 0 and (chunk := reading.read(min(left, _CHUNK_BYTES))):
            writing.write(chunk)
            left -= len(chunk)
