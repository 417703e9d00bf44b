"""What a stored video has in the object store: its audio object, its other profiles, and what lies beside them."""

from __future__ import annotations

from typing import NamedTuple

from shared.catalog.documents import Video


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
