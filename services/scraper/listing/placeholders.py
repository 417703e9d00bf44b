"""Entries of a listing that stand for unavailable videos: they are recorded, and never requested.

YouTube keeps private and removed videos in its lists, as ordinary entries that only their titles show.
"""

from __future__ import annotations

from collections.abc import Iterable

from shared.catalog.videos.acceptance import Entry
from shared.contracts import Failure
from shared.contracts.reasons import Reason

_REASONS = {"[Private video]": Reason.PRIVATE, "[Deleted video]": Reason.REMOVED}


def failure_of(entry: Entry) -> Failure | None:
    """Why the video of an entry is unavailable; None for one that may be available.

    A placeholder has neither a duration nor a channel: somebody may have given a recording such a title.
    """
    reason = _REASONS.get(entry.title or "") if entry.video_id.startswith("youtube:") else None
    if reason is None or entry.duration_seconds is not None or entry.channel is not None:
        return None
    return Failure.of(reason, f"Its playlist lists it as {entry.title}; it was not requested.")


def divided(entries: Iterable[Entry]) -> tuple[list[Entry], list[tuple[Entry, Failure]]]:
    """Divide entries into those to request, and placeholders with their failures."""
    real, placeholders = [], []
    for entry in entries:
        if (failure := failure_of(entry)) is None:
            real.append(entry)
        else:
            placeholders.append((entry._replace(title=None), failure))
    return real, placeholders
