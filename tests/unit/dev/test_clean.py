"""`make clean` asks, shows what goes, and deletes no running stack, no stranger's folder and no stranger's file."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from dev.clean import NotCleaned, clean, delete
from dev.demo.run import forget_demo
from dev.install import ROOT
from dev.state import State


def _made(folder: Path) -> Path:
    """A state folder as a stopped stack leaves it."""
    state = State(folder)
    state.port("s3")
    (state.subfolder("s3") / "object").write_bytes(bytes(3_000_000))
    state.log_file("api").write_text("a line\n")
    state.write_env({"API_KEY": "x"})
    state.release()
    return folder


def _make_clean(folder: Path, *more: str, stdin: int = subprocess.DEVNULL) -> subprocess.CompletedProcess[str]:
    command = ["make", "--silent", "-C", str(ROOT), "clean", f"STATE={folder}", *more]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(command, stdin=stdin, capture_output=True, text=True, env=environment, check=False)


def test_without_a_person_it_deletes_nothing_unless_told_so(tmp_path: Path) -> None:
    state = _made(tmp_path / "state")
    done = _make_clean(state)
    assert done.returncode != 0
    assert "YES=1" in done.stderr
    assert "3.0 MB  s3 " in done.stdout
    assert (state / "s3/object").exists()
    assert _make_clean(state, "YES=1").returncode == 0
    assert not state.exists()


@pytest.mark.parametrize(("answer", "gone"), [("yes", True), ("no", False), ("", False), ("y", False)])
def test_a_person_is_asked(tmp_path: Path, answer: str, gone: bool) -> None:
    state = _made(tmp_path / "state")
    person, terminal = pty.openpty()
    os.write(person, f"{answer}\n".encode())
    done = _make_clean(state, stdin=terminal)
    os.close(person)
    os.close(terminal)
    assert "Type yes" in done.stdout
    assert state.exists() is not gone
    assert (done.returncode == 0) is gone


def test_the_folder_of_a_running_stack_stays(tmp_path: Path) -> None:
    running = State(_made(tmp_path / "state"))
    with pytest.raises(NotCleaned, match="running stack"):
        clean(running.folder, yes=True)
    assert (running.folder / "s3/object").exists()
    running.release()


def test_a_demo_that_runs_inside_keeps_both(tmp_path: Path) -> None:
    outer = _made(tmp_path / "state")
    inner = State(_made(outer / "demo"))
    with pytest.raises(NotCleaned, match="running stack"):
        clean(outer, yes=True)
    assert (outer / "s3/object").exists()
    inner.release()
    clean(outer, yes=True)
    assert not outer.exists()


@pytest.mark.parametrize("folder", ["/", "/etc", str(Path.home())])
def test_other_folders_are_refused(folder: str) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "dev/clean.py"), "--state", folder],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "not the state folder" in done.stderr


def test_a_full_folder_and_a_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.odt").touch()
    for place in (tmp_path, tmp_path / "thesis.odt"):
        with pytest.raises(NotCleaned, match="not the state folder"):
            clean(place, yes=True)
    assert (tmp_path / "thesis.odt").exists()


def test_what_no_stack_made_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state = _made(tmp_path / "state")
    (state / "thesis.odt").touch()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "kept").touch()
    (state / "work").symlink_to(elsewhere)
    clean(state, yes=True)
    assert "so it stays: thesis.odt" in capsys.readouterr().out
    assert [path.name for path in state.iterdir()] == ["thesis.odt"]
    assert (elsewhere / "kept").exists()


@pytest.mark.parametrize("text", ['{"name": "another program\'s"}', "[]", "", "[" * 100_000])
def test_a_stack_json_of_another_program_makes_no_state_folder(tmp_path: Path, text: str) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work/thesis.odt").touch()
    (tmp_path / "stack.json").write_text(text)
    with pytest.raises(NotCleaned, match="not the state folder"):
        clean(tmp_path, yes=True)
    assert (tmp_path / "work/thesis.odt").exists()


def test_nothing_to_delete_is_no_failure(tmp_path: Path) -> None:
    assert _make_clean(tmp_path / "never").returncode == 0


def test_a_demo_deletes_an_earlier_demo_and_nothing_else(tmp_path: Path) -> None:
    archive = _made(tmp_path / "archive")
    with pytest.raises(NotCleaned, match="no demo made it"):
        forget_demo(archive)
    assert (archive / "s3/object").exists()
    (archive / "made-by-demo").touch()
    forget_demo(archive)
    assert not archive.exists()
    forget_demo(archive)


def test_an_interrupted_deletion_can_be_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = _made(tmp_path / "state")
    with monkeypatch.context() as patched:
        patched.setattr("dev.clean.shutil.rmtree", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            delete([state])
    clean(state, yes=True)
    assert not state.exists()
