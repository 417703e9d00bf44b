"""Stored and deleted videos over which the sync service fails: each rests alone; the others are copied or removed."""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from services.sync.backlog import Backlog
from services.sync.handlers import handlers
from services.sync.mirror import Mirror
from services.sync.purge import purge
from shared.contracts import AudioStored
from shared.contracts.defect import DEFECT_LIMIT
from shared.messaging.connection import Broker
from shared.messaging.consuming import settlement
from shared.messaging.publisher import Publisher
from shared.settings import AzureSettings
from shared.storage.azure.blobs import BlobMirror
from shared.storage.keys import object_key
from shared.storage.s3.objects import ObjectStore
from shared.topology import STORED_QUEUE
from tests.hostile.defective import GOOD, PLACE, Defective, until
from tests.integration.conftest import (  # noqa: F401 fixtures
    azure,
    backend,
    broker,
    publisher,
    s3,
    store,
)

PAST = datetime(2026, 1, 1, tzinfo=UTC)
SOUND = b"the sound of a video" * 50
DIGEST = hashlib.sha256(SOUND).hexdigest()
WRONG: dict[str, Mapping[str, Any]] = {
    "no key": {"audio.key": None},
    "a key that is a number": {"audio.key": 7},
    "further objects a text": {"further": "none"},
    "a token that is a text": {"token": "two"},
}


@pytest.fixture
async def rig(
    catalog: Any,
    broker: Broker,  # noqa: F811
    publisher: Publisher,  # noqa: F811
    backend: Any,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> Defective:
    """Our services on the servers of this run, with short delays after a defect."""
    monkeypatch.setattr(settlement, "DEFECT_SECONDS", 0.01)
    return Defective(catalog, broker, publisher, backend)


@pytest.fixture
async def blobs(azure: AzureSettings) -> AsyncIterator[BlobMirror]:  # noqa: F811
    """The mirror's container."""
    blobs = BlobMirror(azure)
    await blobs.ensure_container(10)
    yield blobs
    await blobs.close()


async def store_video(rig: Defective, objects: ObjectStore, id_: str, folder: Path) -> None:
    """A stored video, as the scraper leaves it."""
    await rig.accept(id_, requested=True)
    key, file = object_key(id_, "mp3-320.mp3"), folder / "sound.mp3"
    file.write_bytes(SOUND)
    await objects.put_file(key, file, "audio/mpeg", {"sha256": DIGEST})
    audio = {"profile": "mp3-320", "bucket": objects.bucket, "key": key, "sha256": DIGEST, "size_bytes": len(SOUND)}
    length = {"duration_seconds": 5.0, "bitrate_kbps": 320, "codec": "mp3", "engine": "yt-dlp", "stored_at": PAST}
    await rig.spoil(id_, {"state": "stored", "token": 1, "attempts": 1, "audio": {**audio, **length}})


def event(id_: str) -> AudioStored:
    """The event of such a video."""
    return AudioStored(
        video_id=id_,
        url="https://youtu.be/x",
        title="x",
        profile="mp3-320",
        bucket="x",
        object_key="x",
        sha256=DIGEST,
        size_bytes=1,
        duration_seconds=1,
        bitrate_kbps=1,
        codec="mp3",
        stored_at=PAST,
    )


async def test_videos_that_cannot_be_mirrored_rest_alone(
    rig: Defective,
    store: ObjectStore,  # noqa: F811
    blobs: BlobMirror,
    tmp_path: Path,
    inputs: Callable[[int], None],
) -> None:
    inputs(len(WRONG))
    mirror = Mirror(rig.catalog, store, [blobs], rig.publisher)
    ids = {name: f"youtube:mirrorbad{n:02}" for n, name in enumerate(WRONG)}
    for id_ in (*ids.values(), GOOD):
        await store_video(rig, store, id_, tmp_path)
    before = {id_: await rig.video(id_) for id_ in ids.values()}
    for name, change in WRONG.items():
        await rig.spoil(ids[name], change)

    async def ended() -> bool:
        numbers = [(await rig.video(id_)).get("defects", {}).get("number", 0) for id_ in ids.values()]
        return all(number >= DEFECT_LIMIT for number in numbers) and "mirror" in await rig.video(GOOD)

    async with rig.consuming(STORED_QUEUE, handlers(mirror)):
        for id_ in (*ids.values(), GOOD):
            await rig.publisher.publish(event(id_))
        # Some wait for their own event; others only the look at all of them finds.
        for _ in range(DEFECT_LIMIT):
            await Backlog(rig.catalog, mirror, -1).copy()
        await until(ended, "end of all")
    for name, id_ in ids.items():
        video = await rig.video(id_)
        assert (video["state"], "mirror" in video) == ("stored", False), name
        assert re.search(PLACE, video["defects"]["failure"]["detail"]), name
    number = {id_: (await rig.video(id_))["defects"]["number"] for id_ in ids.values()}
    assert await Backlog(rig.catalog, mirror, -1).copy() == 0
    assert number == {id_: (await rig.video(id_))["defects"]["number"] for id_ in ids.values()}, "they rest"
    # Mended, and taken up again.
    for id_, video in before.items():
        await rig.spoil(id_, {"audio": video["audio"], "token": 1, "further": []})
    assert (await rig.retry(reason="defect")).videos == len(ids)
    assert await Backlog(rig.catalog, mirror, -1).copy() == len(ids)
    assert all(["defects" not in await rig.video(id_) for id_ in ids.values()])


async def test_a_deleted_video_that_cannot_be_removed_rests_alone(
    rig: Defective,
    store: ObjectStore,  # noqa: F811
    tmp_path: Path,
) -> None:
    bad = "youtube:removebad01"
    for id_ in (bad, GOOD):
        await store_video(rig, store, id_, tmp_path)
        tombstone = {"at": PAST, "purged_at": None, "bucket": store.bucket}
        await rig.spoil(id_, {"state": "abandoned", "tombstone": tombstone})
    await rig.spoil(bad, {"tombstone.bucket": ["not", "a", "name"]})
    assert await purge(rig.catalog, store, (), -1) == 1
    for _ in range(DEFECT_LIMIT):
        assert await purge(rig.catalog, store, (), -1) == 0
    video = await rig.video(bad)
    assert video["defects"]["number"] == DEFECT_LIMIT
    assert video["defects"]["again_at"] > await rig.catalog.now()
    assert (await rig.video(GOOD))["tombstone"]["purged_at"] is not None
