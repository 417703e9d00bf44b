"""The set-up: it chooses a Python that is new enough, repairs what was left half done, and names what is missing."""

from __future__ import annotations

import ast
import fcntl
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dev.install import ROOT
from dev.setup import virtual_environment
from dev.setup.virtual_environment import install_venv, need_module_venv

#: What runs before a newer Python is chosen.
ON_OLD_PYTHONS = ("install", "setup/interpreter", "setup/steps", "setup/virtual_environment", "clean")


def _interpreter(folder: Path, name: str, version: str) -> Path:
    """A program that says it is a Python of this version; the script it is to run it names."""
    major, minor = version.split(".")
    program = folder / name
    program.write_text(
        f'#!/bin/sh\nif [ "$1" = -c ]; then echo "{major} {minor} {program}"; else echo "{name} runs $*"; fi\n'
    )
    program.chmod(0o755)
    return program


def _choose(path: Path, old: bool = True, **environment: str) -> subprocess.CompletedProcess[str]:
    """Let a Python, which takes itself for an old one, choose; `path` is all there is in the PATH."""
    script = (
        "import sys\nfrom pathlib import Path\nfrom dev.setup import interpreter\n"
        + ("interpreter._TELL = 'print(3, 9, \"old\")'\n" if old else "")
        + f"interpreter.use_right_python(Path('install.py'), Path({str(path / 'venv')!r}))\nprint('this one')"
    )
    return subprocess.run(
        [sys.executable, "-c", script, "--rgw"],
        env={"PATH": str(path), "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("name", ON_OLD_PYTHONS)
def test_the_set_up_is_read_by_python_3_8(name: str) -> None:
    ast.parse((ROOT / f"dev/{name}.py").read_text(), feature_version=(3, 8))


def test_a_python_that_is_new_enough_goes_on(tmp_path: Path) -> None:
    _interpreter(tmp_path, "python3.13", "3.13")
    assert _choose(tmp_path, old=False).stdout == "this one\n"


@pytest.mark.parametrize("names", [("python3.12",), ("python3.13",), ("python3.13", "python3.12", "python3.11")])
def test_where_python3_is_old_the_newest_there_is_does_it(tmp_path: Path, names: tuple[str, ...]) -> None:
    for name in names:
        _interpreter(tmp_path, name, name.removeprefix("python"))
    assert _choose(tmp_path).stdout == f"{names[0]} runs install.py --rgw\n"


def test_the_python_of_an_earlier_set_up_is_kept(tmp_path: Path) -> None:
    _interpreter(tmp_path, "python3.13", "3.13")
    other = _interpreter(tmp_path, "mypython", "3.12")
    (tmp_path / "venv").mkdir()
    (tmp_path / "venv/pyvenv.cfg").write_text(f"home = /x\nversion = 3.12.1\nexecutable = {other}\n")
    assert _choose(tmp_path).stdout.startswith("mypython runs")
    other.unlink()
    assert _choose(tmp_path).stdout.startswith("python3.13 runs")


def test_a_named_python_is_used_or_refused_with_its_name(tmp_path: Path) -> None:
    named = _interpreter(tmp_path, "mypython", "3.12")
    assert _choose(tmp_path, BASE_PYTHON=str(named)).stdout.startswith("mypython runs")
    old = _interpreter(tmp_path, "myold", "3.10")
    for wrong, said in ((old, "is Python 3.10; Fonoteca needs 3.11"), (tmp_path / "none", "does not lead to a Python")):
        done = _choose(tmp_path, BASE_PYTHON=str(wrong))
        assert done.returncode == 1
        assert f"BASE_PYTHON={wrong}" in done.stderr
        assert said in done.stderr


def test_without_any_the_sentence_names_what_to_install(tmp_path: Path) -> None:
    done = _choose(tmp_path)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "python3.11-venv" in done.stderr
    assert "BASE_PYTHON" in done.stderr


class _Steps(list[str]):
    """What a set-up does instead of downloading."""

    def run(self, command: list[str]) -> None:
        if "venv" in command:
            folder = Path(command[-1])
            (folder / "bin").mkdir(parents=True)
            (folder / "bin/pip").write_text(f"#!{folder}/bin/python\n")
            (folder / "bin/python").symlink_to(sys.executable)
            self.append("venv")
        else:
            self.append("pip")


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> _Steps:
    steps = _Steps()
    monkeypatch.setattr(virtual_environment, "run", steps.run)
    return steps


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    lock = tmp_path / "dev.txt"
    lock.write_text("one==1\n")
    return lock


def test_a_set_up_that_is_whole_is_left_alone(tmp_path: Path, steps: _Steps, lock: Path) -> None:
    install_venv(tmp_path / "venv", lock)
    assert steps == ["venv", "pip"]
    install_venv(tmp_path / "venv", lock)
    assert steps == ["venv", "pip"]


def test_another_lock_is_installed_into_what_is_there(tmp_path: Path, steps: _Steps, lock: Path) -> None:
    install_venv(tmp_path / "venv", lock)
    lock.write_text("one==2\n")
    install_venv(tmp_path / "venv", lock)
    assert steps == ["venv", "pip", "pip"]


def test_what_was_interrupted_is_made_anew(
    tmp_path: Path, steps: _Steps, lock: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "venv"
    # In the middle of making it: a Python, but no pip.
    (folder / "bin").mkdir(parents=True)
    (folder / "bin/python").symlink_to(sys.executable)
    install_venv(folder, lock)
    assert steps == ["venv", "pip"]
    # In the middle of an upgrade: packages may be half there.
    lock.write_text("one==2\n")

    def interrupted(_: list[str]) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(virtual_environment, "run", interrupted)
        with pytest.raises(KeyboardInterrupt):
            install_venv(folder, lock)
    install_venv(folder, lock)
    assert steps == ["venv", "pip", "venv", "pip"]


def test_what_was_moved_here_is_made_anew(
    tmp_path: Path, steps: _Steps, lock: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    install_venv(tmp_path / "before", lock)
    (tmp_path / "before").rename(tmp_path / "after")
    install_venv(tmp_path / "after", lock)
    assert steps == ["venv", "pip", "venv", "pip"]
    assert "made in another place" in capsys.readouterr().out


@pytest.mark.parametrize("other", ["/nonexistent/python3.10", "/bin/false"])
def test_the_environment_of_a_python_that_is_gone_is_made_anew(
    tmp_path: Path, steps: _Steps, lock: Path, other: str, capsys: pytest.CaptureFixture[str]
) -> None:
    install_venv(tmp_path / "venv", lock)
    (tmp_path / "venv/bin/python").unlink()
    (tmp_path / "venv/bin/python").symlink_to(other)
    (tmp_path / "venv/installed").write_text("of another python")
    install_venv(tmp_path / "venv", lock)
    assert steps == ["venv", "pip", "venv", "pip"]
    assert "made by another Python" in capsys.readouterr().out


@pytest.mark.parametrize("absent", ["ensurepip", "venv"])
def test_a_missing_venv_module_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch, absent: str) -> None:
    monkeypatch.setattr(virtual_environment, "can_use_apt", lambda: False)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == absent else name)
    with pytest.raises(SystemExit, match=rf"apt-get install python3\.{sys.version_info[1]}-venv"):
        need_module_venv()


def test_root_on_debian_installs_the_venv_module(monkeypatch: pytest.MonkeyPatch) -> None:
    installed: list[str] = []
    monkeypatch.setattr(virtual_environment, "can_use_apt", lambda: True)
    monkeypatch.setattr(virtual_environment, "apt_install", installed.extend)
    monkeypatch.setattr(sys, "base_prefix", "/usr")
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: installed or None)
    need_module_venv()
    assert installed == [f"python3.{sys.version_info[1]}-venv"]


def test_two_set_ups_take_turns(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    lock.touch()
    script = (
        "import sys; from pathlib import Path; from dev.setup.steps import one_at_a_time, say\n"
        "with one_at_a_time(Path(sys.argv[1])): say('in')"
    )
    with lock.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        second = subprocess.Popen(
            [sys.executable, "-c", script, str(lock)],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert second.stdout is not None
        assert "another set-up" in second.stdout.readline()
    assert second.communicate()[0] == "install: in\n"
