"""A failure: why an attempt did not end in a stored object."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.base import Sha256, Time
from shared.contracts.text import SourceText
from shared.errors import FailureClass


class Failure(BaseModel):
    """A typed reason. `reason` is a short slug from a fixed set, for counting; `detail` is for a person."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    failure_class: FailureClass
    reason: str = Field(pattern=r"^[a-z0-9-]{1,64}$")
    detail: SourceText = Field("", max_length=2000)
    #: When the source said to come again (a premiere's begin, Retry-After), if it said so.
    retry_at: Time | None = None
    #: SHA-256 of the media that was judged: the same bytes twice are no bad luck on the way.
    media_sha256: Sha256 | None = None
