"""Builds the messages of a document from it alone, so that the same state always gives the same message."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from shared.catalog.connection import Catalog
from shared.catalog.documents import Playlist, Video, VideoState
from shared.catalog.playlists.acceptance import filters_of
from shared.catalog.videos.attempt_log import append
from shared.contracts import (
    AudioStored,
    DownloadMeasured,
    Failure,
    PlaylistSubmitted,
    VideoAbandoned,
    VideoFailed,
    VideoRequested,
)
from shared.contracts.audio import MAX_BESIDE, ObjectBeside


def submission_of(playlist: Playlist) -> PlaylistSubmitted:
    """Return the submission of a playlist. A listing that began after it has answered it."""
    profiles = playlist.get("profiles")
    return PlaylistSubmitted(
        url=playlist["url"],
        playlist_id=playlist["_id"],
        submitted_at=playlist["submitted_at"],
        profiles=tuple(profiles) if profiles is not None else None,
        limit=playlist.get("limit"),
        priority="high" if playlist.get("priority") == "high" else "normal",
        filters=filters_of(playlist.get("filters")),
    )


def requested_message(video: Video) -> VideoRequested:
    """Return the request for the next attempt."""
    return VideoRequested(
        video_id=video["_id"], url=video["url"], attempts=video["attempts"], urgent=video.get("urgent", False)
    )


def stored_message(video: Video) -> AudioStored:
    """Return the event of a stored video."""
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
        beside=tuple(itertools.islice(_other_objects(video), MAX_BESIDE)),
    )


def _other_objects(video: Video) -> Iterator[ObjectBeside]:
    for rendition in video.get("further", ()):
        yield ObjectBeside(
            kind="audio", object_key=rendition["key"], sha256=rendition["sha256"], size_bytes=rendition["size_bytes"]
        )
    for sidecar in video.get("beside", ()):
        yield ObjectBeside(
            kind=sidecar["kind"], object_key=sidecar["key"], sha256=sidecar["sha256"], size_bytes=sidecar["size_bytes"]
        )


def failed_message(video: Video) -> VideoFailed:
    """Return the event of a failed attempt."""
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
    """Return the event of an abandoned video."""
    return VideoAbandoned(
        video_id=video["_id"],
        url=video["url"],
        title=video["title"],
        failure=Failure.model_validate(video["retry"]["failure"]),
        attempts=max(1, video["attempts"]),
        abandoned_at=video["state_since"],
    )


def pending_events(video: Video) -> list[AudioStored | VideoFailed | DownloadMeasured]:
    """Return the events of the attempt that ended last, without those that another service has acted on."""
    found: list[AudioStored | VideoFailed | DownloadMeasured] = []
    if video["state"] == VideoState.STORED:
        found.append(stored_message(video))
    elif video["state"] == VideoState.WAITING and not video["retry"]["decided"]:
        found.append(failed_message(video))
    # The log entry is kept in the outbox until the broker has confirmed all of them.
    if (measured := video.get("unannounced", {}).get("measured")) is not None:
        found.append(DownloadMeasured.model_validate(measured))
    return found


async def log_unannounced(catalog: Catalog, video: Video) -> None:
    """Write the log entry of an attempt whose scraper may have died before it wrote it."""
    if "unannounced" in video:
        await append(catalog, video["unannounced"])


async def mark_announced(catalog: Catalog, video: Video) -> None:
    """Note that the log entry of the attempt is written, and that the broker has confirmed its event."""
    if "unannounced" in video:
        attempt = video["unannounced"]["token"]
        await catalog.videos.update_one(
            {"_id": video["_id"], "unannounced.token": attempt}, {"$unset": {"unannounced": ""}}
        )
