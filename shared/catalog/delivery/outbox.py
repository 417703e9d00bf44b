"""The messages that a document stands for: made from it alone, so always the same for the same state."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from shared.catalog.connection import Catalog
from shared.catalog.documents import Playlist, Video, VideoState
from shared.catalog.videos.attempt_log import append
from shared.contracts import AudioStored, Failure, PlaylistSubmitted, VideoAbandoned, VideoFailed, VideoRequested
from shared.contracts.audio import MAX_BESIDE, ObjectBeside


def submission_of(playlist: Playlist) -> PlaylistSubmitted:
    """The submission of a playlist. A listing that began after it has answered it."""
    profiles = playlist.get("profiles")
    return PlaylistSubmitted(
        url=playlist["url"],
        playlist_id=playlist["_id"],
        submitted_at=playlist["submitted_at"],
        profiles=tuple(profiles) if profiles is not None else None,
        limit=playlist.get("limit"),
        priority="high" if playlist.get("priority") == "high" else "normal",
    )


def requested_message(video: Video) -> VideoRequested:
    """The request for the next attempt."""
    return VideoRequested(
        video_id=video["_id"], url=video["url"], attempts=video["attempts"], urgent=video.get("urgent", False)
    )


def stored_message(video: Video) -> AudioStored:
    """The event of a stored video."""
    audio = video["audio"]
    return AudioStored(
        video_id=video["_id"],
        url=video["url"],
        title=video["title"] or "",
        profile=audio["profile"],
        bucket=audio["bucket"],
        object_key=audio["key"],
        sha256=audio["sha256"],
        size_bytes=audio["size_bytes"],
        duration_seconds=audio["duration_seconds"],
        bitrate_kbps=audio["bitrate_kbps"],
        codec=audio["codec"],
        stored_at=audio["stored_at"],
        beside=tuple(itertools.islice(_beside(video), MAX_BESIDE)),
    )


def _beside(video: Video) -> Iterator[ObjectBeside]:
    for sound in video.get("further", ()):
        yield ObjectBeside(
            kind="audio", object_key=sound["key"], sha256=sound["sha256"], size_bytes=sound["size_bytes"]
        )
    for other in video.get("beside", ()):
        yield ObjectBeside(
            kind=other["kind"], object_key=other["key"], sha256=other["sha256"], size_bytes=other["size_bytes"]
        )


def failed_message(video: Video) -> VideoFailed:
    """The event of a failed attempt."""
    retry = video["retry"]
    return VideoFailed(
        video_id=video["_id"],
        url=video["url"],
        title=video["title"],
        failure=Failure.model_validate(retry["failure"]),
        token=video["token"],
        attempt=max(1, video["attempts"]),
        failed_at=retry["last_failed_at"],
    )


def abandoned_message(video: Video) -> VideoAbandoned:
    """The event of a video that was given up."""
    return VideoAbandoned(
        video_id=video["_id"],
        url=video["url"],
        title=video["title"],
        failure=Failure.model_validate(video["retry"]["failure"]),
        attempts=max(1, video["attempts"]),
        abandoned_at=video["state_since"],
    )


def event_of(video: Video) -> AudioStored | VideoFailed | None:
    """The event of the attempt that ended last; None if somebody has acted on it since: then it came through."""
    if video["state"] == VideoState.STORED:
        return stored_message(video)
    if video["state"] == VideoState.WAITING and not video["retry"]["decided"]:
        return failed_message(video)
    return None


async def log_unannounced(catalog: Catalog, video: Video) -> None:
    """Write the log entry of an attempt that its own scraper may have had no time to write."""
    if "unannounced" in video:
        await append(catalog, video["unannounced"])


async def mark_announced(catalog: Catalog, video: Video) -> None:
    """Note that the broker has confirmed the event of the attempt, and that its log entry is written."""
    if "unannounced" in video:
        attempt = video["unannounced"]["token"]
        await catalog.videos.update_one(
            {"_id": video["_id"], "unannounced.token": attempt}, {"$unset": {"unannounced": ""}}
        )
