"""An archive as files: written, written again, killed in the middle, damaged, and brought back on a fresh machine."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import io
import json
import os
import shutil
import stat
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bench.archives.stored import PLAYLIST, catalog_of, store_of, store_videos, video_id
from cli.audit.copies import hash_of_object
from cli.backup.copying import Copier
from cli.main import main
from dev.demo import QUICK
from dev.stack import Stack
from shared import logs
from shared.catalog.connection import Catalog, open_catalog
from shared.catalog.operator.decisions import delete_video
from shared.catalog.schema import CURRENT, UNNOTED, version_of
from shared.catalog.search.accessions import raise_counter
from shared.profiles import DEFAULT_PROFILE
from shared.settings import MongoSettings
from shared.storage.keys import object_key
from tests.e2e.pipeline import eventually
from tests.migrations.archives import NAMES, documents_of, load
from tests.state_folders import state_folder

VIDEOS, BYTES = 24, 30_000
Exports = Mapping[str, str]
#: A lost time, as long as an outage: what was queued then is in no queue of today.
LONG_AGO = datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC)
#: Runs the command, and kills it as `kill -9` does when a function is called for the n-th time.
KILLED = """
import importlib, itertools, os, signal, sys
(module, _, name), number = sys.argv[1].rpartition("."), int(sys.argv[2])
target = importlib.import_module(module)
really, calls = getattr(target, name), itertools.count(1)
def counted(*given, **named):
    if next(calls) == number:
        os.kill(os.getpid(), signal.SIGKILL)
    return really(*given, **named)
setattr(target, name, counted)
sys.argv = ["fonoteca", *sys.argv[3:]]
from cli.main import main
main()
"""


def environment(exports: Exports) -> dict[str, str]:
    """That of somebody who knows only these servers."""
    mine = ("API_", "MONGO_", "MINIO_", "AZURE_", "RABBITMQ_")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(mine)}
    return {**clean, **exports, "COLUMNS": "200"}


def run(exports: Exports, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command, in this process: to start one each time would take longer than all they do."""
    output, errors, code = io.StringIO(), io.StringIO(), 0
    mask = os.umask(0o022)
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.redirect_stdout(output),
        contextlib.redirect_stderr(errors),
    ):
        for name in {*os.environ} - {*environment(exports)}:
            patch.delenv(name)
        for name, value in environment(exports).items():
            patch.setenv(name, value)
        patch.setattr(sys, "argv", ["fonoteca", *arguments])
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
        finally:
            os.umask(mask)
            logs.configure("tests", "text", "warning")
    return subprocess.CompletedProcess(arguments, code, output.getvalue(), errors.getvalue())


def said(exports: Exports, *arguments: str, code: int = 0) -> dict[str, Any]:
    """What a command says with --json."""
    done = run(exports, *arguments, "--json")
    assert done.returncode == code, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def killed(exports: Exports, function: str, number: int, *arguments: str) -> None:
    """Run a command that is killed in the middle."""
    command = [sys.executable, "-c", KILLED, function, str(number), *arguments]
    done = subprocess.run(command, env=environment(exports), capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == -9, done.stdout + done.stderr


@pytest.fixture(scope="module")
def source(servers: Stack) -> Exports:
    """A database and a bucket with stored videos, and others in every state."""
    exports = own_place(servers)
    asyncio.run(store_videos(exports, range(VIDEOS), BYTES))
    asyncio.run(add_unfinished(exports))
    return exports


@pytest.fixture(scope="module")
def archive(source: Exports, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of it. Tests that change one take a copy."""
    folder = tmp_path_factory.mktemp("archives") / "archive"
    first = said(source, "backup", "--to", str(folder))
    assert (first["videos"], first["objects"], first["copied"]) == (VIDEOS + 6, VIDEOS, VIDEOS)
    return folder


@pytest.fixture
def copy(archive: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(archive, tmp_path / "copy"))


def own_place(servers: Stack) -> dict[str, str]:
    """A database, a bucket and no mirror, on the servers of this run."""
    name = f"backup-{uuid.uuid4().hex[:12]}"
    wanted = {n: v for n, v in servers.exports.items() if n.startswith(("MONGO_", "MINIO_", "RABBITMQ_"))}
    return {**wanted, "MONGO_DATABASE": name, "MINIO_BUCKET": name}


async def add_unfinished(exports: Exports) -> None:
    """Videos that are not stored: in a queue, in work, waiting, given up, deleted; and a list that is being read."""
    catalog = await catalog_of(exports)
    failure = {"failure_class": "transient", "reason": "timeout", "detail": "…", "retry_at": None}
    moments = dict.fromkeys(("first_failed_at", "last_failed_at"), LONG_AGO)
    retry = {"failure": failure, "due_at": LONG_AGO, "decided": True, "charged": 0, "in_a_row": 1, **moments}
    later = {**retry, "due_at": datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)}
    lease = {"owner": "a scraper of before", "expires_at": LONG_AGO}
    states: list[dict[str, Any]] = [
        {"state": "queued", "requested_at": LONG_AGO},
        {"state": "running", "requested_at": LONG_AGO, "token": 2, "lease": lease},
        {"state": "waiting", "retry": retry},
        {"state": "waiting", "retry": later},
        {"state": "abandoned", "retry": retry},
        {"state": "queued", "requested_at": LONG_AGO},
    ]
    for number, state in enumerate(states):
        id_ = f"youtube:unfinished{number}"
        url = f"https://www.youtube.com/watch?v=unfinished{number}"
        document: Any = {"_id": id_, "accession": 900 + number, "url": url, "title": None, "words": [], "spelled": "  "}
        document |= {"extractor": "youtube", "source_id": id_[8:], "duration_seconds": 2**40, "playlists": [PLAYLIST]}
        document |= {"profiles": [DEFAULT_PROFILE], "state_since": LONG_AGO, "accepted_at": LONG_AGO, "token": 1}
        await catalog.videos.insert_one(document | {"attempts": 0} | state)
    await raise_counter(catalog)
    deleted = await catalog.videos.find_one({"_id": "youtube:unfinished5"})
    assert deleted is not None
    await delete_video(catalog, deleted)
    # Never stored anywhere, and its end is noted: see `services.sync.purge`.
    await catalog.videos.update_one({"_id": deleted["_id"]}, {"$set": {"tombstone.purged_at": LONG_AGO}})
    listing: Any = {
        "_id": "youtube:PLlisting",
        "url": "https://www.youtube.com/playlist?list=PLlisting",
        "lease": lease,
    }
    listing |= dict.fromkeys(("state_since", "accepted_at", "submitted_at"), LONG_AGO)
    await catalog.playlists.insert_one(listing | {"state": "expanding", "attempts": 0, "charged": 0})
    key: Any = {"_id": "somebody", "name": "radio", "sha256": "0" * 64, "scope": "read", "created_at": LONG_AGO}
    await catalog.keys.insert_one(key | {"expires_at": None, "revoked_at": None, "used_at": None})
    session: Any = {"_id": "signed in", "expires_at": datetime.now(UTC) + timedelta(hours=1)}
    await catalog.sessions.insert_one(session)
    # Of a version to come: whatever it is for, it is not forgotten.
    await catalog.collection_as_it_is("of_tomorrow").insert_one({"_id": "x", "what": b"\x00\xff", "when": LONG_AGO})
    await catalog.close()


def documents(exports: Exports, collection: str = "videos") -> dict[str, Any]:
    """A collection by ids."""

    async def read() -> dict[str, Any]:
        catalog = await catalog_of(exports)
        found = catalog.collection_as_it_is(collection).find({})
        try:
            return {document["_id"]: document async for document in found}
        finally:
            await catalog.close()

    return asyncio.run(read())


def hashes(exports: Exports) -> dict[str, str]:
    """Key → SHA-256 of the bytes in the bucket."""

    async def read() -> dict[str, str]:
        store = store_of(exports)
        keys = [key async for batch in store.keys("audio/", 500) for key in batch]
        found = {key: await hash_of_object(store, key) for key in keys}
        return {key: content.sha256 for key, content in found.items() if content is not None}

    return asyncio.run(read())


@pytest.fixture(scope="module")
def fresh() -> Iterator[Stack]:
    """Another machine: servers of its own, other ports, another folder, nothing in it."""
    with state_folder("fresh") as folder, Stack(folder, service_names=(), say=lambda _: None) as stack:
        yield stack


def test_a_fresh_machine_has_everything_back(source: Exports, archive: Path, fresh: Stack) -> None:
    assert fresh.exports["MONGO_URI"] != source["MONGO_URI"]
    done = said(fresh.exports, "restore", "--from", str(archive))
    assert (done["videos"], done["uploaded"], done["fetched_again"], done["of_others"]) == (VIDEOS + 6, VIDEOS, [], [])
    assert hashes(fresh.exports) == hashes(source)
    before, after = documents(source), documents(fresh.exports)
    assert after.keys() == before.keys()
    for number in range(VIDEOS):
        audio = {**before[video_id(number)]["audio"], "bucket": "fonoteca"}
        assert after[video_id(number)] == {**before[video_id(number)], "audio": audio}
    for collection in ("logs", "keys", "counters", "of_tomorrow"):
        assert documents(fresh.exports, collection) == documents(source, collection)
    assert documents(fresh.exports, "sessions") == {}
    # Nobody has swept yet, and all is well: what was in a queue of before is accepted, and not yet requested.
    audited = said(fresh.exports, "audit", "--scrub")
    assert (audited["violations"], audited["scrubbed"], audited["mirror_pending"]) == ([], VIDEOS, VIDEOS)
    assert after["youtube:unfinished1"]["state"] == "queued"
    assert "lease" not in after["youtube:unfinished1"]
    assert after["youtube:unfinished3"]["retry"] == before["youtube:unfinished3"]["retry"]
    assert after["youtube:unfinished4"] == before["youtube:unfinished4"]

    fresh.start_services(("retry", "sync"), {**QUICK, "SYNC_RECONCILE_SECONDS": "1", "SYNC_GRACE_SECONDS": "0"})

    def settled() -> bool:
        found = documents(fresh.exports)
        mirrored = all("mirror" in found[video_id(number)] for number in range(VIDEOS))
        return mirrored and all("requested_at" in found[f"youtube:unfinished{n}"] for n in (0, 1, 2))

    eventually(settled, "requests of what was queued, and copies of what is stored")
    audited = said(fresh.exports, "audit", "--scrub")
    assert (audited["violations"], audited["mirror_pending"], audited["blobs"]) == ([], 0, VIDEOS)
    assert audited["queues"]["scraper.videos"] >= 3
    refused = run(fresh.exports, "restore", "--from", str(archive))
    assert refused.returncode == 2
    assert "not empty: it has videos and playlists and logs" in refused.stderr


def test_an_archive_is_plain_files_for_their_owner_alone(source: Exports, archive: Path) -> None:
    key = object_key(video_id(7), "mp3-320.mp3")
    assert hashlib.sha256((archive / "objects" / key).read_bytes()).hexdigest() == hashes(source)[key]
    modes = {stat.S_IMODE(each.stat().st_mode) for each in archive.rglob("*")}
    assert modes == {0o600, 0o700}
    assert said({}, "backup", "--to", str(archive), "--check")["objects"] == VIDEOS


def test_a_second_backup_copies_what_is_new_and_removes_what_was_deleted(servers: Stack, tmp_path: Path) -> None:
    place, to = own_place(servers), ("backup", "--to", str(tmp_path / "archive"))
    asyncio.run(store_videos(place, range(6), BYTES))
    said(place, *to)
    again = said(place, *to)
    assert (again["copied"], again["removed"], again["objects"]) == (0, 0, 6)
    asyncio.run(store_videos(place, range(6, 8), BYTES))
    asyncio.run(_delete_and_change(place))
    third = said(place, *to)
    # Two are new, one was fetched again with other bytes; that one's old file and the deleted one's go.
    assert (third["copied"], third["removed"], third["objects"]) == (3, 2, 7)
    assert said({}, *to, "--check")["damaged"] == []
    kept = {hashlib.sha256(each.read_bytes()).hexdigest() for each in (tmp_path / "archive/objects").rglob("*.mp3")}
    assert kept == {video["audio"]["sha256"] for video in documents(place).values() if "audio" in video}
    fresh = own_place(servers)
    assert said(fresh, "restore", "--from", str(tmp_path / "archive"))["uploaded"] == 7
    assert said(fresh, "audit", "--scrub")["violations"] == []
    # The catalog alone was lost: what the bucket has is not sent again.
    assert (
        said({**fresh, "MONGO_DATABASE": f"{place['MONGO_DATABASE']}-2"}, *("restore", "--from", to[2]))["uploaded"]
        == 0
    )


async def _delete_and_change(place: Exports) -> None:
    """A person deletes the first video and its object is gone; the second one is stored with other bytes."""
    catalog, store = await catalog_of(place), store_of(place)
    first = await catalog.videos.find_one({"_id": video_id(0)})
    assert first is not None
    await delete_video(catalog, first)
    await catalog.videos.update_one({"_id": video_id(0)}, {"$set": {"tombstone.purged_at": LONG_AGO}})
    await store.delete(object_key(video_id(0), "mp3-320.mp3"))
    await _put_other_bytes(place, video_id(1), b"other bytes")
    digest = hashlib.sha256(b"other bytes").hexdigest()
    change = {"audio.sha256": digest, "audio.size_bytes": 11}
    await catalog.videos.update_one({"_id": video_id(1)}, {"$set": change})
    await catalog.close()


async def _put_other_bytes(place: Exports, id_: str, content: bytes) -> None:
    path = Path(os.environ.get("TMPDIR", "/tmp")) / f"fonoteca-test-{uuid.uuid4().hex}"
    path.write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    await store_of(place).put_file(object_key(id_, "mp3-320.mp3"), path, "audio/mpeg", {"sha256": digest})
    path.unlink()


def test_what_changes_while_it_is_copied_is_read_again(
    servers: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, to = own_place(servers), ("backup", "--to", str(tmp_path / "archive"))
    asyncio.run(store_videos(place, range(4), BYTES))
    really, once, changed = Copier.take, asyncio.Lock(), asyncio.Event()

    async def take(copier: Copier, *given: Any) -> Any:
        # The videos were read; before any of their objects is copied, two of them change.
        async with once:
            if not changed.is_set():
                await _delete_and_change(place)
                changed.set()
        return await really(copier, *given)

    monkeypatch.setattr(Copier, "take", take)
    saved = said(place, *to)
    assert (saved["videos"], saved["objects"], saved["missing"]) == (4, 3, 0)
    fresh = own_place(servers)
    assert said(fresh, "restore", "--from", str(tmp_path / "archive"))["fetched_again"] == []
    assert said(fresh, "audit", "--scrub")["violations"] == []
    assert documents(fresh)[video_id(0)]["state"] == "abandoned"
    assert hashes(fresh) == hashes(place)


def test_an_object_that_the_store_lost_is_told_and_fetched_again(servers: Stack, tmp_path: Path) -> None:
    place, to = own_place(servers), ("backup", "--to", str(tmp_path / "archive"))
    asyncio.run(store_videos(place, range(3), BYTES))
    asyncio.run(store_of(place).delete(object_key(video_id(1), "mp3-320.mp3")))
    asyncio.run(_put_other_bytes(place, video_id(2), b"rotten"))
    saved = said(place, *to, code=1)
    lost = [object_key(video_id(number), "mp3-320.mp3") for number in (1, 2)]
    assert (saved["objects"], saved["missing"], saved["first_missing"]) == (1, 2, lost)
    fresh = own_place(servers)
    done = said(fresh, "restore", "--from", str(tmp_path / "archive"), code=1)
    assert done["fetched_again"] == [video_id(1), video_id(2)]
    assert said(fresh, "audit", "--scrub")["states"]["queued"] == 2


def test_a_backup_that_is_killed_goes_on(source: Exports, servers: Stack, tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    to = ("backup", "--to", str(folder), "--workers", "1")
    killed(source, "os.replace", 10, *to)
    for command in (("backup", "--to", str(folder), "--check"), ("restore", "--from", str(folder))):
        refused = run(own_place(servers), *command)
        assert refused.returncode == 2
        assert "incomplete backup" in refused.stderr
    assert (finished := said(source, *to))["copied"] == VIDEOS - 9
    assert finished["objects"] == VIDEOS
    # The archive that is there stays whole while the next one is written.
    killed(source, "cli.backup.backing_up.write_manifest", 1, *to)
    assert said({}, *to, "--check")["damaged"] == []
    assert len(list(folder.glob("catalog-*"))) == 2
    said(source, *to)
    assert len(list(folder.glob("catalog-*"))) == 1
    assert list((folder / "incoming").iterdir()) == []


@pytest.mark.parametrize(
    ("function", "number"),
    [
        ("cli.backup.uploading.proves", 10),
        ("cli.backup.restoring.end_restore", 1),
    ],
)
def test_a_restore_that_is_killed_goes_on(servers: Stack, archive: Path, function: str, number: int) -> None:
    fresh = own_place(servers)
    killed(fresh, function, number, "restore", "--from", str(archive), "--workers", "1")
    done = said(fresh, "restore", "--from", str(archive))
    assert (done["fetched_again"], done["of_others"], done["uploaded"] < VIDEOS) == ([], [], True)
    assert len(documents(fresh)) == VIDEOS + 6
    assert said(fresh, "audit", "--scrub")["violations"] == []


def test_a_restore_of_another_archive_does_not_go_on(servers: Stack, archive: Path, copy: Path) -> None:
    fresh = own_place(servers)
    killed(fresh, "cli.backup.restoring.note_place", 1, "restore", "--from", str(archive))
    rewrite(copy, id="20260101T000000Z")
    refused = run(fresh, "restore", "--from", str(copy))
    assert (refused.returncode, "another archive" in refused.stderr) == (2, True), refused.stderr
    assert said(fresh, "restore", "--from", str(archive))["there_already"] == VIDEOS
    assert len(documents(fresh)) == VIDEOS + 6


def test_a_flipped_byte_is_refused(servers: Stack, copy: Path) -> None:
    spoilt = copy / "objects" / object_key(video_id(3), "mp3-320.mp3")
    flip(spoilt)
    checked = said({}, "backup", "--to", str(copy), "--check", code=1)
    assert [damage["name"] for damage in checked["damaged"]] == [str(spoilt.relative_to(copy))]
    fresh = own_place(servers)
    refused = run(fresh, "restore", "--from", str(copy))
    assert refused.returncode == 1
    assert f"{spoilt} is damaged: its SHA-256 is" in refused.stderr
    spoilt.unlink()
    refused = run(fresh, "restore", "--from", str(copy))
    assert (refused.returncode, "it is missing" in refused.stderr) == (1, True)
    done = said(fresh, "restore", "--from", str(copy), "--skip-damaged", code=1)
    assert done["fetched_again"] == [video_id(3)]
    assert said(fresh, "audit", "--scrub")["violations"] == []


def test_a_damaged_catalog_is_refused_before_anything_is_written(servers: Stack, copy: Path) -> None:
    flip(next(copy.glob("catalog-*/logs.jsonl.gz")))
    fresh = own_place(servers)
    refused = run(fresh, "restore", "--from", str(copy))
    assert refused.returncode == 2
    assert "logs.jsonl.gz: its SHA-256 is" in refused.stderr
    assert "Nothing was restored" in refused.stderr
    assert documents(fresh, "restores") == {}


def flip(path: Path) -> None:
    """Change one bit in the middle."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def rewrite(folder: Path, **changes: Any) -> None:
    """A manifest with other values, signed like one."""
    from cli.backup.manifest import _digest

    fields = json.loads((folder / "manifest.json").read_text())
    fields = {**fields, **changes}
    fields.pop("sha256")
    (folder / "manifest.json").write_text(json.dumps({**fields, "sha256": _digest(fields)}))


def cut_off(folder: Path) -> None:
    text = (folder / "manifest.json").read_text()
    (folder / "manifest.json").write_text(text[: len(text) // 2])


def change_a_number(folder: Path) -> None:
    text = (folder / "manifest.json").read_text()
    (folder / "manifest.json").write_text(text.replace('"lines": 1,', '"lines": 2,', 1))


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (cut_off, "manifest.json is damaged: it is truncated or was changed"),
        (change_a_number, "manifest.json is damaged: it is truncated or was changed"),
        (lambda folder: rewrite(folder, format_version=2, fonoteca="9.9.9"), "written by a newer Fonoteca (9.9.9;"),
        (lambda folder: (folder / "manifest.json").unlink(), "is an incomplete backup: it has no manifest yet"),
        (shutil.rmtree, "There is no archive in"),
    ],
)
def test_an_archive_that_cannot_be_trusted_is_refused(servers: Stack, copy: Path, spoil: Any, sentence: str) -> None:
    spoil(copy)
    for command in (("backup", "--to", str(copy), "--check"), ("restore", "--from", str(copy))):
        refused = run(own_place(servers), *command)
        assert (refused.returncode, "Traceback" in refused.stderr) == (2, False)
        assert sentence in refused.stderr


def test_a_full_disk_is_told_and_the_backup_goes_on_after_it(source: Exports, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={VIDEOS * BYTES // 2}", "fonoteca-backup", str(small)]
    if subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        pytest.skip("only root may mount a small disk")
    try:
        full = run(source, "backup", "--to", str(small))
        assert (full.returncode, "Traceback" in full.stderr) == (1, False), full.stderr
        assert f"The disk of {small} is full." in full.stderr
        subprocess.run(["mount", "-o", f"remount,size={VIDEOS * BYTES * 3}", str(small)], check=True)
        saved = said(source, "backup", "--to", str(small))
        assert saved["copied"] < saved["objects"] == VIDEOS
    finally:
        subprocess.run(["umount", "--lazy", str(small)], check=True)


def test_a_folder_with_something_else_in_it_is_left_alone(source: Exports, tmp_path: Path) -> None:
    (tmp_path / "thesis.odt").write_text("years of work")
    refused = run(source, "backup", "--to", str(tmp_path))
    assert (refused.returncode, "holds other files, and no archive" in refused.stderr) == (2, True)
    assert [each.name for each in tmp_path.iterdir()] == ["thesis.odt"]


@pytest.mark.parametrize("name", ["incoming/scan.pdf", "catalog-2019/photo.jpg", "objects/vase.obj", "manifest.part"])
def test_folders_of_others_that_are_called_like_ours_are_left_alone(source: Exports, tmp_path: Path, name: str) -> None:
    theirs = tmp_path / name
    theirs.parent.mkdir(exist_ok=True)
    theirs.write_text("years of work")
    refused = run(source, "backup", "--to", str(tmp_path))
    assert (refused.returncode, "holds other files, and no archive" in refused.stderr) == (2, True)
    assert theirs.read_text() == "years of work"


def test_a_folder_beside_the_catalog_of_an_archive_stays(source: Exports, copy: Path) -> None:
    (copy / "catalog-of-mine").mkdir()
    said(source, "backup", "--to", str(copy))
    assert (copy / "catalog-of-mine").is_dir()


@pytest.mark.parametrize("mistake", ["another database", "everything is fetched again"])
def test_an_archive_is_not_emptied_without_a_deletion(servers: Stack, tmp_path: Path, mistake: str) -> None:
    place, folder = own_place(servers), tmp_path / "archive"
    asyncio.run(store_videos(place, range(12), 100))
    first = said(place, "backup", "--to", str(folder))
    if mistake == "another database":
        place |= {"MONGO_DATABASE": own_place(servers)["MONGO_DATABASE"]}
    else:
        asyncio.run(_queue_everything(place))
    refused = run(place, "backup", "--to", str(folder))
    assert refused.returncode == 2
    assert "The previous archive was not changed." in refused.stderr
    checked = said({}, "backup", "--to", str(folder), "--check")
    assert (checked["archive"], checked["objects"], checked["damaged"]) == (first["archive"], 12, [])


async def _queue_everything(place: Exports) -> None:
    """As `fonoteca audit --repair` does after the loss of the bucket."""
    catalog = await catalog_of(place)
    await catalog.videos.update_many({}, {"$set": {"state": "queued"}, "$unset": {"audio": ""}})
    await catalog.close()


@pytest.mark.parametrize("shape", NAMES)
def test_a_catalog_of_an_older_version_is_backed_up_and_comes_back_as_it_was(
    servers: Stack, tmp_path: Path, shape: str
) -> None:
    """The backup that everybody is told to make before a migration, and the way back from one."""
    old, new = own_place(servers), own_place(servers)

    async def in_catalog(place: Exports, act: Any) -> Any:
        settings = MongoSettings(uri=SecretStr(place["MONGO_URI"]), database=place["MONGO_DATABASE"])
        catalog = await open_catalog(settings, "test", 30)
        try:
            return await act(catalog)
        finally:
            await catalog.close()

    async def write(catalog: Catalog) -> None:
        await catalog.drop()
        await load(shape, catalog)

    asyncio.run(in_catalog(old, write))
    said(old, "backup", "--to", str(tmp_path / "archive"), "--no-objects")
    assert asyncio.run(in_catalog(old, version_of)) == UNNOTED
    # There a service of today has been already.
    asyncio.run(in_catalog(new, version_of))
    restore = ("restore", "--from", str(tmp_path / "archive"))
    assert said(new, *restore)["to_migrate"] is True
    assert asyncio.run(in_catalog(new, version_of)) == UNNOTED

    async def ids(catalog: Catalog) -> list[Any]:
        return [video["_id"] async for video in catalog.videos.find({}, {"_id": 1}).sort("_id", 1)]

    assert asyncio.run(in_catalog(old, ids)) == asyncio.run(in_catalog(new, ids))
    assert said(new, "migrate")["after"] == CURRENT

    async def interrupt(catalog: Catalog) -> None:
        after = min(each["_id"] for each in documents_of(shape, "videos"))
        await catalog.videos.delete_many({"_id": {"$gt": after}})
        restores = catalog.collection_as_it_is("restores")
        await restores.update_one({}, {"$set": {"finished_at": None, "after": after}})

    # Migrated while it was interrupted: what comes now is older again, and nobody takes it for migrated.
    asyncio.run(in_catalog(new, interrupt))
    assert said(new, *restore)["to_migrate"] is True
    assert said(new, "migrate")["after"] == CURRENT
    assert all("accession" in video for video in documents(new).values())


def test_the_catalog_alone(source: Exports, servers: Stack, tmp_path: Path, archive: Path) -> None:
    saved = said(source, "backup", "--no-objects", "--to", str(tmp_path / "catalog"))
    assert (saved["videos"], saved["objects"]) == (VIDEOS + 6, 0)
    # The bucket survived, so all is well without a byte of it.
    place = {**source, "MONGO_DATABASE": own_place(servers)["MONGO_DATABASE"]}
    said(place, "restore", "--from", str(tmp_path / "catalog"))
    assert said(place, "audit", "--scrub")["violations"] == []
    refused = run(source, "backup", "--no-objects", "--to", str(archive))
    assert (refused.returncode, "holds an archive with its objects" in refused.stderr) == (2, True)
