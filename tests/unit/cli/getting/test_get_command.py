"""`fonoteca get` that is asked wrongly says so before it asks anybody."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from cli.errors import CliError
from cli.getting.wanted import SIDECARS
from cli.main import app

WRONG: dict[tuple[str, ...], str] = {
    (): "Name the videos: by ids, --playlist, --channel",
    ("aaaaaaaaaaa", "--all"): "not both",
    ("aaaaaaaaaaa", "--reason", "private"): "not both",
    ("--all", "--with", "lyrics"): f"There is no sidecar 'lyrics'. The kinds are {', '.join(SIDECARS)}.",
    ("--all", "--name", "{nonsense}.{ext}"): "no field {nonsense}",
    ("--all", "--to", "/dev/null/x"): "/dev/null/x cannot be used: Not a directory.",
}


@pytest.mark.parametrize("arguments", WRONG, ids=" ".join)
def test_what_is_asked_wrongly_is_told(monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]) -> None:
    monkeypatch.setenv("API_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("API_KEY", "a key that is long enough")
    error = CliRunner().invoke(app, ["get", *arguments]).exception
    assert isinstance(error, CliError)
    assert WRONG[arguments] in str(error)
    assert error.code == 2


@pytest.mark.parametrize("command", ["videos", "export", "get"])
def test_the_same_options_choose_videos(command: str) -> None:
    shown = CliRunner().invoke(app, [command, "--help"], terminal_width=200).output
    for option in ("--playlist", "--reason", "--channel", "--licence", "--text"):
        assert option in shown
