"""No program ends in a traceback: places that cannot be used, closed and full streams, defects of our own."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cli import main as cli_main
from cli.errors import CliError
from dev.install import ROOT
from dev.processes.endings import exit_code
from dev.processes.program import ProgramFailed
from dev.state import State, StateUnusable
from shared.crash_report import DEBUG_VARIABLE, disk_problem
from shared.errors import Misconfigured, Unavailable

FONOTECA = [sys.executable, "-c", "from cli.main import main; main()"]


def file_in_the_way(folder: Path) -> Path:
    (folder / "file").write_text("x")
    return folder / "file"


def damaged(folder: Path) -> Path:
    (folder / "stack.json").write_text('{"ports": {')
    return folder


@pytest.mark.parametrize(
    ("place", "told"),
    [
        (file_in_the_way, "a file is in its place. Choose another folder (STATE=…)."),
        (lambda folder: file_in_the_way(folder) / "below", "a file is in its place. Choose another folder (STATE=…)."),
        (lambda folder: folder / ("x" * 300), "File name too long. Choose another folder (STATE=…)."),
        (lambda _: Path("/proc/fonoteca"), "Choose another folder (STATE=…)."),
        (lambda _: Path("/dev/null"), "a file is in its place."),
        (damaged, "is damaged"),
    ],
)
def test_a_state_that_cannot_be_one(tmp_path: Path, place: Any, told: str) -> None:
    with pytest.raises(StateUnusable) as caught:
        State(place(tmp_path))
    assert told in str(caught.value)


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EIO])
def test_a_state_that_may_not_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def refuse(self: Path, *_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number), str(self))

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(StateUnusable) as caught:
        State(tmp_path / "state")
    assert os.strerror(number) in str(caught.value)
    assert "STATE=…" in str(caught.value)


@pytest.mark.parametrize("program", [["-m", "dev.stack"], ["-m", "dev.demo"], ["dev/clean.py", "--yes"]])
@pytest.mark.parametrize("state", ["", " "])
def test_an_empty_state_is_not_the_folder_one_is_in(program: list[str], state: str) -> None:
    asked = [sys.executable, *program, "--state", state]
    done = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode in (1, 2)
    assert "STATE is empty: name a folder, or leave STATE= out" in " ".join(done.stderr.split())
    assert not (ROOT / "stack.json").exists()


def test_a_disk_that_fills_up_is_told_with_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = State(tmp_path)

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "open", full)
    with pytest.raises(OSError, match="No space left") as caught:
        state.secret("some")
    assert disk_problem(caught.value) == (
        f"{tmp_path}/stack.json cannot be written or read: No space left on device. Free some room, or choose another "
        "disk."
    )
    state.release()


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (Misconfigured("X is not set."), 78, "X is not set."),
        (ProgramFailed("rabbitmq ended."), 1, "rabbitmq ended."),
        (StateUnusable("no folder."), 74, "no folder."),
        (PermissionError(errno.EACCES, "Permission denied", "/data"), 74, "/data cannot be written or read"),
        (KeyError("playlists"), 70, "a defect of Fonoteca itself: KeyError: 'playlists'"),
        (ConnectionResetError(errno.ECONNRESET, "Connection reset"), 70, "FONOTECA_DEBUG=1 make up"),
    ],
)
def test_the_stack_ends_with_a_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, error: Exception, code: int, told: str
) -> None:
    def fail() -> int:
        raise error

    monkeypatch.delenv(DEBUG_VARIABLE, raising=False)
    assert exit_code("stack", fail) == code
    said = capsys.readouterr().err
    assert told in said
    assert "Traceback" not in said
    monkeypatch.setenv(DEBUG_VARIABLE, "1")
    assert exit_code("stack", fail) == code
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (CliError("There is none.", 2), 2, "There is none."),
        (Unavailable("MongoDB: refused"), 69, "MongoDB: refused. Start that server, or correct the setting"),
        (Unavailable("MongoDB: refused. Waited 10 s for it: start MongoDB."), 69, "start MongoDB."),
        (OSError(errno.ENOSPC, "No space left on device"), 74, "Free some room"),
        (KeyError("playlists"), 70, "`fonoteca --debug status 'a b'` prints"),
    ],
)
def test_a_command_ends_with_a_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, error: Exception, code: int, told: str
) -> None:
    def fail() -> None:
        raise error

    monkeypatch.delenv(DEBUG_VARIABLE, raising=False)
    monkeypatch.setattr(cli_main, "app", fail)
    monkeypatch.setattr("sys.argv", ["fonoteca", "status", "a b"])
    with pytest.raises(SystemExit) as caught:
        cli_main.main()
    assert caught.value.code == code
    said = capsys.readouterr().err
    assert told in " ".join(said.split())
    assert "Traceback" not in said


@pytest.mark.parametrize(
    "arguments", [["logs", "\udce9"], ["videos", "--channel", "caf\udce9"], ["get", "x", "--name", "\udcff.{ext}"]]
)
def test_an_argument_that_is_no_utf_8_is_no_defect(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    monkeypatch.delenv(DEBUG_VARIABLE, raising=False)
    monkeypatch.setattr("sys.argv", ["fonoteca", *arguments])
    monkeypatch.setenv("API_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("API_KEY", "a key that is long enough")
    with pytest.raises(SystemExit) as caught:
        cli_main.main()
    said = " ".join(capsys.readouterr().err.split())
    assert (caught.value.code, "is not UTF-8. Write it in UTF-8" in said) == (2, True), said


@pytest.mark.parametrize(
    ("streams", "code"),
    [
        (">/dev/full", 74),
        ("<&- >&- 2>/dev/full", 0),
    ],
)
def test_closed_and_full_streams(streams: str, code: int) -> None:
    script = f'"$0" -c "from cli.main import main; main()" topology permissions {streams}'
    done = subprocess.run(
        ["sh", "-c", script, sys.executable], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, "Traceback" in done.stderr) == (code, False)
    if code == 74:
        assert "No space left on device. Free some room" in done.stderr


@pytest.mark.parametrize("columns", ["0", "", "00"])
def test_a_terminal_without_a_width_shows_something(columns: str) -> None:
    done = subprocess.run(
        [*FONOTECA, "--version"],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": columns},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("fonoteca ")


def test_a_reader_that_has_enough_is_no_failure() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run([*FONOTECA, "--version"], cwd=ROOT, stdout=writing, stderr=subprocess.PIPE, check=False)
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


def test_letters_that_a_terminal_lacks_are_question_marks() -> None:
    encoding = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [*FONOTECA, "topology", "--help"], cwd=ROOT, env=encoding, capture_output=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
