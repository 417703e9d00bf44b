"""What a stored video has in the object store: its audio object, its other profiles, and what lies beside them."""

from __future__ import annotations

from typing import NamedTuple

from shared.catalog.documents import Video, VideoState

#: Fields that tell what is stored of a video.
OBJECT_FIELDS = ("audio", "further", "beside", "mirror")


class StoredObject(NamedTuple):
    """One object, as the catalog knows it."""

    key: str
    sha256: str
    size_bytes: int


def stored_objects(video: Video) -> list[StoredObject]:
    """All objects of a video, the audio object first; none if it has no audio object."""
    if "audio" not in video:
        return []
    return [
        StoredObject(found["key"], found["sha256"], found["size_bytes"])
        for found in (video["audio"], *video.get("further", ()), *video.get("beside", ()))
    ]


def in_work(video: Video) -> bool:
    """Whether somebody may be about to store it or to remove it, so that what lies in its folder is no mistake."""
    if video["state"] in (VideoState.QUEUED, VideoState.RUNNING, VideoState.WAITING):
        # An attempt that died after its upload leaves objects, which the next one replaces.
        return True
    return "tombstone" in video and video["tombstone"]["purged_at"] is None
