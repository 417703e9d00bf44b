"""A failure: why an attempt did not end in a stored object."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from shared.contracts.base import Sha256, Time
from shared.errors import FailureClass
from shared.untrusted.text import SourceText, clean_text

#: Characters of what is said to a person.
MAX_DETAIL = 2000


def _cut(detail: object) -> object:
    # Whoever adds a word to what a source said must not have to count first.
    return clean_text(detail)[:MAX_DETAIL] if isinstance(detail, str) else detail


class Failure(BaseModel):
    """A typed reason. `reason` is a short slug from a fixed set, for counting; `detail` is for a person."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    failure_class: FailureClass
    reason: str = Field(pattern=r"^[a-z0-9-]{1,64}$")
    detail: Annotated[SourceText, BeforeValidator(_cut)] = Field("", max_length=MAX_DETAIL)
    #: When the source said to come again (a premiere's begin, Retry-After), if it said so.
    retry_at: Time | None = None
    #: SHA-256 of the media that was judged: the same bytes twice are no bad luck on the way.
    media_sha256: Sha256 | None = None
