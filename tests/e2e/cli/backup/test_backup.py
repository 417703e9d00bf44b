"""Backing up: first and repeated backups, changes meanwhile, lost objects, kills and a full disk."""

from __future__ import annotations

import asyncio
import hashlib
import os
import stat
import subprocess
import uuid
from pathlib import Path
from typing import Any

import pytest

from bench.archives.stored import catalog_of, store_of, store_videos, video_id
from cli.backup.copying import Copier
from dev.stack import Stack
from shared.catalog.operator.decisions import delete_video
from shared.storage.keys import object_key
from tests.e2e.cli.backup.commands import (
    BYTES,
    LONG_AGO,
    VIDEOS,
    Exports,
    documents,
    hashes,
    killed,
    own_place,
    run,
    said,
)


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
