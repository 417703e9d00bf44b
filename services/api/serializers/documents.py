"""Turns documents of the catalog into the schemas of HTTP responses. Pure functions."""

from __future__ import annotations

from services.api.schemas.access import KeyOut
from services.api.schemas.operations import BreakerOut, ParkedOut
from services.api.schemas.playlists import PlaylistListedOut, PlaylistOut
from services.api.schemas.progress import CountsOut, FailureOut, ProgressOut
from services.api.schemas.videos import AttemptOut, VideoOut
from services.api.serializers.malformed import (
    MALFORMED,
    partial_attempt,
    partial_key,
    partial_playlist,
    partial_video,
)
from services.api.serializers.measurements import measured_out
from shared.catalog.documents import Key, LogEntry, Parked, Playlist, StoredBreaker, StoredFailure, Video, VideoState
from shared.catalog.operations.breakers import source_of_breaker
from shared.catalog.operations.parked import MAX_REASON
from shared.catalog.playlists.relisting import listed_lately
from shared.catalog.reports.progress import Progress
from shared.catalog.videos.mirroring import present_copies
from shared.contracts.defect import DEFECT_LIMIT


def progress_out(progress: Progress) -> ProgressOut:
    """Counts and sums over a set of videos."""
    return ProgressOut(
        counts=CountsOut.model_validate(progress.counts),
        found_hours=_hours(progress.found_seconds),
        stored_hours=_hours(progress.stored_seconds),
        mirrored_hours=_hours(progress.mirrored_seconds),
        stored_bytes=progress.stored_bytes,
        mirrored=progress.mirrored,
        mirroring=progress.mirrored > 0,
    )


def _hours(seconds: float) -> float:
    """Hours, rounded to a third of a second."""
    return round(seconds / 3600, 4)


def playlist_out(playlist: Playlist) -> PlaylistOut:
    """A playlist; if its document is malformed, its valid fields."""
    try:
        return _playlist_out(playlist)
    except MALFORMED:
        return partial_playlist(playlist)


def _playlist_out(playlist: Playlist) -> PlaylistOut:
    retry = playlist.get("retry")
    if retry is not None and listed_lately(playlist) and playlist["state"] != "waiting":
        # The failure was before the last listing.
        retry = None
    again_at = playlist.get("again_at") if playlist["state"] == "expanding" else None
    if retry is not None and playlist["state"] == "waiting":
        again_at = retry["due_at"]
    return PlaylistOut.model_validate(
        {
            "id": playlist["_id"],
            "url": playlist["url"],
            "state": playlist["state"],
            "title": playlist.get("title"),
            "channel": playlist.get("channel"),
            "submitted_at": playlist["submitted_at"],
            "found": playlist.get("found", 0),
            "expected": playlist.get("expected"),
            "departed": playlist.get("departed", 0),
            "departed_at": playlist.get("departed_at"),
            "left_out": playlist.get("left_out", []),
            "failure": failure_out(retry["failure"]) if retry is not None else None,
            "retry_at": again_at,
            "profiles": playlist.get("profiles"),
            "limit": playlist.get("limit"),
            "priority": playlist.get("priority", "normal"),
            "filters": playlist.get("filters"),
        }
    )


def playlist_listed_out(playlist: Playlist, progress: Progress | None) -> PlaylistListedOut:
    """A playlist in a list; `progress`: None if it was not asked for."""
    counted = progress_out(progress) if progress is not None else None
    return PlaylistListedOut(**playlist_out(playlist).model_dump(), progress=counted)


def failure_out(reason: StoredFailure) -> FailureOut:
    """A failure."""
    return FailureOut(failure_class=reason["failure_class"], reason=reason["reason"], detail=reason["detail"])


def video_out(video: Video) -> VideoOut:
    """A video; if its document is malformed, its valid fields."""
    try:
        return _video_out(video)
    except MALFORMED:
        return partial_video(video)


def _video_out(video: Video) -> VideoOut:
    retry, metadata = video.get("retry"), video.get("metadata", {})
    audio, mirror, tombstone = video.get("audio"), video.get("mirror"), video.get("tombstone")
    defects = video.get("defects")
    # A stored video can also be set aside: our own code failed over it too often.
    is_set_aside = retry is None and defects is not None and defects["number"] >= DEFECT_LIMIT
    failure = (
        defects["failure"] if is_set_aside and defects is not None else retry["failure"] if retry is not None else None
    )
    return VideoOut.model_validate(
        {
            "id": video["_id"],
            "accession": video["accession"],
            "accepted_at": video["accepted_at"],
            "url": video["url"],
            "title": video["title"],
            "state": video["state"],
            "state_since": video["state_since"],
            "playlists": video["playlists"],
            "attempts": video["attempts"],
            "channel": metadata.get("channel"),
            "duration_seconds": video["duration_seconds"],
            "upload_date": metadata.get("upload_date"),
            "licence": metadata.get("licence"),
            "failure": failure_out(failure) if failure is not None else None,
            "due_at": retry["due_at"] if retry is not None and video["state"] == VideoState.WAITING else None,
            "profiles": video["profiles"],
            "language": metadata.get("language"),
            "audio": dict(audio) if audio is not None else None,
            "further": [dict(rendition) for rendition in video.get("further", ())],
            "beside": [dict(sidecar) for sidecar in video.get("beside", ())],
            "mirror": dict(mirror) if mirror is not None else None,
            "copies": present_copies(video),
            "deleted_at": tombstone["at"] if tombstone is not None else None,
            "purged_at": tombstone["purged_at"] if tombstone is not None else None,
            "kept": [dict(kept) for kept in tombstone.get("kept", ())] if tombstone is not None else [],
        }
    )


def breaker_out(breaker: StoredBreaker) -> BreakerOut:
    """A breaker."""
    fields = {k: v for k, v in breaker.items() if k in BreakerOut.model_fields}
    return BreakerOut.model_validate(fields | {"source": source_of_breaker(breaker)})


def attempt_out(entry: LogEntry) -> AttemptOut:
    """An attempt; if its document is malformed, its valid fields."""
    try:
        attempt = AttemptOut.model_validate({k: v for k, v in entry.items() if k in AttemptOut.model_fields})
        if (measured := entry.get("measured")) is None:
            return attempt
        return attempt.model_copy(update={"measurement": measured_out(measured)})
    except MALFORMED:
        return partial_attempt(entry)


def key_out(key: Key) -> KeyOut:
    """A key without its hash; if its document is malformed, its valid fields."""
    try:
        return KeyOut.model_validate({"id": key["_id"], **{k: v for k, v in key.items() if k in KeyOut.model_fields}})
    except MALFORMED:
        return partial_key(key)


def parked_out(parked: Parked, body_bytes: int) -> ParkedOut:
    """A parked message with the first `body_bytes` of its body as text."""
    body = parked["body"][:body_bytes]
    return ParkedOut(
        id=parked["_id"],
        queue=parked["queue"],
        reason=parked["reason"][:MAX_REASON],
        parked_at=parked["parked_at"],
        size_bytes=parked["size_bytes"],
        body=body.decode(errors="replace"),
        cut=len(body) < parked["size_bytes"],
    )
