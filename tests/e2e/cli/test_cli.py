"""The command line, as people and scripts call it."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.api.client import Client
from dev.install import ROOT
from dev.stack import Stack
from tests.e2e.conftest import SETTINGS
from tests.e2e.pipeline import playlist_in

Run = Callable[..., subprocess.CompletedProcess[str]]
FONOTECA = str(Path(sys.executable).parent / "fonoteca")


@pytest.fixture
def fonoteca(stack: Stack, tmp_path: Path) -> Run:
    """Runs `fonoteca --env-file <STATE>/env …` elsewhere, with nothing of ours in its environment."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("API_", "FONOTECA_"))}

    def run(*arguments: str, env_file: bool = True, input_text: str | None = None) -> subprocess.CompletedProcess[str]:
        common = ["--env-file", str(stack.env_file)] if env_file else []
        return subprocess.run(
            [FONOTECA, *common, *arguments],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={**clean, "COLUMNS": "120"},
            timeout=150,
            check=False,
            input=input_text,
        )

    return run


def test_submit_wait_status_videos_logs(fonoteca: Run, add_to_site: Callable[..., str], tmp_path: Path) -> None:
    flaky = {"id": "cliflaky001", "title": "Flaky [bold]", "trouble": "server-error", "trouble_tries": 1}
    add_to_site("PLclilist0001", [{"id": "cligood0001", "title": "Good"}, flaky], title="Command line")
    file = tmp_path / "playlist.txt"
    file.write_text("# evening stories\nPLclilist0001   # a bare id\n\n")
    done = fonoteca("submit", "--file", str(file), "--wait", "--json")
    assert done.returncode == 0, done.stderr
    [playlist] = json.loads(done.stdout)["playlists"]
    assert playlist["progress"]["counts"]["stored"] == 2

    shown = fonoteca("status", "youtube:PLclilist0001")
    assert "Command line" in shown.stdout
    whole = json.loads(fonoteca("status", "--json").stdout)
    assert whole["progress"]["counts"]["stored"] >= 2

    lines = fonoteca("videos", "--playlist", "youtube:PLclilist0001", "--json").stdout.splitlines()
    assert {json.loads(line)["id"] for line in lines} == {"youtube:cligood0001", "youtube:cliflaky001"}
    table = fonoteca("videos", "--state", "stored", "--playlist", "youtube:PLclilist0001").stdout
    assert "Flaky [bold]" in table

    attempts = json.loads(fonoteca("logs", "youtube:cliflaky001", "--json").stdout)
    assert [attempt["status"] for attempt in attempts] == ["failed", "stored"]
    assert "server-error" in fonoteca("logs", "cliflaky001").stdout


def test_without_a_terminal_a_wait_says_a_line_when_something_has_changed(
    fonoteca: Run, add_to_site: Callable[..., str]
) -> None:
    url = add_to_site("PLcliplain001", [{"id": "cliplain001", "title": "One"}], title="In a script")
    done = fonoteca("submit", url, "--wait")
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stderr + done.stdout
    lines = done.stderr.splitlines()
    assert all(re.match(r"\d\d:\d\d:\d\d \S+  (In a script|youtube:PLcliplain001): ", line) for line in lines)
    assert 1 <= len(lines) <= 4
    assert "In a script" in done.stdout


def test_what_is_asked_for_beside_the_address_is_looked_at_first(fonoteca: Run) -> None:
    done = fonoteca("submit", "PLcliprofile1", "--profile", "mp3-320,mp4-9")
    assert (done.returncode, "'mp4-9' is not a profile" in done.stderr) == (2, True)
    assert fonoteca("submit", "PLcliprofile1", "--priority", "urgent").returncode == 2
    assert fonoteca("submit", "PLcliprofile1", "--limit", "0").returncode == 2


def test_what_is_asked_for_beside_the_address_is_done(fonoteca: Run, add_to_site: Callable[..., str]) -> None:
    videos = [{"id": f"cliwish{n:04}", "title": f"Wished for {n}", "seconds": 2} for n in range(3)]
    url = add_to_site("PLcliwishes01", videos)
    wishes = ["--profile", "mp3-128,wav-16k-mono", "--profile", "original", "--limit", "2", "--priority", "high"]
    done = fonoteca("submit", url, "--wait", "--json", *wishes)
    assert done.returncode == 0, done.stderr
    [playlist] = json.loads(done.stdout)["playlists"]
    assert (playlist["limit"], playlist["priority"]) == (2, "high")
    assert playlist["progress"]["counts"]["stored"] == 2
    lines = fonoteca("videos", "--playlist", url, "--json").stdout.splitlines()
    assert [json.loads(line)["profiles"] for line in lines] == [["mp3-128", "wav-16k-mono", "original"]] * 2
    shown = fonoteca("status", url).stdout
    assert "profiles mp3-128, wav-16k-mono, original · the first 2 entries · high priority" in shown


def test_videos_are_found_by_what_is_known_of_them(fonoteca: Run, add_to_site: Callable[..., str]) -> None:
    cc = "Creative Commons Attribution license (reuse allowed)"
    videos = [
        {"id": "clifound001", "title": "Le lièvre rusé", "seconds": 2, "channel": "Radio Ouidah", "licence": cc},
        {"id": "clifound002", "title": "Le crocodile", "seconds": 2, "channel": "Radio Ouidah"},
        {"id": "clifound003", "title": "Privé", "trouble": "private"},
    ]
    url = add_to_site("PLclifound001", videos)
    assert fonoteca("submit", url, "--wait").returncode == 0

    def found(*filters: str) -> set[str]:
        lines = fonoteca("videos", "--playlist", url, *filters, "--json").stdout.splitlines()
        return {json.loads(line)["id"].removeprefix("youtube:clifound00") for line in lines}

    assert found("--text", "lievre RUSE") == {"1"}
    assert found("--channel", "Radio Ouidah") == {"1", "2"}
    assert found("--licence", cc) == {"1"}
    assert found("--licence", "unknown", "--state", "stored") == {"2"}
    assert found("--reason", "private") == {"3"}


def test_status_tells_hours_and_what_needs_a_person(fonoteca: Run, add_to_site: Callable[..., str]) -> None:
    url = add_to_site("PLclihours001", [{"id": "clihours001", "title": "Long", "seconds": 36}])
    assert fonoteca("submit", url, "PLclinothere1", "--wait").returncode == 1
    lines = fonoteca("status", url).stdout.splitlines()
    assert ["found", "1", "0.01", "hours"] in [line.split() for line in lines]
    assert ["stored", "1", "0.01", "hours"] in [line.split()[:4] for line in lines]
    assert "fonoteca playlists --state refused" in fonoteca("status").stdout
    refused = fonoteca("playlists", "--state", "refused", "--json").stdout.splitlines()
    assert "youtube:PLclinothere1" in {json.loads(line)["id"] for line in refused}
    whole = json.loads(fonoteca("status", "--json").stdout)
    assert whole["mirror"]["stored"] >= 1
    assert whole["needs_a_person"]


def test_people_see_as_many_videos_as_they_want(fonoteca: Run, add_to_site: Callable[..., str]) -> None:
    videos = [{"id": f"climany{n:04}", "title": "Private", "trouble": "private"} for n in range(3)]
    url = add_to_site("PLclimany0001", videos)
    assert fonoteca("submit", url, "--wait").returncode == 0
    assert fonoteca("videos", "--playlist", url, "--limit", "2").stdout.count("private until") == 2
    assert len(fonoteca("videos", "--playlist", url, "--json", "--limit", "1").stdout.splitlines()) == 1
    assert fonoteca("videos", "--playlist", url, "--state", "stored").stdout == "No video matches.\n"


def test_nobody_is_asked_about_what_is_not_there(fonoteca: Run, add_to_site: Callable[..., str]) -> None:
    for arguments in (["delete", "clinobody01"], ["delete", "--playlist", "PLclinobody01"], ["parked", "drop", "none"]):
        done = fonoteca(*arguments, input_text="")
        assert done.returncode == 2
        assert "for good?" not in done.stderr
    url = add_to_site("PLcliasked001", [{"id": "cliasked001", "title": "Asked for", "trouble": "private"}])
    assert fonoteca("submit", url, "--wait").returncode == 0
    done = fonoteca("delete", "--playlist", url, input_text="")
    assert (done.returncode, "Delete 1 recording of" in done.stderr, "--yes" in done.stderr) == (2, True, True)
    assert json.loads(fonoteca("videos", "--playlist", url, "--json").stdout)["state"] == "waiting"


def test_a_playlist_is_abandoned_and_deleted(fonoteca: Run, add_to_site: Callable[..., str], client: Client) -> None:
    url = add_to_site("PLcliending01", [{"id": "cliending01", "title": "Kept"}], title="To be ended")
    assert fonoteca("submit", url, "--wait").returncode == 0
    asked = fonoteca("playlists", "abandon", url, input_text="n\n")
    assert (asked.returncode, "Abandon To be ended (youtube:PLcliending01)" in asked.stderr) == (2, True)
    assert client.playlist("youtube:PLcliending01")["state"] == "expanded"
    assert (
        "youtube:PLcliending01 abandoned, with 0 videos."
        in fonoteca("playlists", "abandon", "PLcliending01", "--yes").stdout
    )
    assert "given-up-by-a-person" in fonoteca("status", "PLcliending01").stdout
    in_a_script = fonoteca("playlists", "delete", "PLcliending01")
    assert (in_a_script.returncode, "--yes answers the question" in in_a_script.stderr) == (2, True)
    done = json.loads(fonoteca("playlists", "delete", url, "--yes", "--json").stdout)
    assert done == {"action": "delete", "id": "youtube:PLcliending01", "videos": 0, "more": False}
    assert client.video("youtube:cliending01")["state"] == "stored"
    gone = fonoteca("playlists", "delete", url)
    assert (gone.returncode, "There is no playlist" in gone.stderr) == (2, True)
    # Submitted again it is there as before, and then goes with its videos.
    assert fonoteca("submit", url, "--wait").returncode == 0
    with_videos = fonoteca("playlists", "delete", url, "--videos", "--yes")
    assert with_videos.stdout == "youtube:PLcliending01 deleted; 1 video deleted with it.\n"
    assert client.video("youtube:cliending01")["deleted_at"] is not None


def test_a_list_that_was_listed_lately_is_told_when_it_is_listed_again(
    stack: Stack, client: Client, add_to_site: Callable[..., str], tmp_path: Path
) -> None:
    stack.start_services(("api-patient",), {**SETTINGS, "SOURCES_RELIST_SECONDS": "900"})
    try:
        url = add_to_site("PLclilately01", [{"id": "clilately01", "title": "One"}])
        client.submit(url)
        playlist_in(client, "youtube:PLclilately01", "expanded")
        env = tmp_path / "env"
        secret = client.make_key("team", "submit", None)["key"]
        env.write_text(f"API_URL={stack.exports['API_PATIENT_URL']}\nAPI_KEY={secret}\n")
        done = subprocess.run(
            [FONOTECA, "--env-file", str(env), "submit", url], capture_output=True, text=True, timeout=150, check=False
        )
        assert re.search(
            r"accepted youtube:PLclilately01 .*\(listed again \d{4}-\d\d-\d\d \d\d:\d\d:\d\d \S+\)", done.stdout
        )
    finally:
        stack.stop_programs(["api-patient"])
    shown = client.playlist("youtube:PLclilately01")
    assert (shown["state"], shown["failure"]["reason"]) == ("waiting", "listed-lately")


def test_tab_offers_what_there_is_and_nothing_when_nobody_answers(
    stack: Stack, add_to_site: Callable[..., str], client: Client, tmp_path: Path
) -> None:
    client.submit(add_to_site("PLclitab00001", [{"id": "clitab00001", "title": "x", "trouble": "private"}]))
    playlist_in(client, "youtube:PLclitab00001", "expanded")

    def offered(line: str, env_file: Path) -> list[str]:
        words = f"fonoteca --env-file {env_file} {line}"
        shell = {"_FONOTECA_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
        done = subprocess.run([FONOTECA], capture_output=True, text=True, env={**os.environ, **shell}, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout.split()

    assert offered("videos --state s", stack.env_file) == ["stored"]
    assert "private" in offered("retry --reason p", stack.env_file)
    assert offered("status PLclitab", stack.env_file) == ["PLclitab00001"]
    assert offered("keys create x --scope s", stack.env_file) == ["submit"]
    assert offered("submit x --priority ", stack.env_file) == ["normal", "high"]
    nobody = tmp_path / "nobody"
    # An address that takes no connection and does not say so: what is not there quickly is not offered.
    nobody.write_text("API_URL=http://10.255.255.1:9\nAPI_KEY=x\n")
    assert offered("status ", nobody) == []
    assert offered("status ", tmp_path / "none") == []


@pytest.mark.parametrize(("shell", "word"), [("bash", "complete -o default"), ("zsh", "#compdef fonoteca")])
def test_shells_get_their_scripts(shell: str, word: str) -> None:
    wanted = {**os.environ, "_FONOTECA_COMPLETE": f"source_{shell}"}
    done = subprocess.run([FONOTECA], capture_output=True, text=True, env=wanted, check=True)
    assert word in done.stdout
    if shell == "bash":
        subprocess.run(["bash", "-c", done.stdout + "\ncomplete -p fonoteca"], capture_output=True, check=True)


def test_wrong_addresses_are_named_and_the_others_submitted(fonoteca: Run, add_to_site: Callable[..., str]) -> None:
    add_to_site("PLclimixed001", [{"id": "climixed001", "title": "Good"}])
    done = fonoteca("submit", "-", "--json", input_text="")
    assert done.returncode == 2
    mixed = "PLclimixed001\nnot a url\nfile:///etc/passwd\n"
    done = fonoteca("submit", "--file", "-", "--json", input_text=mixed)
    assert done.returncode == 2
    assert "line 2" in done.stderr
    assert "only http and https" in done.stderr
    answer = json.loads(done.stdout)
    assert [playlist["id"] for playlist in answer["playlists"]] == ["youtube:PLclimixed001"]
    assert [line["number"] for line in answer["not_submitted"]] == [2, 3]


def test_a_refused_playlist_ends_waiting_with_1_and_its_reason(fonoteca: Run) -> None:
    done = fonoteca("submit", "PLclirefused1", "--wait")
    assert done.returncode == 1
    assert "does not exist" in done.stderr


def test_an_export_holds_what_states_its_licence(
    fonoteca: Run, add_to_site: Callable[..., str], tmp_path: Path
) -> None:
    cc = "Creative Commons Attribution license (reuse allowed)"
    videos = [
        {"id": "cliexport01", "title": "=1+1", "seconds": 2, "licence": cc},
        {"id": "cliexport02", "title": "Nobody said", "seconds": 2},
    ]
    url = add_to_site("PLcliexport01", videos)
    assert fonoteca("submit", url, "--wait").returncode == 0
    done = fonoteca("export", "--playlist", url)
    [line] = done.stdout.splitlines()
    row = json.loads(line)
    assert (row["id"], row["title"], row["licence"], row["codec"]) == ("youtube:cliexport01", "=1+1", cc, "mp3")
    assert "1 left out, since their sources state no licence" in done.stderr
    assert fonoteca("export", "--playlist", url, "--format", "csv", "--any-licence", "--to", "c.csv").returncode == 0
    with (tmp_path / "c.csv").open(newline="") as file:
        rows = {row["id"]: row for row in csv.DictReader(file)}
    assert rows.keys() == {"youtube:cliexport01", "youtube:cliexport02"}
    assert rows["youtube:cliexport01"]["title"] == "'=1+1", "no spreadsheet runs it"
    assert list(tmp_path.glob("*.part")) == []


def test_keys_are_made_listed_and_revoked(
    fonoteca: Run, stack: Stack, tmp_path: Path, add_to_site: Callable[..., str]
) -> None:
    made = json.loads(fonoteca("keys", "create", "radio team", "--scope", "submit", "--days", "90", "--json").stdout)
    env = tmp_path / "env"
    env.write_text(f"API_URL={stack.exports['API_URL']}\nAPI_KEY={made['key']}\n")

    def as_team(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [FONOTECA, "--env-file", str(env), *arguments], capture_output=True, text=True, check=False
        )

    url = add_to_site("PLclikeys0001", [{"id": "clikeys0001", "title": "x", "trouble": "private"}])
    assert as_team("submit", url).returncode == 0
    refused = as_team("delete", "youtube:clikeys0001", "--yes")
    assert (refused.returncode, "needs a key of scope admin; yours is submit" in refused.stderr) == (2, True)
    listed = fonoteca("keys", "list").stdout
    assert made["id"] in listed
    assert made["key"] not in listed
    assert "revoked" in fonoteca("keys", "revoke", made["id"]).stdout
    out = as_team("status")
    assert (out.returncode, "revoked or expired" in out.stderr) == (2, True)
    assert "There is no key" in fonoteca("keys", "revoke", "nobody").stderr


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (["submit"], 2, "Nothing to submit"),
        (["videos", "--state", "lost"], 2, "The states are"),
        (["status", "youtube:none"], 2, "There is no playlist"),
        (["logs", "none"], 2, "There is no video"),
    ],
)
def test_wrong_use_says_what_to_do(fonoteca: Run, arguments: list[str], code: int, text: str) -> None:
    done = fonoteca(*arguments)
    assert done.returncode == code
    assert text in done.stderr
    assert "Traceback" not in done.stderr


def test_without_an_api_it_says_how_to_start_one(fonoteca: Run, tmp_path: Path) -> None:
    assert "Give --env-file" in fonoteca("status", env_file=False).stderr
    env = tmp_path / "env"
    env.write_text("export API_URL=http://127.0.0.1:9\nexport API_KEY=x\n")
    done = fonoteca("--env-file", str(env), "status", env_file=False)
    assert done.returncode == 69
    assert "`make up` starts it" in done.stderr


def test_every_command_has_help(fonoteca: Run) -> None:
    for command in ("submit", "status", "videos", "logs"):
        assert fonoteca(command, "--help").returncode == 0
    assert str(ROOT) not in fonoteca("--help").stdout
