"""Messages about videos."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from shared.contracts.base import Message, Time, VideoId, WebUrl
from shared.contracts.failure import Failure
from shared.untrusted.bounds import MAX_COUNT
from shared.untrusted.text import SourceLine


class VideoRequested(Message):
    """Requests a video: its first attempt, or a retry."""

    type: ClassVar[str] = "video.requested.v1"

    video_id: VideoId
    url: WebUrl
    #: Attempts that ended before this request; 0: it is the first.
    attempts: int = Field(0, ge=0, le=MAX_COUNT)
    #: Fetched alongside the queue of other videos, not after it.
    urgent: bool = False

    def routing_key(self) -> str:
        return f"{self.type}.urgent" if self.urgent else self.type

    def identity(self) -> tuple[Any, ...]:
        return (self.video_id, self.attempts)


class VideoFailed(Message):
    """An attempt ended without a stored object; the retry service decides what happens next."""

    type: ClassVar[str] = "video.failed.v1"

    video_id: VideoId
    url: WebUrl
    title: SourceLine | None = None
    failure: Failure
    #: The fencing token of the attempt, which identifies it.
    token: int = Field(ge=1, le=MAX_COUNT)
    #: Attempts that ended so far, this one included.
    attempt: int = Field(ge=1, le=MAX_COUNT)
    failed_at: Time

    def identity(self) -> tuple[Any, ...]:
        return (self.video_id, self.token)


class VideoAbandoned(Message):
    """A video was abandoned: nothing retries it automatically."""

    type: ClassVar[str] = "video.abandoned.v1"

    video_id: VideoId
    url: WebUrl
    title: SourceLine | None = None
    failure: Failure
    attempts: int = Field(ge=1, le=MAX_COUNT)
    abandoned_at: Time

    def identity(self) -> tuple[Any, ...]:
        return (self.video_id, self.attempts)
