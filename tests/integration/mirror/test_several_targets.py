"""Several targets at once: each gets its copies whatever the others do, and a video is mirrored when all have them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from cli.audit.auditor import Auditor
from cli.audit.repairing import Repairer
from cli.audit.rules import Limits, Repair, Violation
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
from shared.storage.content import Payload
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


class Rig(NamedTuple):
    """An archive with a mirror of two targets."""

    catalog: Catalog
    store: ObjectStore
    both: list[MirrorTarget]
    publisher: Publisher

    async def video(self, number: int) -> Video:
        video = await self.catalog.videos.find_one({"_id": id_of(number)})
        assert video is not None
        return video

    @property
    def mirror(self) -> Mirror:
        return Mirror(self.catalog, self.store, self.both, self.publisher)

    async def copied(self, *targets: MirrorTarget) -> int:
        """Copy the backlog into these targets. Returns how many videos were copied."""
        mirror = Mirror(self.catalog, self.store, targets, self.publisher)
        return await Backlog(self.catalog, mirror, AT_ONCE).copy()

    async def purged(self, *targets: MirrorTarget) -> int:
        """Purge deleted videos, as when these targets are on. Returns how many were purged."""
        await self.catalog.videos.update_many({}, {"$unset": {"tombstone.again_at": ""}})
        return await purge(self.catalog, self.store, targets, AT_ONCE)

    async def violations(self, *targets: MirrorTarget, scrub: bool = False) -> list[Violation]:
        """What an audit that asks these targets says of the videos."""
        auditor = Auditor(self.catalog, self.store, targets, nothing_waits, Limits(3600, 8), scrub=scrub)
        found = [await auditor._copies(await self.video(number)) for number in range(3)]
        return [violation for finding in found for violation in finding.violations]

    async def repair(self, violations: Sequence[Violation]) -> None:
        repairer = Repairer(self.catalog, self.store, self.both, self.publisher)
        for violation in violations:
            assert await repairer.repair(violation)


@pytest.fixture
async def rig(
    catalog: Catalog, store: ObjectStore, both: list[MirrorTarget], publisher: Publisher, tmp_path: Path
) -> Rig:
    """Three stored videos that nobody has mirrored, and two targets."""
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
    return Rig(catalog, store, both, publisher)


async def bytes_in(target: MirrorTarget, number: int) -> bytes | None:
    if await target.stat(key_of(number)) is None:
        return None
    return b"".join([block async for block in target.read(key_of(number))])


def places(targets: Sequence[MirrorTarget]) -> dict[str, str]:
    return {target.name: target.container for target in targets}


def send_away(target: MirrorTarget, monkeypatch: pytest.MonkeyPatch, *methods: str) -> list[str]:
    """Let these methods of a target fail. Returns a list that grows with each call."""
    asked = []

    async def away(*_: Any) -> None:
        asked.append(target.name)
        raise MirrorUnavailable("away", target=target.name)

    for name in methods:
        monkeypatch.setattr(target, name, away)
    return asked


async def nothing_waits(_: str) -> int:
    return 0


async def test_a_video_is_copied_into_each_target_and_announced_once(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    published = []

    async def publish(message: Any) -> None:
        published.append(message)

    monkeypatch.setattr(rig.publisher, "publish", publish)
    await rig.mirror.mirror(id_of(0))
    assert [await bytes_in(target, 0) for target in rig.both] == [SOUND, SOUND]
    video = await rig.video(0)
    assert present_copies(video) == places(rig.both)
    assert video["mirror"]["container"] == rig.both[0].container
    assert [message.container for message in published] == [rig.both[0].container]


@pytest.mark.parametrize("away", [0, 1])
async def test_a_target_that_is_away_keeps_nothing_from_the_other(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, away: int
) -> None:
    mirror = rig.mirror
    with monkeypatch.context() as patch:
        send_away(rig.both[away], patch, "put", "upload", "has", "stat")
        for _ in range(2):
            with pytest.raises(MirrorUnavailable, match="away"):
                await mirror.mirror(id_of(0))
        assert await bytes_in(rig.both[1 - away], 0) == SOUND
        there = rig.both[1 - away]
        video = await rig.video(0)
        assert (present_copies(video), "mirror" in video) == ({there.name: there.container}, False)
        # What it has is not copied again.
        send_away(there, patch, "put", "upload", "has", "stat")
        patch.undo()
        send_away(there, patch, "put", "upload", "has", "stat")
        await mirror.mirror(id_of(0))
    assert await bytes_in(rig.both[away], 0) == SOUND
    assert present_copies(await rig.video(0)) == places(rig.both)
    assert await count_unmirrored(rig.catalog) == 2


async def test_a_target_that_is_added_gets_everything_and_nothing_is_told_again(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    azure, s3 = rig.both
    assert await rig.copied(azure) == 3
    # As a version noted it that knew only Azure.
    await rig.catalog.videos.update_one({"_id": id_of(1)}, {"$unset": {"copies": ""}})
    assert await reopen(rig.catalog, places([azure])) == 0
    assert await count_unmirrored(rig.catalog) == 0
    assert await reopen(rig.catalog, places(rig.both)) == 3
    assert await reopen(rig.catalog, places(rig.both)) == 0
    assert await count_unmirrored(rig.catalog) == 3
    assert [present_copies(await rig.video(n)) for n in range(3)] == [places([azure])] * 3

    async def publish(message: Any) -> None:
        pytest.fail(f"published again: {message}")

    monkeypatch.setattr(rig.publisher, "publish", publish)
    assert await rig.copied(*rig.both) == 3
    assert [await bytes_in(s3, number) for number in range(3)] == [SOUND] * 3
    assert await count_unmirrored(rig.catalog) == 0
    # Switched off again, it changes nothing for those that have a copy in the other one.
    assert await reopen(rig.catalog, places([s3])) == 0


async def test_another_container_gets_everything_and_the_former_one_is_remembered(
    rig: Rig, azure: AzureSettings
) -> None:
    former, new = (BlobMirror(azure.model_copy(update={"container": f"{azure.container}-{n}"})) for n in range(2))
    for target in (former, new):
        await target.ensure_container(10)
        assert await rig.copied(target) == 3
    video = await rig.video(0)
    assert present_copies(video) == places([new])
    assert [found["container"] for found in video["copies"]] == [former.container, new.container]
    # Also by a version that noted only the last one.
    await rig.catalog.videos.update_one({"_id": id_of(1)}, {"$unset": {"copies": ""}})
    assert await rig.copied(former) == 1
    assert await delete_video(rig.catalog, video) is not None
    assert await rig.purged(new) == 1
    assert [await bytes_in(target, 0) for target in (former, new)] == [None, None]
    for target in (former, new):
        await target.close()


async def test_a_copy_of_earlier_content_is_no_copy_of_the_later_one(rig: Rig, tmp_path: Path) -> None:
    """Whatever stored the later one: an earlier version of this program leaves the notes as they were."""
    mirror = rig.mirror
    await mirror.mirror(id_of(0))
    later = b"another sound" * 30
    (tmp_path / "later").write_bytes(later)
    sha256 = hashlib.sha256(later).hexdigest()
    await rig.store.put_file(key_of(0), tmp_path / "later", "audio/mpeg", {"sha256": sha256})
    change = {"audio.sha256": sha256, "audio.size_bytes": len(later), "audio.stored_at": datetime.now(UTC)}
    await rig.catalog.videos.update_one({"_id": id_of(0)}, {"$set": change, "$unset": {"mirror": ""}})
    assert present_copies(await rig.video(0)) == {}
    await mirror.mirror(id_of(0))
    assert [await bytes_in(target, 0) for target in rig.both] == [later, later]
    assert present_copies(await rig.video(0)) == places(rig.both)


async def test_a_target_that_does_not_answer_costs_the_backlog_one_try(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    azure, s3 = rig.both
    with monkeypatch.context() as patch:
        tried = send_away(s3, patch, "has")
        assert await rig.copied(*rig.both) == 0
    assert len(tried) == 1
    assert [await bytes_in(azure, number) for number in range(3)] == [SOUND] * 3
    assert await count_unmirrored(rig.catalog) == 3
    assert await rig.copied(*rig.both) == 3
    assert [await bytes_in(s3, number) for number in range(3)] == [SOUND] * 3


@pytest.mark.parametrize("off", ["", "azure", "s3"])
async def test_a_deletion_waits_for_the_target_that_is_off(rig: Rig, off: str) -> None:
    await rig.mirror.mirror(id_of(0))
    assert await delete_video(rig.catalog, await rig.video(0)) is not None
    on = [target for target in rig.both if target.name != off]
    assert await rig.purged(*on) == (0 if off else 1)
    kept = (await rig.video(0))["tombstone"].get("kept", [])
    if off:
        [gone_off] = [target for target in rig.both if target.name == off]
        assert [(found["reason"], gone_off.container in found["detail"]) for found in kept] == [("mirror-off", True)]
        assert await rig.purged(*rig.both) == 1
    assert [await bytes_in(target, 0) for target in rig.both] == [None, None]


async def test_a_copy_noted_by_a_version_that_knew_only_azure_is_purged(rig: Rig) -> None:
    azure = rig.both[0]
    await Mirror(rig.catalog, rig.store, [azure], rig.publisher).mirror(id_of(0))
    await rig.catalog.videos.update_one({"_id": id_of(0)}, {"$unset": {"copies": ""}})
    assert await delete_video(rig.catalog, await rig.video(0)) is not None
    [noted] = (await rig.video(0))["tombstone"]["copies"]
    assert (noted["target"], noted["container"]) == ("azure", azure.container)
    assert await delete_video(rig.catalog, await rig.video(1)) is not None
    assert (await rig.video(1))["tombstone"]["copies"] == []
    # And a tombstone that it wrote.
    await rig.catalog.videos.update_one(
        {"_id": id_of(0)},
        {"$unset": {"tombstone.copies": ""}, "$set": {"tombstone.container": azure.container}},
    )
    assert await rig.purged() == 1
    assert (await rig.video(0))["tombstone"]["kept"][0]["reason"] == "mirror-off"
    assert await rig.purged(*rig.both) == 1


@pytest.mark.parametrize("scrub", [False, True])
async def test_the_audit_names_the_bad_copy_and_repairs_from_a_good_one(rig: Rig, scrub: bool) -> None:
    mirror = rig.mirror
    for number in range(3):
        await mirror.mirror(id_of(number))
    azure, s3 = rig.both
    # One copy is gone; another object is gone, and so is its first copy; a third target's copy is of something else.
    await s3.delete(key_of(0))
    await rig.store.delete(key_of(1))
    await azure.delete(key_of(1))
    await s3.put(key_of(2), Payload.of(b"x" * len(SOUND)), {"sha256": "0" * 64}, "audio/mpeg")
    found = await rig.violations(*rig.both, scrub=scrub)
    assert [(violation.rule, violation.subject, violation.repair) for violation in found] == [
        ("mirror-differs", id_of(0), Repair.COPY),
        ("object-differs", id_of(1), Repair.RESTORE),
        ("mirror-differs", id_of(1), Repair.COPY),
        ("mirror-differs", id_of(2), Repair.COPY),
    ]
    await rig.repair(found)
    assert await rig.violations(*rig.both, scrub=scrub) == []
    assert await bytes_in(azure, 1) == SOUND


@pytest.mark.parametrize("on", [0, 1])
async def test_nothing_is_fetched_again_while_a_target_that_is_not_asked_may_have_it(rig: Rig, on: int) -> None:
    await rig.mirror.mirror(id_of(0))
    await rig.store.delete(key_of(0))
    await rig.both[on].delete(key_of(0))
    found = await rig.violations(rig.both[on])
    assert {violation.repair for violation in found} == {Repair.NONE}
    assert all(KINDS[rig.both[1 - on].name].settings in violation.detail for violation in found)
    # Asked too, it restores the object.
    await rig.repair(await rig.violations(*rig.both))
    assert await rig.violations(*rig.both) == []


async def test_deletions_go_on_in_the_other_stores_while_a_target_is_away(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    azure, s3 = rig.both
    for number in range(3):
        await rig.mirror.mirror(id_of(number))
        assert await delete_video(rig.catalog, await rig.video(number)) is not None
    with monkeypatch.context() as patch:
        asked = send_away(s3, patch, "erase")
        assert await rig.purged(*rig.both) == 0
    assert len(asked) == 1
    assert [await bytes_in(azure, number) for number in range(3)] == [None] * 3
    assert [await rig.store.stat(key_of(number)) for number in range(3)] == [None] * 3
    assert await rig.purged(*rig.both) == 3
