"""Documents of the catalog → shapes of HTTP answers. Pure functions."""

from __future__ import annotations

from services.api.salvage import UNSOUND, sound_attempt, sound_playlist, sound_video
from services.api.schemas.operations import BreakerOut
from services.api.schemas.playlists import PlaylistListedOut, PlaylistOut
from services.api.schemas.progress import CountsOut, FailureOut, ProgressOut
from services.api.schemas.videos import AttemptOut, VideoOut
from shared.catalog.documents import LogEntry, Playlist, StoredBreaker, StoredFailure, Video, VideoState
from shared.catalog.operations.breakers import source_of_breaker
from shared.catalog.playlists.relisting import listed_lately
from shared.catalog.reports.progress import Progress
from shared.contracts.defect import DEFECT_LIMIT


def progress_out(progress: Progress) -> ProgressOut:
    """Counts and sums."""
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
    """To a third of a second."""
    return round(seconds / 3600, 4)


def playlist_out(playlist: Playlist) -> PlaylistOut:
    """A playlist. Of a document that is not as it must be, what is sound: a list must not fail over one entry."""
    try:
        return _playlist_out(playlist)
    except UNSOUND:
        return sound_playlist(playlist)


def _playlist_out(playlist: Playlist) -> PlaylistOut:
    retry = playlist.get("retry")
    if retry is not None and listed_lately(playlist) and playlist["state"] != "waiting":
        # That wait is over.
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
            "left_out": playlist.get("left_out", []),
            "failure": failure_out(retry["failure"]) if retry is not None else None,
            "retry_at": again_at,
            "profiles": playlist.get("profiles"),
            "limit": playlist.get("limit"),
            "priority": playlist.get("priority", "normal"),
        }
    )


def playlist_listed_out(playlist: Playlist, progress: Progress | None) -> PlaylistListedOut:
    """A playlist in a list."""
    counted = progress_out(progress) if progress is not None else None
    return PlaylistListedOut(**playlist_out(playlist).model_dump(), progress=counted)


def failure_out(reason: StoredFailure) -> FailureOut:
    """A failure."""
    return FailureOut(failure_class=reason["failure_class"], reason=reason["reason"], detail=reason["detail"])


def video_out(video: Video) -> VideoOut:
    """A video. Of a document that is not as it must be, what is sound: a list must not fail over one entry."""
    try:
        return _video_out(video)
    except UNSOUND:
        return sound_video(video)


def _video_out(video: Video) -> VideoOut:
    retry, metadata = video.get("retry"), video.get("metadata", {})
    audio, mirror, tombstone = video.get("audio"), video.get("mirror"), video.get("tombstone")
    defects = video.get("defects")
    # What is stored may still rest for a defect of ours.
    rests = retry is None and defects is not None and defects["number"] >= DEFECT_LIMIT
    failure = defects["failure"] if rests and defects is not None else retry["failure"] if retry is not None else None
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
            "further": [dict(sound) for sound in video.get("further", ())],
            "beside": [dict(other) for other in video.get("beside", ())],
            "mirror": dict(mirror) if mirror is not None else None,
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
    """An attempt."""
    try:
        return AttemptOut.model_validate({k: v for k, v in entry.items() if k in AttemptOut.model_fields})
    except UNSOUND:
        return sound_attempt(entry)
