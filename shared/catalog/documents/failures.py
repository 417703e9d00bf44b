"""Failures and defects, as documents store them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from shared.catalog.documents.field_types.members import member_of
from shared.catalog.documents.field_types.typed import NotRequired, TypedDict
from shared.errors import FailureClass


class StoredFailure(TypedDict):
    """A `contracts.Failure`, as stored."""

    #: Read from the database it is a plain string that equals the member; so are all enums in documents.
    failure_class: Annotated[FailureClass, member_of(FailureClass)]
    reason: str
    detail: str
    retry_at: datetime | None
    #: SHA-256 of the media that was judged, if the failure is about the media.
    media_sha256: NotRequired[str | None]


class Defects(TypedDict):
    """Defects of our own code in the work on a document since its last change of state."""

    number: int
    #: The last one, with its place in the code.
    failure: StoredFailure
    at: datetime
    #: No sweep requeues the document before this moment.
    again_at: datetime
