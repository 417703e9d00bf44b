"""Where the API is, as people write it: what is wrong is answered with the address to write."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from cli.api.discovery import find_api
from cli.arguments import addresses
from cli.arguments.addresses import api_address, playlist_id, playlist_problem, shown
from cli.errors import CliError
from dev.install import ROOT
from services.api.settings import ApiSettings
from shared.errors import Misconfigured
from shared.settings import load

#: What only cli/arguments/addresses.py may call: everything that reads an address.
READERS = {"urlsplit", "urlparse", "playlist_address", "http_address", "ip_address", "canonical_url"}
#: RabbitMQ's management API is an address of a server, under the rules of settings.
EXCUSED = {"cli/commands/topology.py": {"http_address"}}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("localhost:8000", "http://localhost:8000"),
        ("fonoteca.example.org", "https://fonoteca.example.org"),
        ("//fonoteca.example.org:8000", "http://fonoteca.example.org:8000"),
        ("ftp://fonoteca.example.org", "https://fonoteca.example.org"),
        ("http:/127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://127.0.0.1:8000/v1", "http://127.0.0.1:8000"),
        ("http://127.0.0.1:8000/v1/playlists", "http://127.0.0.1:8000"),
        ("http://127.0.0.1:8000/#/playlists", "http://127.0.0.1:8000"),
        ("http://127.0.0.1:8000?key=1", "http://127.0.0.1:8000"),
        ("http:// fonoteca:8000", "http://fonoteca:8000"),
        ("http://somebody:opensesame@127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("somebody:opensesame@fonoteca:8000", "http://fonoteca:8000"),
        ("::1", "http://[::1]"),
        ("::1:8000", "http://[::1]:8000"),
        ("http://::1:8000", "http://[::1]:8000"),
        ("[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_what_is_wrong_is_answered_with_what_to_write(written: str, meant: str) -> None:
    with pytest.raises(ValueError, match=r"\. Write http") as caught:
        api_address(written)
    assert str(caught.value).endswith(f"Write {meant}")
    assert "opensesame" not in str(caught.value)
    assert api_address(meant) == meant


@pytest.mark.parametrize("written", ["http://127.0.0.1:port", "http://127.0.0.1:99999", "http://", "http://[::1", ""])
def test_what_nobody_can_guess_gets_an_example(written: str) -> None:
    with pytest.raises(ValueError, match=r"Write it as http://127\.0\.0\.1:8000$"):
        api_address(written)


@pytest.mark.parametrize(
    "right", ["http://127.0.0.1:8000", "https://example.org/fonoteca/", "HTTP://[::1]:8000", "http://localhost"]
)
def test_what_is_right_is_taken(right: str) -> None:
    assert api_address(f" {right}\n") == right


def test_both_values_are_named_at_once(tmp_path: Path) -> None:
    env = tmp_path / "env"
    for text, named in (
        ("", ["does not name API_URL and API_KEY. Add API_URL=… and API_KEY=… to it"]),
        ("API_KEY=é", ["does not name API_URL.", "API_KEY is wrong"]),
        ("API_URL=localhost:8000", ["does not name API_KEY. Add API_KEY=… to it", "Write http://localhost:8000"]),
    ):
        env.write_text(text)
        with pytest.raises(CliError) as caught:
            find_api(env)
        assert [word for word in named if word not in str(caught.value)] == []
    env.write_text("API_URL=localhost:8000\nAPI_KEY=é")
    with pytest.raises(Misconfigured) as wrong:
        find_api(env)
    assert str(wrong.value).count(" is wrong") == 2


def test_a_key_of_a_wrong_length_is_told_in_characters(tmp_path: Path) -> None:
    (tmp_path / "env").write_text(f"API_URL=http://localhost\nAPI_KEY={'a' * 301}")
    with pytest.raises(Misconfigured, match="API_KEY is wrong: it may have at most 300 characters"):
        find_api(tmp_path / "env")
    with pytest.raises(Misconfigured, match="API_KEY is wrong: it must have at least 16 characters"):
        load(ApiSettings, {"key": "short"})


def test_an_env_file_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state/env").write_text("API_URL=http://localhost\nAPI_KEY=x")
    (tmp_path / "latin").write_bytes("# clé\nAPI_KEY=x".encode("latin-1"))
    for name, told in (
        ("none", "`make up` writes <STATE>/env"),
        ("state", f"Name the file in it: --env-file {tmp_path}/state/env"),
        (".", "is a folder. Name a file with API_URL=…"),
        ("latin", "looks like Latin-1"),
    ):
        with pytest.raises(CliError) as caught:
            find_api(tmp_path / name)
        assert told in str(caught.value)


def test_a_playlist_is_named_by_its_address_or_id() -> None:
    assert playlist_id("https://www.youtube.com/playlist?list=PLabcdefghij1234") == "youtube:PLabcdefghij1234"
    assert playlist_id("youtube:PLabcdefghij1234") == "youtube:PLabcdefghij1234"
    assert playlist_problem("not a list") is not None
    assert shown("https://example.org/\x1b[2Jx") == "https://example.org/ [2Jx"


@pytest.mark.parametrize(
    "text",
    [
        "dQw4w9WgXcQ",
        "youtube:dQw4w9WgXcQ",
        "https://www.youtube.com/watch?v=dQw4w9WgXcQ&t=3",
        "www.youtube.com/watch?v=dQw4w9WgXcQ",
        "youtu.be/dQw4w9WgXcQ",
        "https://m.youtube.com/shorts/dQw4w9WgXcQ",
    ],
)
def test_a_video_is_named_by_its_address_or_id(text: str) -> None:
    assert addresses.video_id(text) == "youtube:dQw4w9WgXcQ"


@pytest.mark.parametrize("text", ["", "..", "vimeo:1", "https://vimeo.com/1", "a/b:c"])
def test_what_names_no_video_of_youtube_stays_as_it_is(text: str) -> None:
    assert addresses.video_id(text) == text


def test_no_other_module_reads_addresses() -> None:
    found = []
    for file in sorted((ROOT / "cli").rglob("*.py")):
        place = str(file.relative_to(ROOT))
        if place == "cli/arguments/addresses.py":
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
            if name in READERS - EXCUSED.get(place, set()):
                found.append(f"{place}: {name}")
    assert found == []
