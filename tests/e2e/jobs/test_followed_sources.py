"""Followed sources on the running system: what is published is stored and mirrored, and nothing is asked for twice."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from cli.api.client import ApiProblem, Client
from cli.api.sources import Sources
from dev.install import ROOT, VENV
from dev.processes.program import Program, RunningProgram, answers_http
from dev.site.client import set_hub
from dev.stack import Stack
from shared.following.definition import SourceDefinition
from shared.following.retention import FLOOR
from tests.e2e.conftest import SETTINGS
from tests.e2e.pipeline import eventually, when_ended
from tests.site import requests_of

LIST = "PLwatched0001"


def entries(number: int) -> list[dict[str, Any]]:
    """The newest first."""
    return [
        {"id": f"watched-{n:03}", "title": f"Broadcast {n}", "seconds": 2, "published_at": 1_770_000_000 + 3600 * n}
        for n in reversed(range(number))
    ]


@pytest.fixture
def fonoteca(stack: Stack) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs a command: fonoteca("sources", "list", given="…")."""

    def run(*words: str, given: str = "") -> subprocess.CompletedProcess[str]:
        command = [str(VENV / "bin/fonoteca"), "--env-file", str(stack.env_file), *words]
        return subprocess.run(command, input=given, capture_output=True, text=True, timeout=120, check=False)

    return run


@pytest.fixture
def sources(client: Client) -> Sources:
    return Sources(client)


def looked(sources: Sources, name: str, look: int) -> dict[str, Any]:
    """A source once a look has ended."""

    def find() -> dict[str, Any] | None:
        done = sources.looks(name, 1)
        return done[0] if done and done[0]["look"] >= look else None

    return eventually(find, f"look {look} at {name}")


def test_what_a_channel_publishes_is_stored_and_mirrored(
    stack: Stack, client: Client, sources: Sources, add_to_site: Callable[..., str]
) -> None:
    url = add_to_site(LIST, entries(40))
    sources.add(SourceDefinition(name="watched", address=url, every="1h", first=2))
    first = looked(sources, "watched", 1)
    assert (first["failure"], first["new"]) == (None, 2)
    add_to_site(LIST, entries(43))
    sources.check("watched", full=False)
    second = looked(sources, "watched", 2)
    assert (second["failure"], second["new"], second["rung"], second["requests"]) == (None, 3, "feed", 1)
    videos = when_ended(client, f"youtube:{LIST}", videos=5)
    assert sorted(v["title"] for v in videos) == [f"Broadcast {n}" for n in range(38, 43)]
    assert {requests_of(stack, "page", f"watched-{n:03}") for n in range(38, 43)} == {1}
    shown = sources.one("watched")
    assert (shown["state"], shown["failures"], shown["last"]["new"]) == ("waiting", 0, 3)
    sources.remove("watched")
    with pytest.raises(ApiProblem, match="There is no followed source"):
        sources.one("watched")
    assert len(list(client.videos(playlist=f"youtube:{LIST}"))) == 5, "what is stored stays"


def test_a_back_catalogue_is_taken_from_a_day_on(
    fonoteca: Callable[..., subprocess.CompletedProcess[str]],
    client: Client,
    sources: Sources,
    add_to_site: Callable[..., str],
) -> None:
    days = {n: f"{2024 + n // 2}-0{1 + 5 * (n % 2)}-15" for n in range(6)}
    videos = [{"id": f"backfil-{n:03}", "title": day, "seconds": 2, "upload_date": day} for n, day in days.items()]
    url = add_to_site("PLbackfill0001", videos[::-1])
    sources.add(SourceDefinition(name="backfilled", address=url, every="1d", first=1))
    assert looked(sources, "backfilled", 1)["new"] == 1
    done = fonoteca("sources", "backfill", "backfilled", "--since", "2025-01-15")
    assert done.returncode == 0, done.stderr
    second = looked(sources, "backfilled", 2)
    assert (second["rung"], second["new"]) == ("full", 5), "their days stand on their pages alone"
    found = when_ended(client, "youtube:PLbackfill0001", videos=6)
    assert sorted(v["title"] for v in found if v["state"] == "stored") == [
        d for d in days.values() if d >= "2025-01-15"
    ]
    left_out = [v["failure"] for v in found if v["state"] == "abandoned"]
    assert [f["reason"] for f in left_out] == ["filtered"] * 2
    sources.remove("backfilled")


def test_two_replicas_make_no_look_twice(stack: Stack, sources: Sources, add_to_site: Callable[..., str]) -> None:
    lists = {f"twice-{n}": f"PLtwice{n:06}" for n in range(20)}
    for name, list_id in lists.items():
        url = add_to_site(
            list_id, [{"id": f"twice{n:02}-{list_id[-3:]}", "title": "a", "seconds": 2} for n in range(3)]
        )
        sources.add(SourceDefinition(name=name, address=url, every="1d", first=0))
    for name in lists:
        looked(sources, name, 1)
    stack.start_services(("watch-2",), SETTINGS)
    try:
        for round_ in range(2, 6):
            for name in lists:
                sources.check(name, full=False)
            for name in lists:
                looked(sources, name, round_)
    finally:
        stack.stop_programs(["watch-2"])
    assert {len(sources.looks(name, 10)) for name in lists} == {5}
    assert {requests_of(stack, "feed", list_id) for list_id in lists.values()} == {4}
    for name in lists:
        sources.remove(name)


@pytest.fixture
def hub(stack: Stack) -> Iterator[str]:
    """A hub, and a replica of watch that it can reach."""
    ports = {name: stack.state.port(name) for name in ("hub", "watch-2-callback")}
    url = f"http://127.0.0.1:{ports['hub']}/"
    command = [sys.executable, "-m", "dev.hub", "--port", str(ports["hub"])]
    ready = answers_http(f"{url}subscriptions")
    running = RunningProgram(Program("hub", command, ready, {"PYTHONPATH": str(ROOT)}), stack.state.log_file("hub"))
    running.wait_ready()
    callback = {"WATCH_CALLBACK_PORT": str(ports["watch-2-callback"]), "SOURCES_PRIVATE_HOSTS": "true"}
    callback["WATCH_CALLBACK_URL"] = f"http://127.0.0.1:{ports['watch-2-callback']}"
    stack.start_services(("watch-2",), {**SETTINGS, **callback})
    yield url
    stack.stop_programs(["watch-2"])
    running.stop()


def test_what_a_hub_pushes_is_stored_before_its_time(
    stack: Stack,
    client: Client,
    sources: Sources,
    add_to_site: Callable[..., str],
    hub: str,
    fonoteca: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    list_id = "PLpushedto001"
    set_hub(stack.exports, list_id, hub)
    url = add_to_site(list_id, entries(3))
    sources.add(SourceDefinition(name="pushed", address=url, every="1d"))
    looked(sources, "pushed", 1)
    sources.check("pushed", full=False)
    assert looked(sources, "pushed", 2)["rung"] == "feed"
    eventually(lambda: sources.one("pushed")["push"]["state"] == "subscribed" or None, "the subscription")
    add_to_site(list_id, entries(4))
    topic = f"https://www.youtube.com/feeds/videos.xml?playlist_id={list_id}"
    with httpx.Client(trust_env=False) as at_hub:
        assert at_hub.post(f"{hub}publish", json={"topic": topic}).json() == {"statuses": [202]}
    pushed = looked(sources, "pushed", 3)
    assert (pushed["failure"], pushed["rung"], pushed["new"], pushed["hint"]) == (None, "feed", 1, "push")
    when_ended(client, f"youtube:{list_id}", videos=2)
    shown = fonoteca("sources", "show", "pushed").stdout
    assert "push      subscribed until" in shown
    assert "feed, push" in shown
    log = stack.state.log_file("watch-2").read_text()
    assert "subscription.confirmed" in log
    assert "/websub" not in log, "whoever reads the log could push"
    sources.remove("pushed")
    eventually(lambda: "subscription.ended" in stack.state.log_file("watch-2").read_text() or None, "the end of it")


def test_two_addresses_of_one_channel_are_one(sources: Sources, add_to_site: Callable[..., str]) -> None:
    add_to_site("@samelist/videos", entries(3))
    add_to_site("@samelist/streams", [])
    one = sources.add(SourceDefinition(name="same-a", address="@samelist/videos", every="1h"))
    looked(sources, "same-a", 1)
    channel = eventually(lambda: sources.one("same-a"), "the source")
    assert channel["same_as"] is None
    by_id = "https://www.youtube.com/channel/UC" + b"@samelist".hex().ljust(22, "0")[:22] + "/videos"
    other = sources.add(SourceDefinition(name="same-b", address=by_id, every="1h"))
    assert (other["state"], other["same_as"]) == ("same", "same-a"), (one, other)
    sources.remove("same-a")
    assert sources.one("same-b")["same_as"] is None
    sources.remove("same-b")


def test_a_file_of_sources_is_applied_and_exported(
    fonoteca: Callable[..., subprocess.CompletedProcess[str]], sources: Sources, tmp_path: Path
) -> None:
    file = tmp_path / "sources.yaml"
    file.write_text(
        "sources:\n"
        "  - {name: file-a, address: PLfilesource01, every: 6h, enabled: false}\n"
        "  - name: file-b\n"
        "    address: PLfilesource02\n"
        "    enabled: false\n"
        "    filters: {title_exclude: teaser, published_from: 2026-01-31}\n"
    )
    tried = fonoteca("sources", "apply", str(file), "--dry-run", "--json")
    assert json.loads(tried.stdout)["added"] == ["file-a", "file-b"], tried.stderr
    assert not [s for s in sources.all() if s["name"].startswith("file-")]
    assert fonoteca("sources", "apply", str(file)).returncode == 0
    again = json.loads(fonoteca("sources", "apply", str(file), "--json").stdout)
    assert (again["added"], again["changed"], again["unchanged"]) == ([], {}, 2)
    exported = fonoteca("sources", "export").stdout
    assert json.loads(fonoteca("sources", "apply", "-", "--json", given=exported).stdout)["changed"] == {}
    file.write_text("sources:\n  - {name: file-a, address: PLfilesource01, every: 2h, enabled: false}\n")
    pruned = json.loads(fonoteca("sources", "apply", str(file), "--prune", "--dry-run", "--json").stdout)
    assert pruned["changed"] == {"file-a": ["every"]}
    assert "file-b" in pruned["removed"]
    for name in ("file-a", "file-b"):
        assert fonoteca("sources", "remove", name, "--yes").returncode == 0


def test_every_wrong_line_of_a_file_is_named_and_nothing_is_applied(
    fonoteca: Callable[..., subprocess.CompletedProcess[str]], sources: Sources, tmp_path: Path
) -> None:
    file = tmp_path / "sources.yaml"
    file.write_text(
        "sources:\n"
        "  - {name: wrong-a, address: PLwrongsource1, enabled: false}\n"
        "  - name: wrong-b\n"
        "    address: PLwrongsource2\n"
        "    every: sometimes\n"
        "    filters: {title_include: '(a'}\n"
        "  - {name: wrong-a, address: PLwrongsource3}\n"
    )
    done = fonoteca("sources", "apply", str(file))
    assert done.returncode == 2
    assert "line 5: wrong-b: every: 'sometimes' is no schedule. Write 6h" in done.stderr
    assert "line 6: wrong-b: filters.title_include: it is not a regular expression of RE2: missing )" in done.stderr
    assert "line 7: name: wrong-a is also in line 2" in done.stderr
    assert not [s for s in sources.all() if s["name"].startswith("wrong-")]


def test_nobody_overwrites_what_somebody_else_has_changed(client: Client, sources: Sources) -> None:
    made = sources.add(SourceDefinition(name="shared-one", address="PLsharedone01", enabled=False))
    body = {"name": "shared-one", "address": "PLsharedone01", "enabled": False, "every": "2h"}
    changed = client.ask("PUT", "/v1/sources/shared-one", json=body, headers={"If-Match": f'"{made["version"]}"'})
    assert changed["version"] == made["version"] + 1
    with pytest.raises(ApiProblem, match="somebody has changed it") as refused:
        client.ask("PUT", "/v1/sources/shared-one", json=body, headers={"If-Match": f'"{made["version"]}"'})
    assert refused.value.status == 412
    with pytest.raises(ApiProblem, match="followed already"):
        client.ask("PUT", "/v1/sources/shared-one", json=body)
    sources.remove("shared-one")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["add", "Upper", "PLwhatever0001"], "name"),
        (["add", "x", "ftp://example.org/x"], "only http and https"),
        (["add", "x", "PLwhatever0001", "--every", "cron 0 0 30 2 *"], "no cron line that ever fires"),
        (["add", "x", "PLwhatever0001", "--every", "cron 0 0 * * * Africa/Nowhere"], "is no time zone"),
        (["add", "x", "PLwhatever0001", "--filter", "min_seconds=9", "--filter", "max_seconds=1"], "nothing can match"),
        (["show", "nobody-here"], "There is no followed source"),
    ],
)
def test_wrong_input_is_told_with_what_to_do(
    fonoteca: Callable[..., subprocess.CompletedProcess[str]], words: list[str], said: str
) -> None:
    done = fonoteca("sources", *words)
    assert done.returncode == 2, done.stdout + done.stderr
    assert said in " ".join(done.stderr.split())


def test_a_retention_deletes_what_its_dry_run_lists(
    fonoteca: Callable[..., subprocess.CompletedProcess[str]],
    client: Client,
    sources: Sources,
    add_to_site: Callable[..., str],
) -> None:
    listed = [{"id": f"expires-{n:03}", "title": f"Day {n}", "seconds": 2} for n in range(FLOOR + 2)]
    url = add_to_site("PLexpires0001", listed)
    sources.add(SourceDefinition(name="expiring", address=url, every="1d", first="all"))
    looked(sources, "expiring", 1)
    when_ended(client, "youtube:PLexpires0001", videos=len(listed))
    wrong = fonoteca("sources", "edit", "expiring", "--keep", "10")
    assert "write first: 10" in wrong.stderr
    done = fonoteca("sources", "edit", "expiring", "--first", "1", "--keep", "10")
    assert done.returncode == 0, done.stderr
    dry = json.loads(fonoteca("sources", "retention", "expiring", "--json").stdout)
    assert (dry["keep"], dry["stored"], dry["expired"]) == ("10", 12, 2)
    refused = fonoteca("sources", "retention", "expiring", "--delete")
    assert "Nothing was deleted" in refused.stderr
    run = json.loads(fonoteca("sources", "retention", "expiring", "--delete", "--yes", "--json").stdout)
    assert run["deleted"] == [each["video_id"] for each in dry["items"]]
    for video_id in run["deleted"]:
        video = client.video(video_id)
        assert (video["state"], video["failure"]["reason"]) == ("abandoned", "expired")
        assert video["deleted_at"], "the sync service removes it from both stores, as what a person deletes"
    sources.check("expiring", full=True)
    assert looked(sources, "expiring", 2)["new"] == 0, "what has expired is not fetched again"
    sources.remove("expiring")
