"""The reconciliation on both real stores: exactly what differs is touched, and a second run touches nothing."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from services.sync import reconcile
from services.sync.mirror import Mirror
from services.sync.reconcile import Options, Reconciliation
from services.sync.report import ReconciliationReport
from shared.catalog.connection import Catalog
from shared.catalog.operations.checkpoints import load_checkpoint
from shared.messaging.publisher import Publisher
from shared.storage.content import Payload
from shared.storage.keys import object_key
from shared.storage.s3.objects import ObjectStore
from shared.storage.target import MirrorTarget

#: Videos that are stored and mirrored, and how many of them are spoilt.
VIDEOS, MISSING, STALE, ORPHANED = 60, 7, 5, 3


@dataclass
class Rig:
    """Both stores and their reconciliation."""

    catalog: Catalog
    store: ObjectStore
    target: MirrorTarget
    reconciliation: Reconciliation
    keys: list[str]

    def with_options(self, **options: Any) -> Reconciliation:
        return replace(self.reconciliation, options=Options(**options))

    async def blob(self, name: str) -> bytes:
        return b"".join([block async for block in self.target.read(name)])

    async def put_blob(self, name: str, data: bytes) -> None:
        await self.target.put(name, Payload.of(data), {"sha256": hashlib.sha256(data).hexdigest()}, "audio/mpeg")

    async def changed(self) -> dict[str, Any]:
        """When each blob was last written."""
        return {blob.name: blob.written_at async for blob in self.target.described("")}


def data_of(number: int) -> bytes:
    return f"sound of video {number}".encode() * 3


@pytest.fixture
async def rig(catalog: Catalog, publisher: Publisher, store: ObjectStore, target: MirrorTarget, tmp_path: Path) -> Rig:
    """An archive whose mirror is complete."""
    now = datetime.now(UTC)
    keys, documents = [], []
    for number in range(VIDEOS):
        id_ = f"youtube:sweep{number:06}"
        key = object_key(id_, "mp3-320.mp3")
        digest = hashlib.sha256(data_of(number)).hexdigest()
        audio = {
            "key": key,
            "sha256": digest,
            "size_bytes": len(data_of(number)),
            "stored_at": now,
            "profile": "mp3-320",
        }
        documents.append({"_id": id_, "state": "stored", "token": 1, "audio": audio, "playlists": ["x"]})
        keys.append(key)
    await catalog.videos.insert_many(documents)  # type: ignore[arg-type]  # as much of them as a reconciliation reads
    mirror = Mirror(catalog, store, [target], publisher)
    found = Rig(catalog, store, target, Reconciliation(catalog, store, target, mirror), keys)

    async def both(number: int) -> None:
        path = tmp_path / str(number)
        path.write_bytes(data_of(number))
        digest = hashlib.sha256(data_of(number)).hexdigest()
        await store.put_file(keys[number], path, "audio/mpeg", {"sha256": digest})
        await found.put_blob(keys[number], data_of(number))

    await asyncio.gather(*(both(number) for number in range(VIDEOS)))
    return found


def numbers(report: ReconciliationReport) -> tuple[int, int, int]:
    return report.missing.number, report.stale.number, report.orphaned.number


async def spoil(rig: Rig) -> tuple[list[str], list[str], list[str]]:
    """Remove, overwrite and add blobs. Returns their names."""
    missing, stale = rig.keys[5 : 5 + MISSING], rig.keys[30 : 30 + STALE]
    orphaned = [object_key(f"youtube:nobody{number:05}", "mp3-320.mp3") for number in range(ORPHANED)]
    for name in missing:
        await rig.target.delete(name)
    for name in (*stale, *orphaned):
        await rig.put_blob(name, b"something else")
    return missing, stale, orphaned


async def test_exactly_what_differs_is_touched(rig: Rig) -> None:
    missing, stale, orphaned = await spoil(rig)
    before = await rig.changed()
    looked = await rig.with_options(dry=True).run()
    assert await rig.changed() == before, "a dry run only compares"
    report = await rig.reconciliation.run()
    for found in (looked, report):
        assert (sorted(found.missing.first), sorted(found.stale.first), found.orphaned.first) == (
            missing,
            stale,
            sorted(orphaned),
        )
        assert found.compared == VIDEOS + ORPHANED
    after = await rig.changed()
    assert {name for name in after if after[name] != before.get(name)} <= {*missing, *stale}
    assert set(after) == set(rig.keys)
    for number, key in enumerate(rig.keys):
        if key in (*missing, *stale):
            assert await rig.blob(key) == data_of(number)
    again = await rig.reconciliation.run()
    assert (*numbers(again), again.compared) == (0, 0, 0, VIDEOS)
    assert await rig.changed() == after


async def test_what_the_bucket_has_lost_stays_in_the_mirror(rig: Rig) -> None:
    await rig.store.delete(rig.keys[3])
    report = await rig.reconciliation.run()
    assert (report.lost.first, report.orphaned.number) == ([rig.keys[3]], 0)
    assert await rig.blob(rig.keys[3]) == data_of(3)


async def test_an_orphan_whose_video_is_fetched_meanwhile_is_left(rig: Rig) -> None:
    name = object_key("youtube:sweep999999", "mp3-320.mp3")
    await rig.put_blob(name, b"something else")
    document: Any = {"_id": "youtube:sweep999999", "state": "running", "token": 1, "playlists": ["x"]}
    delete = Reconciliation._delete_orphans

    async def after(self: Reconciliation, report: ReconciliationReport) -> None:
        assert report.orphaned.first == [name]
        await rig.catalog.videos.insert_one(document)
        await delete(self, report)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Reconciliation, "_delete_orphans", after)
        await rig.reconciliation.run()
    assert await rig.catalog.videos.find_one({"_id": document["_id"]}) is not None
    assert name in await rig.changed()


@pytest.mark.parametrize("state", ["queued", "running", "waiting"])
async def test_what_is_in_work_is_left_alone(rig: Rig, state: str) -> None:
    await rig.catalog.videos.update_one({"audio.key": rig.keys[3]}, {"$set": {"state": state}})
    await rig.store.delete(rig.keys[3])
    report = await rig.reconciliation.run()
    assert (report.lost.number, report.orphaned.number) == (0, 0)
    assert await rig.blob(rig.keys[3]) == data_of(3)


async def test_suspiciously_many_orphans_are_left(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """As with an empty catalog, or the wrong one."""
    monkeypatch.setattr(reconcile, "FEW_ORPHANS", 2)
    await rig.catalog.videos.delete_many({})
    for key in rig.keys:
        await rig.store.delete(key)
    report = await rig.reconciliation.run()
    assert (report.orphans_left, report.orphaned.number) == (True, VIDEOS)
    assert len(await rig.changed()) == VIDEOS
    report = await rig.with_options(remove_many=True).run()
    assert (report.orphans_left, await rig.changed()) == (False, {})


async def test_an_interrupted_reconciliation_continues_where_it_was(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconcile, "BATCH", 10)
    missing, _, orphaned = await spoil(rig)
    seen = 0

    def interrupt(_: int) -> None:
        nonlocal seen
        seen += 1
        if seen == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await rig.with_options(progress=interrupt).run()
    place = await load_checkpoint(rig.catalog, rig.target)
    assert place is not None
    assert place >= missing[-1]
    rest = await rig.reconciliation.run()
    assert 0 < rest.compared < VIDEOS
    assert rest.missing.number == 0, "those were repaired before"
    assert await load_checkpoint(rig.catalog, rig.target) is None
    whole = await rig.reconciliation.run()
    assert numbers(whole)[:2] == (0, 0)
    assert whole.orphaned.first == sorted(orphaned), "what an interrupted run met is deleted by the next complete one"
