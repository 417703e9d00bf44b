"""What the scraper stands on beside Python, and how old it is."""

from __future__ import annotations

from datetime import UTC, datetime


def released(version: str) -> datetime:
    """The day of a yt-dlp version, which is its name: `2026.10.26`, or `2026.10.26.123456.dev0` of a nightly build."""
    year, month, day = (int(part) for part in version.split(".")[:3])
    return datetime(year, month, day, tzinfo=UTC)
