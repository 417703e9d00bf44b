"""The rhythm of a source: how often it publishes, and how often it is therefore looked at. Pure.

A look between two publications finds nothing, and one long after a publication finds it late. So the interval is a part
of the usual gap between publications: then the average new entry waits for half of that part. A source that has fallen
silent is looked at less and less often.
"""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Sequence
from datetime import datetime, timedelta

#: Bounds of the interval.
SHORTEST, LONGEST = timedelta(minutes=10), timedelta(days=1)
#: The interval before anything is known.
UNKNOWN = timedelta(hours=6)
#: Part of the usual gap: a new entry waits for an eighth of the gap on average.
PART = 0.25
#: Usual gaps without a publication after which a source counts as silent; and the shortest silence that counts.
SILENT_GAPS, SHORTEST_SILENCE = 5, timedelta(days=1)
#: Publications that tell a rhythm.
ENOUGH = 3


def usual_gap(published: Sequence[datetime], now: datetime) -> timedelta | None:
    """The usual time between two publications: the median of the gaps, or the present silence if that is longer.

    Returns None if too few publications are known. Times in the future, as of premieres, do not count.
    """
    times = sorted({moment for moment in published if moment <= now})
    if len(times) < ENOUGH:
        return None
    gaps = [(after - before).total_seconds() for before, after in itertools.pairwise(times)]
    silence = (now - times[-1]).total_seconds()
    return timedelta(seconds=max(statistics.median(gaps), silence / 2))


def interval_of(published: Sequence[datetime], now: datetime) -> timedelta:
    """How often a source is looked at."""
    gap = usual_gap(published, now)
    return UNKNOWN if gap is None else min(max(gap * PART, SHORTEST), LONGEST)


def silent_from(published: Sequence[datetime]) -> datetime | None:
    """When a source counts as silent against its own rhythm; None if too few publications are known."""
    times = sorted(set(published))
    if len(times) < ENOUGH:
        return None
    gaps = [(after - before).total_seconds() for before, after in itertools.pairwise(times)]
    return times[-1] + max(timedelta(seconds=statistics.median(gaps)) * SILENT_GAPS, SHORTEST_SILENCE)


def explained(published: Sequence[datetime], now: datetime) -> str:
    """One sentence that says why the interval is what it is."""
    gap, interval = usual_gap(published, now), interval_of(published, now)
    if gap is None:
        return f"every {hours(interval)}: fewer than {ENOUGH} publication times are known yet"
    bounds = f"within {hours(SHORTEST)} and {hours(LONGEST)}"
    return f"every {hours(interval)}: a quarter of the usual gap of {hours(gap)}, {bounds}"


def hours(span: timedelta) -> str:
    """A span in the unit that fits: 10 min, 6 h, 2 days."""
    minutes = span.total_seconds() / 60
    if minutes < 90:
        return f"{minutes:.0f} min"
    return f"{minutes / 60:.0f} h" if minutes < 48 * 60 else f"{minutes / 1440:.0f} days"
