"""What is sound of a document that is not as it must be, so that people can see it and its reason. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from services.api.schemas.access import KeyOut
from services.api.schemas.playlists import PlaylistOut
from services.api.schemas.progress import FailureOut
from services.api.schemas.videos import AttemptOut, VideoOut

#: What making an answer of such a document may raise.
UNSOUND: tuple[type[Exception], ...] = (ValidationError, TypeError, KeyError, AttributeError)
#: Stands for a moment that is none.
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)

T = TypeVar("T")
Answer = TypeVar("Answer", bound=BaseModel)


def sound_video(video: Mapping[str, Any]) -> VideoOut:
    """The sound part of a video: whatever of it is as it must be."""
    state = video.get("state")
    retry, metadata, tombstone = (_of(video, name, dict) or {} for name in ("retry", "metadata", "tombstone"))
    own = {name: video.get(name) for name in VideoOut.model_fields if name in video}
    return _sound(
        VideoOut,
        {
            **own,
            **{name: metadata.get(name) for name in ("channel", "upload_date", "licence", "language")},
            "id": str(video["_id"]),
            "failure": _failure(video),
            "due_at": retry.get("due_at") if state == "waiting" else None,
            "deleted_at": tombstone.get("at"),
            "purged_at": tombstone.get("purged_at"),
            "kept": tombstone.get("kept", []),
        },
        {"state": "abandoned", "url": "", "accession": 0, "attempts": 0, "state_since": _NEVER, "accepted_at": _NEVER}
        | {name: [] for name in ("playlists", "profiles", "further", "beside", "kept")},
    )


def sound_playlist(playlist: Mapping[str, Any]) -> PlaylistOut:
    """The sound part of a playlist."""
    own = {name: playlist.get(name) for name in PlaylistOut.model_fields if name in playlist}
    return _sound(
        PlaylistOut,
        {**own, "id": str(playlist["_id"]), "failure": _failure(playlist)},
        {"state": "refused", "url": "", "submitted_at": _NEVER, "found": 0, "left_out": [], "priority": "normal"},
    )


def sound_attempt(entry: Mapping[str, Any]) -> AttemptOut:
    """The sound part of an attempt."""
    own = {name: entry.get(name) for name in AttemptOut.model_fields if name in entry}
    absent = {"video_id": "", "url": "", "status": "failed", "timestamp": _NEVER, "retry_attempts": 0}
    return _sound(AttemptOut, own, {**absent, "seconds": 0.0, "stages": {}})


def sound_key(key: Mapping[str, Any]) -> KeyOut:
    """The sound part of a key."""
    own = {name: key.get(name) for name in KeyOut.model_fields if name in key}
    return _sound(KeyOut, {**own, "id": str(key["_id"])}, {"name": "", "scope": "read", "created_at": _NEVER})


def _sound(model: type[Answer], found: Mapping[str, Any], in_place: Mapping[str, Any]) -> Answer:
    """An answer of what is sound in `found`; `in_place` of what is not, else nothing."""
    values = {**dict.fromkeys(model.model_fields), **in_place, **found}
    try:
        return model.model_validate(values)
    except ValidationError as error:
        wrong = {str(each["loc"][0]) for each in error.errors()}
        return model.model_validate(values | {name: in_place.get(name) for name in wrong})


def _of(document: Mapping[str, Any], name: str, kind: type[T]) -> T | None:
    value = document.get(name)
    return value if isinstance(value, kind) else None


def _failure(document: Mapping[str, Any]) -> FailureOut | None:
    for part in ("retry", "defects"):
        found = _of(document, part, dict) or {}
        try:
            return FailureOut.model_validate(found.get("failure"), strict=True)
        except ValidationError:
            continue
    return None
