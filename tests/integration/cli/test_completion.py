"""What TAB offers: states without any server, and nothing at all where the API's answer cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer
from typer.core import TyperCommand

from cli.options.completion import playlists, reasons, states
from dev.ports import free_port
from tests.integration.cli.test_cli_trouble import answering

EMPTY_OBJECT = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
OTHER_ITEMS = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 14\r\n\r\n{"items": [1]}'


def context(env_file: Path) -> typer.Context:
    found = typer.Context(TyperCommand("fonoteca"))
    found.params["env_file"] = str(env_file)
    return found


def test_states_are_offered_without_a_server() -> None:
    assert states("s") == ["stored"]
    assert states("lost") == []


@pytest.mark.parametrize("answer", [EMPTY_OBJECT, OTHER_ITEMS, b"SSH-2.0-OpenSSH_9\r\n"])
def test_another_program_in_the_place_of_the_api_offers_nothing(answer: bytes, tmp_path: Path) -> None:
    with answering(answer) as port:
        env = tmp_path / "env"
        env.write_text(f"API_URL=http://127.0.0.1:{port}\nAPI_KEY=a-key-that-is-long-enough\n")
        assert reasons(context(env), "") == []
        assert playlists(context(env), "") == []


@pytest.mark.parametrize("text", ["", "API_URL=nonsense:\nAPI_KEY=x\n", "API_URL=http://127.0.0.1:{port}\nAPI_KEY=x\n"])
def test_an_api_that_is_not_configured_or_not_running_offers_nothing(text: str, tmp_path: Path) -> None:
    env = tmp_path / "env"
    env.write_text(text.format(port=free_port()))
    assert reasons(context(env), "") == []
    assert playlists(context(tmp_path / "none"), "") == []
