"""Documents of the catalog → shapes of HTTP answers. Pure functions."""

from __future__ import annotations

from services.api import schemas
from shared.catalog.documents import Breaker, LogEntry, Playlist, Reason, Video, VideoState
from shared.catalog.queries import Progress


def progress_out(progress: Progress) -> schemas.ProgressOut:
    """Counts and sums."""
    return schemas.ProgressOut(
        counts=schemas.CountsOut.model_validate(progress.counts),
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


def playlist_out(playlist: Playlist) -> schemas.PlaylistOut:
    """A playlist."""
    retry = playlist.get("retry")
    return schemas.PlaylistOut.model_validate(
        {
            "id": playlist["_id"],
            "url": playlist["url"],
            "state": playlist["state"],
            "title": playlist.get("title"),
            "channel": playlist.get("channel"),
            "submitted_at": playlist["submitted_at"],
            "found": playlist.get("found", 0),
            "failure": failure_out(retry["failure"]) if retry is not None else None,
            "retry_at": retry["due_at"] if retry is not None and playlist["state"] == "waiting" else None,
            "profiles": playlist.get("profiles"),
            "limit": playlist.get("limit"),
            "priority": playlist.get("priority", "normal"),
        }
    )


def playlist_listed_out(playlist: Playlist, progress: Progress | None) -> schemas.PlaylistListedOut:
    """A playlist in a list."""
    counted = progress_out(progress) if progress is not None else None
    return schemas.PlaylistListedOut(**playlist_out(playlist).model_dump(), progress=counted)


def failure_out(reason: Reason) -> schemas.FailureOut:
    """A failure."""
    return schemas.FailureOut(failure_class=reason["failure_class"], reason=reason["reason"], detail=reason["detail"])


def video_out(video: Video) -> schemas.VideoOut:
    """A video."""
    retry, metadata = video.get("retry"), video.get("metadata", {})
    audio, mirror, tombstone = video.get("audio"), video.get("mirror"), video.get("tombstone")
    return schemas.VideoOut.model_validate(
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
            "failure": failure_out(retry["failure"]) if retry is not None else None,
            "due_at": retry["due_at"] if retry is not None and video["state"] == VideoState.WAITING else None,
            "profiles": video["profiles"],
            "language": metadata.get("language"),
            "audio": dict(audio) if audio is not None else None,
            "further": [dict(sound) for sound in video.get("further", ())],
            "beside": [dict(other) for other in video.get("beside", ())],
            "mirror": dict(mirror) if mirror is not None else None,
            "deleted_at": tombstone["at"] if tombstone is not None else None,
        }
    )


def breaker_out(breaker: Breaker) -> schemas.BreakerOut:
    """A breaker."""
    return schemas.BreakerOut.model_validate({k: v for k, v in breaker.items() if k in schemas.BreakerOut.model_fields})


def attempt_out(entry: LogEntry) -> schemas.AttemptOut:
    """An attempt."""
    return schemas.AttemptOut.model_validate({k: v for k, v in entry.items() if k in schemas.AttemptOut.model_fields})
