"""Several targets at once: each gets its copies whatever the others do, and a video is mirrored when all have them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cli.audit.auditor import Auditor
from cli.audit.repairing import Repairer
from cli.audit.rules import Limits, Repair
from services.sync.backlog import Backlog
from services.sync.mirror import Mirror
from services.sync.purge import purge
from shared.catalog.connection import Catalog
from shared.catalog.documents import Video
from shared.catalog.operator.decisions import delete_video
from shared.catalog.videos.mirroring import count_unmirrored, present_copies, reopen
from shared.errors import MirrorUnavailable
from shared.messaging.publisher import Publisher
from shared.settings import AzureSettings
from shared.storage.azure.blobs import BlobMirror
from shared.storage.keys import object_key
from shared.storage.s3.objects import ObjectStore
from shared.storage.target import MirrorTarget
from shared.storage.targets import KINDS

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


def places(targets: Sequence[MirrorTarget]) -> dict[str, str]:
    return {target.name: target.container for target in targets}


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
    assert present_copies(video) == places(both)
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
        assert (present_copies(video), "mirror" in video) == ({there.name: there.container}, False)
        # What it has is not copied again.
        send_away(there, patch)
        patch.undo()
        send_away(there, patch)
        await mirror.mirror(id_of(0))
    assert await bytes_in(both[away], 0) == SOUND
    assert present_copies(await video_of(archive, 0)) == places(both)
    assert await count_unmirrored(archive) == 2


async def copied(catalog: Catalog, store: ObjectStore, targets: list[MirrorTarget], publisher: Publisher) -> int:
    return await Backlog(catalog, Mirror(catalog, store, targets, publisher), AT_ONCE).copy()


async def test_a_target_that_is_added_gets_everything_and_nothing_is_told_again(
    archive: Catalog,
    store: ObjectStore,
    both: list[MirrorTarget],
    publisher: Publisher,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    azure, s3 = both
    assert await copied(archive, store, [azure], publisher) == 3
    # As a version noted it that knew only Azure.
    await archive.videos.update_one({"_id": id_of(1)}, {"$unset": {"copies": ""}})
    assert await reopen(archive, places([azure])) == 0
    assert await count_unmirrored(archive) == 0
    assert await reopen(archive, places(both)) == 3
    assert await reopen(archive, places(both)) == 0
    assert await count_unmirrored(archive) == 3
    assert [present_copies(await video_of(archive, n)) for n in range(3)] == [places([azure])] * 3

    async def publish(message: Any) -> None:
        pytest.fail(f"published again: {message}")

    monkeypatch.setattr(publisher, "publish", publish)
    assert await copied(archive, store, both, publisher) == 3
    assert [await bytes_in(s3, number) for number in range(3)] == [SOUND] * 3
    assert await count_unmirrored(archive) == 0
    # Switched off again, it changes nothing for those that have a copy in the other one.
    assert await reopen(archive, places([s3])) == 0


async def test_another_container_gets_everything_and_the_former_one_is_remembered(
    archive: Catalog, store: ObjectStore, azure: AzureSettings, publisher: Publisher
) -> None:
    former, new = (BlobMirror(azure.model_copy(update={"container": f"{azure.container}-{n}"})) for n in range(2))
    for target in (former, new):
        await target.ensure_container(10)
        assert await copied(archive, store, [target], publisher) == 3
    video = await video_of(archive, 0)
    assert present_copies(video) == places([new])
    assert [found["container"] for found in video["copies"]] == [former.container, new.container]
    # Also by a version that noted only the last one.
    await archive.videos.update_one({"_id": id_of(1)}, {"$unset": {"copies": ""}})
    assert await copied(archive, store, [former], publisher) == 1
    assert await delete_video(archive, video) is not None
    assert await purge(archive, store, [new], AT_ONCE) == 1
    assert [await bytes_in(target, 0) for target in (former, new)] == [None, None]
    for target in (former, new):
        await target.close()


async def test_a_copy_of_earlier_content_is_no_copy_of_the_later_one(
    archive: Catalog, store: ObjectStore, both: list[MirrorTarget], publisher: Publisher, tmp_path: Path
) -> None:
    """Whatever stored the later one: an earlier version of this program leaves the notes as they were."""
    mirror = Mirror(archive, store, both, publisher)
    await mirror.mirror(id_of(0))
    later = b"another sound" * 30
    (tmp_path / "later").write_bytes(later)
    sha256 = hashlib.sha256(later).hexdigest()
    await store.put_file(key_of(0), tmp_path / "later", "audio/mpeg", {"sha256": sha256})
    change = {"audio.sha256": sha256, "audio.size_bytes": len(later), "audio.stored_at": datetime.now(UTC)}
    await archive.videos.update_one({"_id": id_of(0)}, {"$set": change, "$unset": {"mirror": ""}})
    assert present_copies(await video_of(archive, 0)) == {}
    await mirror.mirror(id_of(0))
    assert [await bytes_in(target, 0) for target in both] == [later, later]
    assert present_copies(await video_of(archive, 0)) == places(both)


async def test_a_target_that_does_not_answer_costs_the_backlog_one_try(
    archive: Catalog,
    store: ObjectStore,
    both: list[MirrorTarget],
    publisher: Publisher,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    azure, s3 = both
    tried = 0

    async def away(*_: Any) -> bool:
        nonlocal tried
        tried += 1
        raise MirrorUnavailable("away", target="s3")

    with monkeypatch.context() as patch:
        patch.setattr(s3, "has", away)
        assert await copied(archive, store, both, publisher) == 0
    assert tried == 1
    assert [await bytes_in(azure, number) for number in range(3)] == [SOUND] * 3
    assert await count_unmirrored(archive) == 3
    assert await copied(archive, store, both, publisher) == 3
    assert [await bytes_in(s3, number) for number in range(3)] == [SOUND] * 3


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
    [noted] = (await video_of(archive, 0))["tombstone"]["copies"]
    assert (noted["target"], noted["container"]) == ("azure", azure.container)
    assert await delete_video(archive, await video_of(archive, 1)) is not None
    assert (await video_of(archive, 1))["tombstone"]["copies"] == []
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


@pytest.mark.parametrize("on", [0, 1])
async def test_nothing_is_fetched_again_while_a_target_that_is_not_asked_may_have_it(
    archive: Catalog, store: ObjectStore, both: list[MirrorTarget], publisher: Publisher, on: int
) -> None:
    await Mirror(archive, store, both, publisher).mirror(id_of(0))
    await store.delete(key_of(0))
    await both[on].delete(key_of(0))
    auditor = Auditor(archive, store, [both[on]], nothing_waits, Limits(3600, 8))
    found = (await auditor._copies(await video_of(archive, 0))).violations
    assert {violation.repair for violation in found} == {Repair.NONE}
    assert all(KINDS[both[1 - on].name][1] in violation.detail for violation in found)
    # Asked too, it restores the object.
    auditor = Auditor(archive, store, both, nothing_waits, Limits(3600, 8))
    repairer = Repairer(archive, store, both, publisher)
    for violation in (await auditor._copies(await video_of(archive, 0))).violations:
        assert await repairer.repair(violation)
    assert (await auditor._copies(await video_of(archive, 0))).violations == []


async def test_deletions_go_on_in_the_other_stores_while_a_target_is_away(
    archive: Catalog,
    store: ObjectStore,
    both: list[MirrorTarget],
    publisher: Publisher,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    azure, s3 = both
    for number in range(3):
        await Mirror(archive, store, both, publisher).mirror(id_of(number))
        assert await delete_video(archive, await video_of(archive, number)) is not None
    asked = 0

    async def away(*_: Any) -> Any:
        nonlocal asked
        asked += 1
        raise MirrorUnavailable("away", target="s3")

    with monkeypatch.context() as patch:
        patch.setattr(s3, "erase", away)
        assert await purge(archive, store, both, AT_ONCE) == 0
    assert asked == 1
    assert [await bytes_in(azure, number) for number in range(3)] == [None] * 3
    assert [await store.stat(key_of(number)) for number in range(3)] == [None] * 3
    await archive.videos.update_many({}, {"$unset": {"tombstone.again_at": ""}})
    assert await purge(archive, store, both, AT_ONCE) == 3
