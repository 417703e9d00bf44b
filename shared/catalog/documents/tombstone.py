"""The mark of a video that a person deleted."""

from __future__ import annotations

from datetime import datetime

from shared.catalog.documents.field_types.typed import NotRequired, TypedDict
from shared.catalog.documents.objects import Copied


class StoredObstacle(TypedDict):
    """One reason why a store still holds some of a deleted video: a `storage.obstacles.Obstacle`, as stored."""

    reason: str
    #: What keeps it, and what to do.
    detail: str
    #: When the obstacle ends by itself; None: never, or nobody knows.
    until: datetime | None


class Tombstone(TypedDict):
    """A person deleted the video: it is not fetched again, and its objects are removed from all stores."""

    at: datetime
    #: When no store held any version of it any more; None until then.
    purged_at: datetime | None
    #: Where its objects were when it was deleted, whatever the settings have said since.
    bucket: NotRequired[str]
    copies: NotRequired[list[Copied]]
    #: The container in Azure, noted by a version that knew no other target.
    container: NotRequired[str]
    #: Why the last purge could not remove everything, how many purges tried, and when the next one does.
    kept: NotRequired[list[StoredObstacle]]
    tries: NotRequired[int]
    again_at: NotRequired[datetime]
