"""Who works on a document now, and for whom."""

from __future__ import annotations

from datetime import datetime

from shared.catalog.documents.typed import TypedDict


class Lease(TypedDict):
    """A scraper's claim on a video or playlist."""

    owner: str
    expires_at: datetime


class Submitter(TypedDict):
    """Who submitted something."""

    #: Id of a key of the API, or another name.
    key: str
    #: Whether they have a share of a source's requests, and no more.
    limited: bool
