"""The owner of a document: the scraper that works on it, and the submitter for whom it does."""

from __future__ import annotations

from datetime import datetime

from shared.catalog.documents.field_types.typed import TypedDict


class Lease(TypedDict):
    """A scraper's claim on a video or playlist."""

    owner: str
    expires_at: datetime


class Submitter(TypedDict):
    """The submitter of a playlist or video."""

    #: Id of a key of the API, or another name.
    key: str
    #: Whether they are limited to a share of a source's requests.
    limited: bool
