"""A state folder, or a place to set up, that cannot be used ends in a sentence."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dev import install
from dev.state import State
from shared.errors import Misconfigured


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "state").touch()
    with pytest.raises(Misconfigured, match=r"cannot be used by user .*: File exists"):
        State(tmp_path / "state")


@pytest.mark.parametrize("text", ["", "[]", '{"ports": 7}', "[" * 100_000, "\0"])
def test_lost_credentials_are_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "stack.json").write_text(text)
    with pytest.raises(Misconfigured, match=r"stack\.json is damaged"):
        State(tmp_path)


@pytest.mark.parametrize("name", ["", "lock", "stack.json", "mongodb", "rabbitmq"])
def test_a_folder_that_belongs_to_somebody_else_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    state = State(tmp_path / "state")
    state.port("s3")
    for each in ("mongodb", "rabbitmq"):
        state.subfolder(each)
    state.release()
    theirs = state.folder / name
    monkeypatch.setattr("dev.state.os.access", lambda path, _mode: Path(path) != theirs)
    with pytest.raises(
        Misconfigured, match=f"Permission denied: {theirs}.*sudo chown -R {os.geteuid()} {state.folder}"
    ):
        State(state.folder)


def test_a_set_up_where_nothing_may_be_written_ends_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_: object) -> None:
        raise PermissionError(13, "Permission denied", "/there/.venv/installed")

    monkeypatch.setattr(install, "use_right_python", lambda *_: None)
    monkeypatch.setattr(install, "install", refused)
    with pytest.raises(SystemExit, match=r"install: Permission denied: /there/.venv/installed\. It installs into"):
        install.main()
