"""The objects of a stored video: its audio object, its renditions in other profiles, and its sidecar files."""

from __future__ import annotations

from typing import NamedTuple

from shared.catalog.documents import Video, VideoState

#: Fields that say what is stored of a video.
OBJECT_FIELDS = ("audio", "further", "beside", "mirror")


class StoredObject(NamedTuple):
    """One object, as the catalog knows it."""

    key: str
    sha256: str
    size_bytes: int


def stored_objects(video: Video) -> list[StoredObject]:
    """Return all objects of a video, the audio object first; none if it has no audio object."""
    if "audio" not in video:
        return []
    return [
        StoredObject(found["key"], found["sha256"], found["size_bytes"])
        for found in (video["audio"], *video.get("further", ()), *video.get("beside", ()))
    ]


def in_work(video: Video) -> bool:
    """Return whether its objects may be about to be stored or removed, so that an unexpected object is no mistake."""
    if video["state"] in (VideoState.QUEUED, VideoState.RUNNING, VideoState.WAITING):
        # An attempt that died after its upload leaves objects, which the next one replaces.
        return True
    return "tombstone" in video and video["tombstone"]["purged_at"] is None
