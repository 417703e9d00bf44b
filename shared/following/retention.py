"""How much of a followed source is kept: everything, its newest recordings, or those of the last days. Pure.

`all`   everything
`200`   the newest 200 recordings
`90d`   recordings for 90 days after they were stored, and the newest ones in any case
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

#: The newest recordings that are always kept: a channel that falls silent does not vanish from the archive.
FLOOR = 10
#: Bounds of a number of recordings and of a number of days.
MOST, MOST_DAYS = 1_000_000, 36_600
ALL = "all"
_KEEP = re.compile(r"(\d{1,7})(d?)")


class Recording(NamedTuple):
    """A stored recording of a source."""

    video_id: str
    #: YYYYMMDD by its source; None: it gives none.
    upload_date: str | None
    stored_at: datetime

    @property
    def age_key(self) -> tuple[str, datetime, str]:
        """What orders recordings by age; where the source gives no date, the day of storing stands for it."""
        return self._day or f"{self.stored_at:%Y%m%d}", self.stored_at, self.video_id

    @property
    def _day(self) -> str | None:
        """The day that the source says, if it is one: a recording from the future would stay the newest for ever."""
        try:
            day = datetime.strptime(str(self.upload_date), "%Y%m%d").replace(tzinfo=UTC)
        except ValueError:
            return None
        # Time zones differ by less than a day.
        return f"{day:%Y%m%d}" if day <= self.stored_at + timedelta(days=1) else None


@dataclass(frozen=True)
class Retention:
    """A parsed `keep`: at most one of the two; neither keeps everything."""

    newest: int | None = None
    days: int | None = None

    @property
    def keeps_all(self) -> bool:
        """Whether nothing ever expires."""
        return self.newest is None and self.days is None


def parse_keep(text: str) -> Retention:
    """Parse a `keep`. Raises ValueError, whose text shows valid ones."""
    text = text.strip()
    if text == ALL:
        return Retention()
    found = _KEEP.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} does not say what is kept. Write all, a number of recordings (200), or days (90d).")
    number = int(found[1])
    if found[2]:
        if not 1 <= number <= MOST_DAYS:
            raise ValueError(
                f"{text!r}: recordings are kept for 1 to {MOST_DAYS} days; write all to keep them for ever."
            )
        return Retention(days=number)
    if not FLOOR <= number <= MOST:
        raise ValueError(f"{text!r}: {FLOOR} to {MOST} recordings are kept; write all to keep them all.")
    return Retention(newest=number)


def expired(recordings: Iterable[Recording], retention: Retention, now: datetime) -> list[Recording]:
    """Return the recordings that are kept no longer, the oldest first. The newest `FLOOR` never expire.

    Days count from storing, not from publication: a back catalogue would otherwise be deleted as soon as it is stored.
    """
    if retention.keeps_all:
        return []
    newest_first = sorted(recordings, key=lambda recording: recording.age_key, reverse=True)
    rest = newest_first[max(FLOOR, retention.newest or 0) :]
    if retention.days is not None:
        before = now - timedelta(days=retention.days)
        rest = [recording for recording in rest if recording.stored_at < before]
    return rest[::-1]
