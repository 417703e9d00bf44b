"""The log of attempts: append-only, one document per attempt."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from datetime import datetime

from shared.catalog.connection import Catalog
from shared.catalog.documents import LogEntry, Video
from shared.catalog.parts import parts_of
from shared.contracts import Failure
from shared.errors import AlreadyThere


def log_entry(
    video: Video,
    *,
    title: str | None,
    failure: Failure | None,
    now: datetime,
    seconds: float,
    stages: dict[str, float],
) -> LogEntry:
    """Return the entry of the attempt that holds `video` now. `failure`: None if it ended in a stored object."""
    retry = video.get("retry")
    return {
        "_id": f"{video['_id']}#{video['token']}",
        "video_id": video["_id"],
        "url": video["url"],
        "title": title or video["title"],
        "status": "stored" if failure is None else "failed",
        "timestamp": now,
        "retry_attempts": video["attempts"],
        "last_retry": retry["last_failed_at"] if retry is not None else None,
        "error": failure.detail if failure is not None else None,
        "failure_class": failure.failure_class if failure is not None else None,
        "reason": failure.reason if failure is not None else None,
        "token": video["token"],
        "scraper": video["lease"]["owner"] if "lease" in video else "",
        "seconds": round(seconds, 3),
        "stages": {stage: round(value, 3) for stage, value in stages.items()},
    }


async def append(catalog: Catalog, entry: LogEntry) -> None:
    """Write the entry of an attempt. Writing it twice leaves one."""
    with suppress(AlreadyThere):
        await catalog.logs.insert_one(entry)


async def logged_tokens(catalog: Catalog, video_ids: Collection[str]) -> dict[str, list[int]]:
    """Read the fencing tokens of the logged attempts of several videos. Returns them by video id; none is missing."""
    tokens: dict[str, list[int]] = {video_id: [] for video_id in video_ids}
    for part in parts_of(list(tokens)):
        async for entry in catalog.logs.find({"video_id": {"$in": part}}, {"video_id": 1, "token": 1}):
            if isinstance(entry.get("token"), int):
                tokens[entry["video_id"]].append(entry["token"])
    return tokens
