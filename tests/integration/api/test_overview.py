"""The overview, from the real catalog and the real broker."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from services.api.backend import Backend
from services.api.overview import LABELS
from shared.catalog.connection import Catalog
from shared.catalog.playlists.acceptance import accept_playlist
from shared.catalog.videos.acceptance import Entry, accept_videos
from shared.contracts import VideoRequested
from shared.topology import VIDEOS_QUEUE, WORK_QUEUES


async def test_everything_is_counted_where_it_belongs(backend: Backend, catalog: Catalog) -> None:
    now = datetime.now(UTC)
    ids = [f"youtube:over{n}" for n in range(8)]
    await accept_playlist(catalog, "youtube:PL1", "https://a.b/")
    await accept_videos(
        catalog, "youtube:PL1", ("mp3-320",), [Entry(id_, "https://youtu.be/x", "x", 1800.0) for id_ in ids], now
    )
    audio = {"sha256": "0" * 64, "size_bytes": 1000, "duration_seconds": 3600.0, "stored_at": now}
    for id_, state in (
        (ids[0], {"state": "stored", "audio": audio, "mirror": {"sha256": "0" * 64}}),
        (ids[1], {"state": "stored", "audio": audio | {"stored_at": now - timedelta(hours=30)}}),
        (ids[2], _waiting("timeout", "transient", now - timedelta(minutes=5))),
        (ids[3], _waiting("timeout", "transient", now + timedelta(minutes=5))),
        (ids[4], _waiting("js-runtime", "tool", now + timedelta(days=3))),
        (ids[5], _waiting("private", "permanent", now) | {"state": "abandoned"}),
    ):
        await catalog.videos.update_one({"_id": id_}, {"$set": state})
    await catalog.logs.update_one({"_id": "1"}, {"$set": {"status": "failed", "timestamp": now}}, upsert=True)
    await catalog.playlists.update_one({"_id": "youtube:PL1"}, {"$set": {"state": "refused"}})
    await backend.publisher.publish(VideoRequested(video_id=ids[6], url="https://youtu.be/x"))

    seen = await backend.overview.get()

    progress = seen.progress
    assert progress.counts.model_dump() == {"queued": 2, "running": 0, "waiting": 3, "stored": 2, "abandoned": 1}
    # A stored video has its measured length; the others have that of their listing.
    assert (progress.found_hours, progress.stored_hours, progress.mirrored_hours) == (2 + 6 * 0.5, 2, 1)
    assert (progress.mirrored, progress.mirroring, progress.stored_bytes) == (1, True, 2000)
    assert len(seen.throughput) == 24
    assert sum(hour.videos for hour in seen.throughput) == 1
    assert sum(hour.hours for hour in seen.throughput) == 1
    assert sum(hour.failed for hour in seen.throughput) == 1
    assert dict(zip(LABELS, (due.videos for due in seen.retries_due), strict=True)) == {
        **dict.fromkeys(LABELS, 0),
        "overdue": 1,
        "10 min": 1,
        "later": 1,
    }
    queues = {queue.queue: queue for queue in seen.queues}
    assert set(queues) == {queue.name for queue in WORK_QUEUES}
    assert queues[VIDEOS_QUEUE].messages == 1
    assert queues[VIDEOS_QUEUE].oldest_at is not None
    assert queues["sync.stored"].oldest_at is not None
    assert queues["retry.failures"].oldest_at is None
    assert [(concern.kind, concern.reason, concern.count) for concern in seen.needs_a_person] == [
        ("refused-playlists", None, 1),
        ("reason", "js-runtime", 1),
    ]


def _waiting(reason: str, failure_class: str, due_at: datetime) -> dict[str, object]:
    failure = {"reason": reason, "failure_class": failure_class, "detail": "x", "retry_at": None}
    retry = {"failure": failure, "due_at": due_at, "decided": True, "first_failed_at": due_at, "last_failed_at": due_at}
    return {"state": "waiting", "retry": retry}


async def test_an_empty_archive_needs_nobody(backend: Backend) -> None:
    seen = await backend.overview.get()
    assert (seen.playlists, seen.needs_a_person, seen.breakers) == (0, [], [])
    assert seen.progress.mirroring is False
