"""A state folder, or a place to set up, that cannot be used ends in a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from dev import install
from dev.state import State, StateUnusable


@pytest.mark.parametrize("text", ["", "[]", '{"ports": 7}', "[" * 100_000, "\0"])
def test_lost_credentials_are_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "stack.json").write_text(text)
    with pytest.raises(StateUnusable, match=r"stack\.json, .* is damaged .* Restore it from a copy"):
        State(tmp_path)


@pytest.mark.parametrize("name", ["", "lock", "stack.json", "mongodb", "rabbitmq"])
def test_a_folder_that_belongs_to_somebody_else_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """As after a copy made by another user: the servers could not write there."""
    state = State(tmp_path / "state")
    state.port("s3")
    for each in ("mongodb", "rabbitmq"):
        state.subfolder(each)
    state.release()
    theirs = state.folder / name
    monkeypatch.setattr("dev.state.os.access", lambda path, _mode: Path(path) != theirs)
    with pytest.raises(StateUnusable) as caught:
        State(state.folder)
    assert str(caught.value).startswith(f"{theirs} cannot be written or read: Permission denied.")


def test_a_set_up_where_nothing_may_be_written_ends_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_: object) -> None:
        raise PermissionError(13, "Permission denied", "/there/.venv/installed")

    monkeypatch.setattr(install, "use_right_python", lambda *_: None)
    monkeypatch.setattr(install, "install", refused)
    with pytest.raises(SystemExit, match=r"install: Permission denied: /there/.venv/installed\. It installs into"):
        install.main()
