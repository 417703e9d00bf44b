"""Ids behind two dashes reach the API, here one that nobody runs. What is refused before is in the unit tests."""

from __future__ import annotations

import pytest

from cli.errors import CliError
from cli.main import app


@pytest.mark.parametrize(
    "arguments",
    [
        ["logs", "--", "-7KmGQkHvFM"],
        ["submit", "--", "-7KmGQkHvFM"],
        ["submit", "--json", "--", "-7KmGQkHvFM", "--KmGQkHvFM"],
        ["status", "--", "-7KmGQkHvFM"],
        ["retry", "-rcopyright"],
        ["retry", "-rbot-check"],
        ["submit", "-wpflac", "PLabcdefghij1234"],
        ["videos", "--playlist", "-7KmGQkHvFM"],
        ["videos", "--text", "-7KmGQkHvFM"],
    ],
)
def test_options_and_what_follows_two_dashes_are_taken(monkeypatch: pytest.MonkeyPatch, arguments: list[str]) -> None:
    monkeypatch.setenv("API_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("API_KEY", "x")
    with pytest.raises(CliError, match=r"The API at http://127\.0\.0\.1:9 does not answer"):
        app(arguments, prog_name="fonoteca")
