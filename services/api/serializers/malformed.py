"""Responses for malformed documents: their valid fields are shown, the others get defaults. Pure functions.

One malformed document must not make a whole list fail, and people need to see it with its failure.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from services.api.schemas.access import KeyOut
from services.api.schemas.playlists import PlaylistOut
from services.api.schemas.progress import FailureOut
from services.api.schemas.videos import AttemptOut, VideoOut

#: What our code raises over a document of an unexpected shape; pydantic's and BSON's errors are ValueErrors.
MALFORMED: tuple[type[Exception], ...] = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError)
#: Replaces a time that is missing or malformed.
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)

T = TypeVar("T")
ResponseT = TypeVar("ResponseT", bound=BaseModel)


def partial_video(video: Mapping[str, Any]) -> VideoOut:
    """The valid fields of a video."""
    state = video.get("state")
    retry, metadata, tombstone = (_field(video, name, dict) or {} for name in ("retry", "metadata", "tombstone"))
    own = {name: video.get(name) for name in VideoOut.model_fields if name in video}
    return _valid_part(
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
        | {name: [] for name in ("playlists", "profiles", "further", "beside", "kept")}
        | {"copies": {}},
    )


def partial_playlist(playlist: Mapping[str, Any]) -> PlaylistOut:
    """The valid fields of a playlist."""
    own = {name: playlist.get(name) for name in PlaylistOut.model_fields if name in playlist}
    return _valid_part(
        PlaylistOut,
        {**own, "id": str(playlist["_id"]), "failure": _failure(playlist)},
        {
            "state": "refused",
            "url": "",
            "submitted_at": _NEVER,
            "found": 0,
            "departed": 0,
            "left_out": [],
            "priority": "normal",
        },
    )


def partial_attempt(entry: Mapping[str, Any]) -> AttemptOut:
    """The valid fields of an attempt."""
    own = {name: entry.get(name) for name in AttemptOut.model_fields if name in entry}
    absent = {"video_id": "", "url": "", "status": "failed", "timestamp": _NEVER, "retry_attempts": 0}
    return _valid_part(AttemptOut, own, {**absent, "seconds": 0.0, "stages": {}})


def partial_key(key: Mapping[str, Any]) -> KeyOut:
    """The valid fields of a key."""
    own = {name: key.get(name) for name in KeyOut.model_fields if name in key}
    return _valid_part(KeyOut, {**own, "id": str(key["_id"])}, {"name": "", "scope": "read", "created_at": _NEVER})


def _valid_part(model: type[ResponseT], found: Mapping[str, Any], defaults: Mapping[str, Any]) -> ResponseT:
    """A response with the valid fields of `found`. The others are taken from `defaults`, or are null."""
    values = {**dict.fromkeys(model.model_fields), **defaults, **found}
    try:
        return model.model_validate(values)
    except ValidationError as error:
        invalid = {str(each["loc"][0]) for each in error.errors()}
        return model.model_validate(values | {name: defaults.get(name) for name in invalid})


def _field(document: Mapping[str, Any], name: str, kind: type[T]) -> T | None:
    value = document.get(name)
    return value if isinstance(value, kind) else None


def _failure(document: Mapping[str, Any]) -> FailureOut | None:
    for part in ("retry", "defects"):
        found = _field(document, part, dict) or {}
        try:
            return FailureOut.model_validate(found.get("failure"), strict=True)
        except ValidationError:
            continue
    return None
