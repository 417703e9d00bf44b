"""The documents of `logs`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from shared.catalog.documents.field_types.members import member_of
from shared.catalog.documents.field_types.typed import NotRequired, TypedDict
from shared.errors import FailureClass


class LogEntry(TypedDict):
    """A document of `logs`: one attempt. The fields from `video_id` to `error` are a public promise."""

    _id: str
    video_id: str
    url: str
    title: str | None
    status: Literal["stored", "failed"]
    timestamp: datetime
    #: Attempts that ended before this one.
    retry_attempts: int
    #: When the attempt before this one ended; None for the first.
    last_retry: datetime | None
    error: str | None
    failure_class: Annotated[FailureClass, member_of(FailureClass)] | None
    reason: str | None
    token: int
    scraper: str
    seconds: float
    #: Seconds by stage: download, encode, verify, store.
    stages: dict[str, float]
    #: How its download went: the data of a `DownloadMeasured`. Missing: it did not come to that, or none is measured.
    measured: NotRequired[dict[str, Any]]
