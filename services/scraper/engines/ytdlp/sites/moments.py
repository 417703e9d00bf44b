"""Moments as sites give them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time


def moment_of(published: datetime | date) -> datetime:
    """The moment of a publication: midnight if only the day is known, and UTC where no time zone is given."""
    if not isinstance(published, datetime):
        return datetime.combine(published, time(), UTC)
    return published if published.tzinfo is not None else published.replace(tzinfo=UTC)
