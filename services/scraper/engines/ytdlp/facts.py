"""What yt-dlp says of a video that filters ask for."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from shared.filters import Facts
from shared.untrusted.bounds import LAST_MOMENT, MAX_SECONDS, number_within

#: `live_status` → whether it is a live stream, or was one. What is to come may be a premiere.
_LIVE = {"is_live": True, "was_live": True, "post_live": True, "not_live": False}


def facts_of(info: dict[str, Any]) -> Facts:
    """What is known of a video."""
    return Facts(
        title=_text(info.get("title")),
        seconds=number_within(info.get("duration"), 0, MAX_SECONDS) or None,
        published=moment.date() if (moment := published(info)) is not None else None,
        licence=_text(info.get("license")),
        language=_text(info.get("language")),
        live=live(info),
    )


def published(info: dict[str, Any]) -> datetime | None:
    """When it was published (UTC; midnight, if only the day is known). A premiere is published when it is released."""
    for name in ("release_timestamp", "timestamp"):
        if (seconds := number_within(info.get(name), 1, LAST_MOMENT.timestamp())) is not None:
            return datetime.fromtimestamp(seconds, UTC)
    for name in ("release_date", "upload_date"):
        with suppress(ValueError, TypeError):
            return datetime.strptime(info.get(name) or "", "%Y%m%d").replace(tzinfo=UTC)
    return None


def live(info: dict[str, Any]) -> bool | None:
    """Whether it is a live stream, or was one; None: unknown."""
    if info.get("is_live") or info.get("was_live"):
        return True
    return _LIVE.get(str(info.get("live_status")))


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value.strip() else None
