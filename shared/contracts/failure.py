"""A failure: why an attempt did not end in a stored object."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from shared.contracts.base import Sha256, Time
from shared.errors import FailureClass
from shared.untrusted.text import SourceText, clean_text

#: Characters of the text for a person.
MAX_DETAIL = 2000


def _cut(detail: object) -> object:
    # Code that adds words to a source's text need not count characters first.
    return clean_text(detail)[:MAX_DETAIL] if isinstance(detail, str) else detail


class Failure(BaseModel):
    """A typed reason. `reason` is a slug from a fixed set, for counting; `detail` is a text for people."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    failure_class: FailureClass
    reason: str = Field(pattern=r"^[a-z0-9-]{1,64}$")
    detail: Annotated[SourceText, BeforeValidator(_cut)] = Field("", max_length=MAX_DETAIL)
    #: The time that the source gave for a retry (the start of a premiere, Retry-After), if any.
    retry_at: Time | None = None
    #: SHA-256 of the media that failed: identical bytes twice rule out a transfer error.
    media_sha256: Sha256 | None = None
