"""A failure: why an attempt did not end in a stored object."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from shared.contracts.base import Sha256, Time
from shared.contracts.reasons import CODE_PATTERN, Reason, ReasonCode
from shared.errors import FailureClass
from shared.untrusted.text import SourceText, clean_text

#: Characters of the detail.
MAX_DETAIL = 2000


def _cut(detail: object) -> object:
    # Callers may add text to a source's answer without checking its length.
    return clean_text(detail)[:MAX_DETAIL] if isinstance(detail, str) else detail


class Failure(BaseModel):
    """Why something did not work. `reason` is a code for counting; `detail` is for a person."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    failure_class: FailureClass
    reason: ReasonCode = Field(pattern=CODE_PATTERN)
    detail: Annotated[SourceText, BeforeValidator(_cut)] = Field("", max_length=MAX_DETAIL)
    #: When to try again by the source's word (a premiere's start, Retry-After); None: the source names no time.
    retry_at: Time | None = None
    #: SHA-256 of the judged media: if the same bad bytes arrive twice, the transfer is not at fault.
    media_sha256: Sha256 | None = None

    @classmethod
    def of(cls, reason: Reason, detail: str = "", retry_at: datetime | None = None) -> Self:
        """The failure for a reason, with the reason's own class."""
        return cls(failure_class=reason.failure_class, reason=reason.value, detail=detail, retry_at=retry_at)

    def charged_to(self, failure_class: FailureClass) -> Self:
        """The same failure, charged to another class."""
        return self.model_copy(update={"failure_class": failure_class})

    def as_reason(self, reason: Reason, detail: str | None = None) -> Self:
        """The same failure for another reason, with that reason's class; `detail`: None keeps it."""
        return self.model_copy(
            update={
                "failure_class": reason.failure_class,
                "reason": reason.value,
                "detail": self.detail if detail is None else detail[:MAX_DETAIL],
            }
        )
