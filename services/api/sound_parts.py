"""What is sound of a document that is not as it must be, so that people can see it and its reason. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from pydantic import ValidationError

from services.api.schemas.playlists import PlaylistOut
from services.api.schemas.progress import FailureOut
from services.api.schemas.videos import VideoOut

#: What making an answer of such a document may raise.
UNSOUND: tuple[type[Exception], ...] = (ValidationError, TypeError, KeyError, AttributeError)
#: Stands for a moment that is none.
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)

T = TypeVar("T")


def sound_video(video: Mapping[str, Any]) -> VideoOut:
    """The sound part of a video: its identity, its state, its reason."""
    names = ("queued", "running", "waiting", "stored", "abandoned")
    state = _of(video, "state", str)
    return VideoOut.model_validate(
        {
            **dict.fromkeys(VideoOut.model_fields, None),
            "playlists": [],
            "profiles": [],
            "further": [],
            "beside": [],
            "kept": [],
            "id": str(video["_id"]),
            "accession": _of(video, "accession", int) or 0,
            "url": _of(video, "url", str) or "",
            "title": _of(video, "title", str),
            "state": state if state in names else "abandoned",
            "state_since": _of(video, "state_since", datetime) or _NEVER,
            "accepted_at": _of(video, "accepted_at", datetime) or _NEVER,
            "attempts": _of(video, "attempts", int) or 0,
            "failure": _failure(video),
        }
    )


def sound_playlist(playlist: Mapping[str, Any]) -> PlaylistOut:
    """The sound part of a playlist."""
    names = ("accepted", "expanding", "expanded", "waiting", "refused")
    state = _of(playlist, "state", str)
    return PlaylistOut.model_validate(
        {
            **dict.fromkeys(PlaylistOut.model_fields, None),
            "id": str(playlist["_id"]),
            "url": _of(playlist, "url", str) or "",
            "title": _of(playlist, "title", str),
            "state": state if state in names else "refused",
            "submitted_at": _of(playlist, "submitted_at", datetime) or _NEVER,
            "found": _of(playlist, "found", int) or 0,
            "left_out": [],
            "failure": _failure(playlist),
            "priority": "normal",
        }
    )


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
