"""Several targets at once: each gets its copies whatever the others do, and a video is mirrored when all have them."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cli.audit.auditor import Auditor
from cli.audit.repairing import Repairer
from cli.audit.rules import Limits, Repair
from services.sync.backlog import copy_backlog
from services.sync.mirror import Mirror
from services.sync.purge import purge
from services.sync.reconcile import Reconciliation, reconcile
from shared.catalog.connection import Catalog
from shared.catalog.documents import Video
from shared.catalog.operator.decisions import delete_video
from shared.catalog.videos.mirroring import count_unmirrored, reopen
from shared.errors import MirrorUnavailable
from shared.messaging.publisher import Publisher
from shared.storage.keys import object_key
from shared.storage.s3.objects import ObjectStore
from shared.storage.target import MirrorTarget

SOUND = b"the sound of it" * 20
SHA256 = hashlib.sha256(SOUND).hexdigest()
#: Seconds of grace with which also what was stored or deleted just now is copied or purged.
AT_ONCE = -60.0


def id_of(number: int) -> str:
    return f"youtube:twotargets{number}"


def key_of(number: int) -> str:
    return object_key(id_of(number), "mp3-320.mp3")


@pytest.fixture
async def archive(catalog: Catalog, store: ObjectStore, tmp_path: Path) -> Catalog:
    """Three stored videos that nobody has mirrored."""
    file = tmp_path / "sound.mp3"
    file.write_bytes(SOUND)
    for number in range(3):
        await store.put_file(key_of(number), file, "audio/mpeg", {"sha256": SHA256})
        audio: dict[str, Any] = {"profile": "mp3-320", "bucket": store.bucket, "key": key_of(number), "sha256": SHA256}
        audio |= {"size_bytes": len(SOUND), "duration_seconds": 1.0, "bitrate_kbps": 320, "codec": "mp3"}
        audio |= {"source_codec": None, "source_bitrate_kbps": None, "source_format": None, "engine": "yt-dlp"}
        audio |= {"stored_at": datetime.now(UTC)}
        now = datetime.now(UTC)
        document: dict[str, Any] = {
            "_id": id_of(number),
            "state": "stored",
            "state_since": now,
            "accepted_at": now,
            "token": 1,
            "attempts": 0,
            "audio": audio,
            "playlists": ["youtube:playlist"],
            "url": f"https://www.youtube.com/watch?v=twotargets{number}",
            "title": "A title",
            "accession": number + 1,
        }
        await catalog.videos.insert_one(document)  # type: ignore[arg-type]  # as much of it as a mirror reads
    return catalog


async def video_of(catalog: Catalog, number: int) -> Video:
    video = await catalog.videos.find_one({"_id": id_of(number)})
    assert video is not None
    return video


async def bytes_in(target: MirrorTarget, number: int) -> bytes | None:
    if await target.stat(key_of(number)) is None:
        return None
    return b"".join([block async for block in target.read(key_of(number))])


def send_away(target: MirrorTarget, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: Any) -> None:
        raise MirrorUnavailable("away", target=target.name)

    for name in ("put", "upload", "has", "stat"):
        monkeypatch.setattr(target, name, away)


async def test_a_video_is_copied_into_each_target_and_announced_once(
    archive: Catalog,
    store: ObjectStore,
    both: list[MirrorTarget],
    publisher: Publisher,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    published = []

    async def publish(message: Any) -> None:
        published.append(message)

    monkeypatch.setattr(publisher, "publish", publish)
    await Mirror(archive, store, both, publisher).mirror(id_of(0))
    assert [await bytes_in(target, 0) for target in both] == [SOUND, SOUND]
    video = await video_of(archive, 0)
    assert video["copies"] == {target.name: target.container for target in both}
    assert video["mirror"]["container"] == both[0].container
    assert [message.container for message in published] == [both[0].container]


@pytest.mark.parametrize("away", [0, 1])
async def test_a_target_that_is_away_keeps_nothing_from_the_other(
    archive: Catalog,
    store: ObjectStore,
    both: list[MirrorTarget],
    publisher: Publisher,
    monkeypatch: pytest.MonkeyPatch,
    away: int,
) -> None:
    mirror = Mirror(archive, store, both, publisher)
    with monkeypatch.context() as patch:
        send_away(both[away], patch)
        for _ in range(2):
            with pytest.raises(MirrorUnavailable, match="away"):
                await mirror.mirror(id_of(0))
        assert await bytes_in(both[1 - away], 0) == SOUND
        there = both[1 - away]
        video = await video_of(archive, 0)
        assert (video["copies"], "mirror" in video) == ({there.name: there.container}, False)
        # What it has is not copied again.
        send_away(there, patch)
        patch.undo()
        send_away(there, patch)
        await mirror.mirror(id_of(0))
    assert await bytes_in(both[away], 0) == SOUND
    assert set((await video_of(archive, 0))["copies"]) == {"azure", "s3"}
    assert await count_unmirrored(archive) == 2


async def test_a_target_that_is_added_gets_everything(
    archive: Catalog, store: ObjectStore, both: list[MirrorTarget], publisher: Publisher
) -> None:
    azure, s3 = both
    before = Mirror(archive, store, [azure], publisher)
    assert await copy_backlog(archive, before, AT_ONCE) == 3
    # As a version noted it that knew only Azure.
    await archive.videos.update_one({"_id": id_of(1)}, {"$unset": {"copies": ""}})
    assert await reopen(archive, ["azure"]) == 0
    assert await count_unmirrored(archive) == 0
    assert await reopen(archive, ["azure", "s3"]) == 3
    assert await reopen(archive, ["azure", "s3"]) == 0
    assert await count_unmirrored(archive) == 3
    assert [(await video_of(archive, n))["copies"] for n in range(3)] == [{"azure": azure.container}] * 3
    assert await copy_backlog(archive, Mirror(archive, store, both, publisher), AT_ONCE) == 3
    assert [await bytes_in(s3, number) for number in range(3)] == [SOUND] * 3
    assert await count_unmirrored(archive) == 0
    # Switched off again, it changes nothing for those that have a copy in the other one.
    assert await reopen(archive, ["s3"]) == 0


async def test_the_reconciliation_goes_on_with_the_next_target(
    archive: Catalog,
    store: ObjectStore,
    both: list[MirrorTarget],
    publisher: Publisher,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mirror = Mirror(archive, store, both, publisher)
    for number in range(3):
        await mirror.mirror(id_of(number))
    azure, s3 = both
    await s3.delete(key_of(0))
    await s3.put(key_of(1), b"something else", {}, "audio/mpeg")

    def away(*_: Any) -> Any:
        raise MirrorUnavailable("away", target="azure")

    monkeypatch.setattr(azure, "listed", away)
    runs = [Reconciliation(archive, store, target, mirror) for target in both]
    with pytest.raises(MirrorUnavailable, match="away"):
        await reconcile(runs)
    assert [await bytes_in(s3, number) for number in range(3)] == [SOUND] * 3
    monkeypatch.undo()
    reports = await reconcile(runs)
    assert [(found.target, found.touched, found.compared) for found in reports] == [("azure", 0, 3), ("s3", 0, 3)]


@pytest.mark.parametrize("off", ["", "azure", "s3"])
async def test_a_deletion_waits_for_the_target_that_is_off(
    archive: Catalog, store: ObjectStore, both: list[MirrorTarget], publisher: Publisher, off: str
) -> None:
    await Mirror(archive, store, both, publisher).mirror(id_of(0))
    assert await delete_video(archive, await video_of(archive, 0)) is not None
    on = [target for target in both if target.name != off]
    assert await purge(archive, store, on, AT_ONCE) == (0 if off else 1)
    kept = (await video_of(archive, 0))["tombstone"].get("kept", [])
    if off:
        [gone_off] = [target for target in both if target.name == off]
        assert [(found["reason"], gone_off.container in found["detail"]) for found in kept] == [("mirror-off", True)]
        await archive.videos.update_one({"_id": id_of(0)}, {"$unset": {"tombstone.again_at": ""}})
        assert await purge(archive, store, both, AT_ONCE) == 1
    assert [await bytes_in(target, 0) for target in both] == [None, None]


async def test_a_copy_noted_by_a_version_that_knew_only_azure_is_purged(
    archive: Catalog, store: ObjectStore, both: list[MirrorTarget], publisher: Publisher
) -> None:
    azure = both[0]
    await Mirror(archive, store, [azure], publisher).mirror(id_of(0))
    await archive.videos.update_one({"_id": id_of(0)}, {"$unset": {"copies": ""}})
    assert await delete_video(archive, await video_of(archive, 0)) is not None
    assert (await video_of(archive, 0))["tombstone"]["copies"] == {"azure": azure.container}
    assert await delete_video(archive, await video_of(archive, 1)) is not None
    assert (await video_of(archive, 1))["tombstone"]["copies"] == {}
    # And a tombstone that it wrote.
    await archive.videos.update_one(
        {"_id": id_of(0)},
        {"$unset": {"tombstone.copies": ""}, "$set": {"tombstone.container": azure.container}},
    )
    assert await purge(archive, store, [], AT_ONCE) == 1
    assert (await video_of(archive, 0))["tombstone"]["kept"][0]["reason"] == "mirror-off"
    await archive.videos.update_one({"_id": id_of(0)}, {"$unset": {"tombstone.again_at": ""}})
    assert await purge(archive, store, both, AT_ONCE) == 1


async def nothing_waits(_: str) -> int:
    return 0


@pytest.mark.parametrize("scrub", [False, True])
async def test_the_audit_names_the_bad_copy_and_repairs_from_a_good_one(
    archive: Catalog, store: ObjectStore, both: list[MirrorTarget], publisher: Publisher, scrub: bool
) -> None:
    mirror = Mirror(archive, store, both, publisher)
    for number in range(3):
        await mirror.mirror(id_of(number))
    azure, s3 = both
    # One copy is gone; another object is gone, and so is its first copy; a third target's copy is of something else.
    await s3.delete(key_of(0))
    await store.delete(key_of(1))
    await azure.delete(key_of(1))
    await s3.put(key_of(2), b"x" * len(SOUND), {"sha256": "0" * 64}, "audio/mpeg")
    auditor = Auditor(archive, store, both, nothing_waits, Limits(3600, 8), scrub=scrub)

    async def found() -> list[tuple[str, str, Repair]]:
        found = [await auditor._copies(await video_of(archive, number)) for number in range(3)]
        return [(v.rule, v.subject, v.repair) for finding in found for v in finding.violations]

    assert await found() == [
        ("mirror-differs", id_of(0), Repair.COPY),
        ("object-differs", id_of(1), Repair.RESTORE),
        ("mirror-differs", id_of(1), Repair.COPY),
        ("mirror-differs", id_of(2), Repair.COPY),
    ]
    repairer = Repairer(archive, store, both, publisher)
    for number in range(3):
        for violation in (await auditor._copies(await video_of(archive, number))).violations:
            assert await repairer.repair(violation)
    assert await found() == []
    assert await bytes_in(azure, 1) == SOUND
