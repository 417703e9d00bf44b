"""Logs of a native stack: bounded on the disk, whatever their programs write, without losing a program's place."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from dev.processes import log_files
from dev.processes.log_files import KEPT, rotate, rotate_folder


def _taken(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


def test_the_disk_use_is_flat_however_long_a_program_writes(tmp_path: Path) -> None:
    log = tmp_path / "scraper.log"
    sizes = []
    with log.open("a") as held:
        for line in range(20_000):
            held.write(f"line {line:09}\n")
            if line % 50 == 0:
                held.flush()
                rotate_folder(tmp_path, rotate_bytes=2000)
                sizes.append(_taken(tmp_path))
    assert max(sizes) <= (KEPT + 1) * 2000 + 50 * 15
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "scraper.log",
        *(f"scraper.log.{n + 1}" for n in range(KEPT)),
    ]


def test_no_line_is_lost_between_the_parts(tmp_path: Path) -> None:
    log = tmp_path / "api.log"
    with log.open("a") as held:
        for line in range(300):
            held.write(f"{line:04}\n")
            held.flush()
            rotate_folder(tmp_path, rotate_bytes=499)
    parts = [*(tmp_path / f"api.log.{n}" for n in range(KEPT, 0, -1)), log]
    lines = [int(line) for part in parts for line in part.read_text().split()]
    assert lines == list(range(lines[0], 300))


def test_a_program_that_holds_its_log_open_goes_on_at_its_new_end(tmp_path: Path) -> None:
    log = tmp_path / "rabbitmq.log"
    script = "import sys\nfor line in sys.stdin: print('x' * 5000 + line.strip(), flush=True)"
    with (
        log.open("a") as file,
        subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=file, text=True) as program,
    ):
        assert program.stdin is not None
        for word, size in (("one", 5004), ("two", 5004)):
            program.stdin.write(f"{word}\n")
            program.stdin.flush()
            while not log.stat().st_size or not log.read_text().endswith("\n"):
                assert program.poll() is None
            # Without appending there would be a hole of zeros in front.
            assert log.stat().st_size == size
            assert log.stat().st_blocks * 512 < 20_000
            rotate_folder(tmp_path, rotate_bytes=1000)
            assert log.stat().st_size == 0
    assert (tmp_path / "rabbitmq.log.1").read_text().endswith("xxtwo\n")
    assert (tmp_path / "rabbitmq.log.2").read_text().endswith("xxone\n")


def test_a_log_that_grew_unseen_is_not_kept_whole(tmp_path: Path) -> None:
    log = tmp_path / "s3.log"
    log.write_text("x" * 1_000_000 + "the end")
    rotate_folder(tmp_path, rotate_bytes=1000)
    assert (log.stat().st_size, (tmp_path / "s3.log.1").stat().st_size) == (0, 1000)
    assert (tmp_path / "s3.log.1").read_text().endswith("the end")


def test_a_full_disk_is_emptied_and_ends_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "sync.log"
    log.write_text("x" * 2000)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(log_files, "_copy_end", full)
    rotate_folder(tmp_path, rotate_bytes=1000)
    assert log.stat().st_size == 0


def test_a_log_of_ten_megabytes_is_large(tmp_path: Path) -> None:
    log = tmp_path / "epmd.log"
    with log.open("wb") as file:
        file.truncate(log_files.ROTATE_BYTES + 1)
    rotate([log])
    assert log.stat().st_size == 0
    assert (tmp_path / "epmd.log.1").stat().st_size == log_files.ROTATE_BYTES
