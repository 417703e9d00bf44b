"""`fonoteca get` against a served API, the real catalog and the real store: complete files, or none."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx
import pytest

from dev.faults.proxy import Fault, FaultProxy
from services.api.backend import Backend
from shared.catalog.access.keys import make_key
from shared.catalog.documents import Scope
from shared.settings import ObjectStoreSettings
from shared.storage.s3.links import Links
from tests.hostile.media.test_small_disks import disk  # noqa: F401
from tests.integration.stored_archive import KEY, PLAYLIST, Archive, served_archive

FONOTECA = str(Path(sys.executable).parent / "fonoteca")
LARGE = os.urandom(1_500_000)
Done = subprocess.CompletedProcess[str]
Run = Callable[..., Awaitable[Done]]


@pytest.fixture
async def archive(backend: Backend, tmp_path: Path) -> AsyncIterator[Archive]:
    async with served_archive(backend, tmp_path / "served") as served:
        yield served


def environment(url: str, key: str = KEY) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("API_", "FONOTECA_"))}
    return {**clean, "API_URL": url, "API_KEY": key, "COLUMNS": "200"}


@pytest.fixture
def get(archive: Archive, tmp_path: Path) -> Run:
    """Runs `fonoteca get …` in a folder that is empty: get(…, url=…, key=…)."""
    (tmp_path / "here").mkdir()

    async def run(*arguments: str, url: str | None = None, key: str = KEY) -> Done:
        return await asyncio.to_thread(
            subprocess.run,
            [FONOTECA, "get", *arguments],
            capture_output=True,
            text=True,
            cwd=tmp_path / "here",
            env=environment(url or archive.url, key),
            timeout=120,
            check=False,
        )

    return run


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


async def test_a_playlist_with_its_sidecars(archive: Archive, get: Run, tmp_path: Path) -> None:
    more = {"thumbnail.jpg": b"\xff\xd8\xff", "subtitles.fr.vtt": b"WEBVTT", "info.json": b"{}"}
    await archive.put("aaaaaaaaaaa", {"mp3-320.mp3": b"one", "flac.flac": b"1", **more}, channel="Radio", title="Conte")
    await archive.put("bbbbbbbbbbb", {"mp3-320.mp3": b"two"}, channel="Radio", title="Conte", upload_date="20260314")
    await archive.put("ccccccccccc", {"mp3-320.mp3": b"three"}, channel="../..", title="/etc/passwd\u202e\x1b[2J")
    await archive.put("ddddddddddd", playlists=["youtube:PLother"])
    arguments = ("--playlist", PLAYLIST.removeprefix("youtube:"), "--with", "thumbnail,subtitles", "--to", "corpus")
    done = await get(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    expected = {
        "Radio/undated Conte [aaaaaaaaaaa].mp3": b"one",
        "Radio/undated Conte [aaaaaaaaaaa].thumbnail.jpg": b"\xff\xd8\xff",
        "Radio/undated Conte [aaaaaaaaaaa].subtitles.fr.vtt": b"WEBVTT",
        "Radio/2026-03-14 Conte [bbbbbbbbbbb].mp3": b"two",
        "_.._/undated _etc_passwd [2J [ccccccccccc].mp3": b"three",
    }
    assert files(tmp_path / "here/corpus") == expected
    printed = [json.loads(line) for line in done.stdout.splitlines()]
    assert {entry["status"] for entry in printed} == {"fetched"}
    assert {entry["sha256"] for entry in printed} == {
        hashlib.sha256(content).hexdigest() for content in expected.values()
    }
    assert {str(Path(entry["path"]).relative_to("corpus")) for entry in printed} == set(expected)
    assert "\x1b" not in done.stdout + done.stderr
    # A complete file is left alone; a damaged one is reported, and kept.
    again = await get(*arguments)
    assert (again.returncode, "0 files downloaded" in again.stdout, "5 already present" in again.stdout) == (
        0,
        True,
        True,
    )
    (tmp_path / "here/corpus/Radio/undated Conte [aaaaaaaaaaa].mp3").write_bytes(b"eno")
    kept = await get(*arguments)
    assert kept.returncode == 1
    assert "not downloaded: youtube:aaaaaaaaaaa (mp3-320.mp3) Conte: " in kept.stderr
    assert "--overwrite replaces it" in kept.stderr
    assert (await get(*arguments, "--overwrite")).returncode == 0
    assert files(tmp_path / "here/corpus") == expected


async def test_titles_that_are_the_same_make_files_that_are_not(archive: Archive, get: Run, tmp_path: Path) -> None:
    for id_, title in (("aaaaaaaaaaa", "Conte"), ("AAAAAAAAAAA", "CONTE"), ("bbbbbbbbbbb", "conte ")):
        await archive.put(id_, {"mp3-320.mp3": id_.encode()}, title=title)
    for _ in range(2):
        done = await get("--all", "--name", "{title}.{ext}", "--jobs", "3")
        assert done.returncode == 0, done.stderr
        found = files(tmp_path / "here")
        assert sorted(found.values()) == [b"AAAAAAAAAAA", b"aaaaaaaaaaa", b"bbbbbbbbbbb"]
        assert len({name.casefold() for name in found}) == 3
    assert "3 already present" in done.stdout


async def test_other_profiles_and_single_videos(archive: Archive, get: Run, tmp_path: Path) -> None:
    await archive.put("aaaaaaaaaaa", {"mp3-320.mp3": b"one", "flac.flac": b"1"})
    await archive.put("soundcloud:5", {"mp3-320.mp3": b"two"})
    await archive.put("ccccccccccc", state="waiting", retry=None)
    address = "https://www.youtube.com/watch?v=aaaaaaaaaaa&list=PLx"
    done = await get(address, "soundcloud:5", "--profile", "flac", "--name", "{profile}/{id}.{ext}")
    assert done.returncode == 1
    assert files(tmp_path / "here") == {"flac/aaaaaaaaaaa.flac": b"1"}
    assert "soundcloud:5 Title of soundcloud:5: it is stored as mp3-320, not as flac" in done.stderr
    assert "1 file downloaded" in done.stdout
    assert (await get("soundcloud:5", "--name", "{id}.{ext}")).returncode == 0
    assert files(tmp_path / "here")["soundcloud-5.mp3"] == b"two"


async def test_a_connection_that_breaks_again_and_again(archive: Archive, get: Run, tmp_path: Path) -> None:
    """No connection carries as much as the file has."""
    await archive.put("aaaaaaaaaaa", {"mp3-320.mp3": LARGE})
    with FaultProxy(archive.port) as proxy:
        proxy.set(Fault(reset_after_answered_bytes=700_000))
        done = await get("aaaaaaaaaaa", "--name", "{id}.{ext}", url=f"http://127.0.0.1:{proxy.port}")
    assert done.returncode == 0, done.stderr
    assert files(tmp_path / "here") == {"aaaaaaaaaaa.mp3": LARGE}


async def killed(archive: Archive, folder: Path) -> Path:
    """Kill a run in the middle of a file. Returns its part."""
    with FaultProxy(archive.port) as proxy:
        proxy.set(Fault(latency_seconds=0.1))
        running = await asyncio.to_thread(
            subprocess.Popen,
            [FONOTECA, "get", "aaaaaaaaaaa", "--name", "{id}.{ext}"],
            cwd=folder,
            env=environment(f"http://127.0.0.1:{proxy.port}"),
            stderr=subprocess.DEVNULL,
        )
        while not (found := [path for path in folder.iterdir() if path.stat().st_size > 0]):
            assert running.poll() is None
            await asyncio.sleep(0.01)
        running.kill()
        assert await asyncio.to_thread(running.wait) == -9
    [part] = found
    return part


async def test_a_run_that_is_killed_leaves_nothing_that_looks_complete(
    archive: Archive, get: Run, tmp_path: Path
) -> None:
    await archive.put("aaaaaaaaaaa", {"mp3-320.mp3": LARGE})
    part = await killed(archive, tmp_path / "here")
    sha256 = hashlib.sha256(LARGE).hexdigest()
    assert list(files(tmp_path / "here")) == [f"aaaaaaaaaaa.mp3.{sha256[:8]}.part"]
    assert 0 < part.stat().st_size < len(LARGE)
    begun = part.stat().st_ino
    with FaultProxy(archive.port) as proxy:
        done = await get("aaaaaaaaaaa", "--name", "{id}.{ext}", url=f"http://127.0.0.1:{proxy.port}")
    assert done.returncode == 0, done.stderr
    assert files(tmp_path / "here") == {"aaaaaaaaaaa.mp3": LARGE}
    assert (tmp_path / "here/aaaaaaaaaaa.mp3").stat().st_ino == begun


async def test_a_recording_that_was_fetched_again_is_not_mixed_with_what_it_was(
    archive: Archive, get: Run, tmp_path: Path
) -> None:
    await archive.put("aaaaaaaaaaa", {"mp3-320.mp3": LARGE})
    await killed(archive, tmp_path / "here")
    other = LARGE[::-1]
    await archive.replace("youtube:aaaaaaaaaaa", "mp3-320.mp3", other)
    done = await get("aaaaaaaaaaa", "--name", "{id}.{ext}")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "here/aaaaaaaaaaa.mp3").read_bytes() == other


async def test_an_object_that_the_store_lost_holds_up_no_other(archive: Archive, get: Run, tmp_path: Path) -> None:
    lost = await archive.put("aaaaaaaaaaa")
    wrong = await archive.put("bbbbbbbbbbb")
    await archive.put("ccccccccccc", {"mp3-320.mp3": b"three"})
    await archive.backend.store.delete(lost["audio"]["key"])
    await archive.replace("youtube:bbbbbbbbbbb", "mp3-320.mp3", b"x" * wrong["audio"]["size_bytes"])
    await archive.backend.catalog.videos.update_one({"_id": wrong["_id"]}, {"$set": {"audio": wrong["audio"]}})
    done = await get("--playlist", PLAYLIST, "--name", "{id}.{ext}")
    assert done.returncode == 1
    assert (
        "youtube:aaaaaaaaaaa (mp3-320.mp3) Title of aaaaaaaaaaa: audio/youtube/aa/aaaaaaaaaaa/mp3-320.mp3 is not in"
        in (done.stderr)
    )
    assert (
        "youtube:bbbbbbbbbbb (mp3-320.mp3) Title of bbbbbbbbbbb: the received file has another SHA-256" in done.stderr
    )
    assert "2 files not downloaded, as reported above." in done.stderr
    assert "1 file downloaded" in done.stdout
    assert "2 not downloaded" in done.stdout
    whole = {name: content for name, content in files(tmp_path / "here").items() if not name.endswith(".part")}
    assert whole == {"ccccccccccc.mp3": b"three"}


async def test_a_full_disk_ends_it_with_the_complete_files(
    archive: Archive,
    get: Run,
    disk: Callable[[int], Path],  # noqa: F811
) -> None:
    for id_ in ("aaaaaaaaaaa", "bbbbbbbbbbb"):
        await archive.put(id_, {"mp3-320.mp3": LARGE})
    place = disk(2)
    done = await get("--all", "--name", "{id}.{ext}", "--to", str(place), "--jobs", "1")
    assert (done.returncode, "the disk is full" in done.stderr) == (1, True)
    assert "1 file downloaded" in done.stdout
    await asyncio.to_thread(subprocess.run, ["mount", "-o", "remount,size=8m", str(place)], check=True)
    again = await get("--all", "--name", "{id}.{ext}", "--to", str(place))
    assert (again.returncode, "1 already present" in again.stdout) == (0, True)
    assert files(place) == {"aaaaaaaaaaa.mp3": LARGE, "bbbbbbbbbbb.mp3": LARGE}


async def test_addresses_instead_of_files(
    archive: Archive, get: Run, s3: ObjectStoreSettings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    await archive.put("aaaaaaaaaaa", {"mp3-320.mp3": b"one", "thumbnail.jpg": b"\xff\xd8\xff"})
    lost = await archive.put("bbbbbbbbbbb")
    await archive.backend.store.delete(lost["audio"]["key"])
    off = await get("aaaaaaaaaaa", "--link")
    assert (off.returncode, "API_LINK_SECONDS is 0). Omit --link" in off.stderr) == (2, True)
    monkeypatch.setitem(vars(archive.backend), "links", Links(s3, None, 60))
    done = await get("--playlist", PLAYLIST, "--with", "thumbnail", "--link")
    assert done.returncode == 1
    assert "no address: youtube:bbbbbbbbbbb: " in done.stderr
    assert "the first expires 2" in done.stderr
    async with httpx.AsyncClient(trust_env=False) as anybody:
        contents = [(await anybody.get(url)).content for url in done.stdout.splitlines()]
    assert contents == [b"one", b"\xff\xd8\xff"]
    printed = [json.loads(line) for line in (await get("aaaaaaaaaaa", "--link", "--json")).stdout.splitlines()]
    assert [(entry["name"], entry["size_bytes"]) for entry in printed] == [("mp3-320.mp3", 3)]
    assert printed[0]["expires_at"]
    assert files(tmp_path / "here") == {}


async def test_unknown_names_are_reported(archive: Archive, get: Run) -> None:
    await archive.put("aaaaaaaaaaa")
    for arguments, code, text in (
        (("--playlist", "youtube:PLnone"), 2, "There is no playlist 'youtube:PLnone'"),
        (("zzzzzzzzzzz",), 2, "There is no video 'youtube:zzzzzzzzzzz'"),
        (("--text", "nothing at all"), 0, "No stored video matches"),
        (("--reason", "nope"), 0, "No stored video matches"),
        (("--channel", "nope", "--link"), 0, "No stored video matches"),
    ):
        done = await get(*arguments)
        assert (done.returncode, text in done.stderr) == (code, True), done.stderr


async def test_a_key_that_may_not_and_an_api_that_is_not_there(archive: Archive, get: Run) -> None:
    await archive.put("aaaaaaaaaaa")
    wrong = await get("aaaaaaaaaaa", key="a wrong key that is long enough")
    assert wrong.returncode == 2
    listener = await make_key(archive.backend.catalog, "podcast app", Scope.LISTEN, None)
    narrow = await get("aaaaaaaaaaa", key=listener.secret)
    assert (narrow.returncode, "This needs a key of scope read; yours is listen" in narrow.stderr) == (2, True)
    away = await get("aaaaaaaaaaa", url="http://127.0.0.1:9")
    assert away.returncode == 69
