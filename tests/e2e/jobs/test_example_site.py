"""The example of a site, installed into a fresh virtual environment, feeds the whole pipeline from a small server."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import urllib.request
import venv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cli.api.client import Address, Client
from dev.checks.archive_check import check_video
from dev.demo.run import QUICK
from dev.install import ROOT
from dev.processes.service_programs import services
from dev.stack import Stack
from services.scraper.media.ffmpeg import find_ffmpeg
from tests.e2e.pipeline import eventually
from tests.site_packages import SmallServer, small_server
from tests.state_folders import state_folder

EXAMPLE = ROOT / "examples/fonoteca-site-example"
SECONDS = 4
OPENS = "2999-01-01T00:00:00+00:00"


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a fresh environment with the example, which also finds what is installed in this one."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, symlinks=True)
    python = folder / "bin/python"
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)}))
    ours = sysconfig.get_path("purelib")
    # As if everything of ours had been installed there too, without downloading it: its .pth files count as well.
    (packages / "ours.pth").write_text(f"import site; site.addsitedir({ours!r})\n")
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--quiet"]
    # A copy, because a build leaves files in its folder.
    source = shutil.copytree(EXAMPLE, tmp_path_factory.mktemp("source") / EXAMPLE.name)
    subprocess.run([python, "-m", "pip", "install", *options, str(source)], check=True)
    return python


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallServer]:
    """A small archive: two recordings, one that it has withdrawn, one that it opens later, one that is cut off."""
    sound = tmp_path_factory.mktemp("sound") / "well.ogg"
    tone = ["-f", "lavfi", "-i", f"sine=frequency=440:duration={SECONDS}"]
    subprocess.run([find_ffmpeg(), "-v", "error", *tone, str(sound)], check=True)
    with small_server() as server:
        for name, seconds in (("m1", SECONDS), ("m2", SECONDS), ("short", 60)):
            server.answers[f"/files/{name}.ogg"] = sound.read_bytes()
            server.answers[f"/recordings/{name}"] = {
                "id": name,
                "title": f"At the well: {name}",
                "seconds": seconds,
                "date": "2024-03-01",
                "language": "fon",
                "licence": "CC BY 4.0",
                "file": server.url(f"/files/{name}.ogg"),
            }
        server.answers["/recordings/withdrawn"] = 403
        server.answers["/recordings/later"] = {"id": "later", "title": "Later", "opens": OPENS}
        first, second = ("m1", "withdrawn", "later"), ("m2", "short")
        server.answers["/market-days"] = {
            "title": "Market days",
            "count": 5,
            "recordings": [server.url(f"/recordings/{name}") for name in first],
            "next": server.url("/market-days/2"),
        }
        server.answers["/market-days/2"] = {"recordings": [server.url(f"/recordings/{name}") for name in second]}
        server.answers["/broken"] = {
            "title": "Broken",
            "count": 9,
            "recordings": [server.url("/recordings/m1")],
            "next": server.url("/broken/2"),
        }
        server.answers["/broken/2"] = 503
        yield server


@pytest.fixture(scope="module")
def own_stack(installed_programs: None, python: Path, archive: SmallServer) -> Iterator[Stack]:
    """Servers and services; the scraper runs in the environment with the example, and may use this machine's hosts."""
    settings = {**QUICK, "SOURCES_PRIVATE_HOSTS": "true", "EXAMPLE_ARCHIVE_HOSTS": archive.host}
    # deno is beside our own Python, where pip puts it.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    pace = {"PATH": path, "SCRAPER_REQUEST_INTERVAL_SECONDS": "0", "SCRAPER_OTHER_INTERVAL_SECONDS": "0"}
    with state_folder("site") as folder, Stack(folder, service_names=(), say=lambda _: None) as stack:
        stack.start_services(("api", "retry", "sync"), settings)
        programs, exports = services(stack.state, stack.exports, {**settings, **pace}, ("scraper",))
        stack.exports |= exports
        stack.start([replace(each, command=[str(python), *each.command[1:]]) for each in programs])
        yield stack


@pytest.fixture(scope="module")
def own_client(own_stack: Stack) -> Client:
    return Client(Address(own_stack.exports["API_URL"], own_stack.exports["API_KEY"]))


def test_the_examples_own_tests_pass_where_it_is_installed(python: Path, tmp_path: Path) -> None:
    command = [str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--rootdir={tmp_path}"]
    done = subprocess.run([*command, str(EXAMPLE / "tests")], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_collection_of_the_example_is_stored_and_verified(
    own_stack: Stack, own_client: Client, archive: SmallServer
) -> None:
    playlist = own_client.submit(archive.url("/market-days"))["id"]

    def ended() -> dict[str, Any] | None:
        found = {video["id"].partition(":")[2]: video for video in own_client.videos(playlist=playlist)}
        done = [name for name in ("m1", "m2") if name in found and found[name]["mirror"]]
        judged = [name for name in ("withdrawn", "later", "short") if name in found and found[name]["failure"]]
        return found if len(done) == 2 and len(judged) == 3 else None

    videos = eventually(ended, "end of the collection")
    assert {name: video["state"] for name, video in videos.items()} == {
        "m1": "stored",
        "m2": "stored",
        "withdrawn": "abandoned",
        "later": "waiting",
        "short": "waiting",
    }
    assert own_client.playlist(playlist)["state"] == "expanded"
    reasons = {name: videos[name]["failure"]["reason"] for name in ("withdrawn", "later", "short")}
    assert reasons == {"withdrawn": "not-found", "later": "not-yet", "short": "cut-short"}
    for name in ("m1", "m2"):
        assert check_video(videos[name], own_stack.exports).problems == ()
    stored = videos["m1"]
    assert stored["id"] == "site.example:m1"
    assert (stored["title"], stored["licence"], stored["language"]) == ("At the well: m1", "CC BY 4.0", "fon")


def test_a_collection_that_breaks_is_not_complete(own_client: Client, archive: SmallServer) -> None:
    playlist = own_client.submit(archive.url("/broken"))["id"]
    failed = eventually(lambda: own_client.playlist(playlist)["failure"], "failure of the listing")
    assert failed["reason"] == "server-error"
    # What came before is taken, and known already.
    assert [video["id"] for video in own_client.videos(playlist=playlist)] == ["site.example:m1"]
    archive.answers["/broken/2"] = {"recordings": [archive.url("/recordings/m2")]}
    gap = eventually(
        lambda: (
            found if (found := own_client.playlist(playlist)["failure"])["reason"] == "listing-incomplete" else None
        ),
        "a listing that ended early",
    )
    assert "9 entries, but 2 came" in gap["detail"]


def test_the_scraper_says_which_sites_it_takes(own_stack: Stack, archive: SmallServer) -> None:
    url = own_stack.exports["SCRAPER_METRICS_URL"].replace("/metrics", "/readyz")
    with urllib.request.urlopen(url) as answer:
        assert json.load(answer)["checks"]["sites"] == f"example takes {archive.host}"


def test_a_scraper_whose_site_cannot_be_used_does_not_start(own_stack: Stack, python: Path, tmp_path: Path) -> None:
    environment = {
        **own_stack.programs["scraper"].program.environment,
        "EXAMPLE_ARCHIVE_HOSTS": "www.youtube.com",
        "METRICS_PORT": str(own_stack.state.port("scraper-2-metrics")),
        "SCRAPER_WORK_FOLDER": str(tmp_path),
    }
    command = [str(python), "-m", "services.scraper"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 78
    assert "The site example of fonoteca-site-example 0.1.0 cannot be used" in done.stdout + done.stderr
