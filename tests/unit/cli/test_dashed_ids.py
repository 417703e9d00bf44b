"""Ids of videos may begin with a dash, and a command line takes what begins so for options."""

from __future__ import annotations

import pytest
import typer

from cli.errors import CliError
from cli.main import app

#: Calling the app would build all its commands anew each time.
COMMAND = typer.main.get_command(app)


def told(*arguments: str) -> str:
    """What the user is told, and with code 2."""
    with pytest.raises(CliError) as caught:
        COMMAND(list(arguments), prog_name="fonoteca")
    assert caught.value.code == 2
    return str(caught.value)


@pytest.mark.parametrize(
    "id_", ["-7KmGQkHvFM", "--KmGQkHvFM", "-wKmGQkHvFM", "-pKmGQkHvFM", "-wwwwwwwwww", "-_KmGQkHvF-"]
)
@pytest.mark.parametrize(
    "command", ["submit", "status", "logs", "retry", "abandon", "delete", "parked show", "parked drop", "keys revoke"]
)
def test_whoever_gives_one_is_told_how(command: str, id_: str) -> None:
    words = command.split()
    assert told(*words, id_).endswith(f": fonoteca {command} -- {id_}")
    assert told(*words, "--json", id_).endswith(f": fonoteca {command} -- {id_}")


@pytest.mark.parametrize(
    "arguments",
    [
        ["submit", "--wait", "-7KmGQkHvFM"],
        ["submit", "PLabcdefghij1234", "-7KmGQkHvFM"],
        ["submit", "--limit", "5", "-7KmGQkHvFM"],
        ["submit", "-p", "flac", "-7KmGQkHvFM"],
        ["retry", "-rKmGQkHvFM"],
        ["delete", "-yKmGQkHvFM"],
        ["submit", "-fKmGQkHvFM"],
        ["keys", "revoke", "-abc"],
    ],
)
def test_wherever_it_stands(arguments: list[str]) -> None:
    command = "keys revoke" if arguments[0] == "keys" else arguments[0]
    assert told(*arguments).endswith(f": fonoteca {command} -- {arguments[-1]}")


def test_a_command_that_takes_no_ids_names_those_that_do() -> None:
    assert "`fonoteca logs -- -7KmGQkHvFM`" in told("playlists", "-7KmGQkHvFM")


def test_an_option_that_is_misspelt_is_told_as_ever(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        app(["submit", "--wiat", "PLabcdefghij1234"], prog_name="fonoteca")
    assert caught.value.code == 2
    assert "--wait" in capsys.readouterr().err
