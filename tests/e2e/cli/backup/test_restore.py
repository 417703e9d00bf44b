"""Restoring an archive: on a fresh machine, after a kill, of an older version, and of the catalog alone."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bench.archives.stored import video_id
from dev.demo.run import QUICK
from dev.stack import Stack
from shared.catalog.connection import Catalog, open_catalog
from shared.catalog.schema import CURRENT, UNNOTED, version_of
from shared.settings import MongoSettings
from tests.e2e.cli.backup.commands import VIDEOS, Exports, documents, hashes, killed, own_place, rewrite, run, said
from tests.e2e.pipeline import eventually
from tests.migrations.archives import NAMES, documents_of, load
from tests.state_folders import state_folder


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
