"""What the measurements say, in sentences. Pure.

A difference is told if it is large and not of a few downloads: the median of one group against that of all others.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from cli.display.formatting import counted
from cli.display.measurements import rate, short_time
from cli.measuring.report.rows import Row, grouped, numbers, rates

#: Downloads that a group needs, and that all others together need.
ENOUGH = 10
#: The share of the others' rate below which a group is told of, and of their times above which.
SLOW, LATE = 0.65, 1.6
#: Share of downloads with stalls that is told of.
STALLING = 0.05

#: What groups are told apart by, and how a sentence begins that is about one of them.
_PLACES: tuple[tuple[Callable[[Row], str], str], ...] = (
    (lambda row: row.egress, "The egress {}"),
    (lambda row: row.provider, "The provider {}"),
    (lambda row: row.network, "Servers of {}"),
    (lambda row: row.resolver, "What {} resolved"),
)


def findings(rows: Sequence[Row]) -> list[str]:
    """Return sentences, the general ones first."""
    if not rows:
        return ["Nothing was measured."]
    found = [*_in_general(rows)]
    general = len(found)
    for by, begin in _PLACES:
        found += _slow_groups(rows, by, begin)
    found += _slow_hours(rows)
    if rates(rows) and len(found) == general:
        found.append("No egress, provider, network, resolver or hour of the day was much slower than the others.")
    return found


def _in_general(rows: Sequence[Row]) -> Iterator[str]:
    of_rates = numbers(row.rate for row in rows)
    many = f"{counted(len(rows), 'download')} {'was' if len(rows) == 1 else 'were'} measured"
    if of_rates is None:
        yield f"{many}; {'it was not' if len(rows) == 1 else 'none was'} long enough for a rate."
    else:
        yield (
            f"{many}. Half of them came at {rate(of_rates.median)} or faster, nine of ten at "
            f"{rate(of_rates.p10)} or faster."
        )
    if sentence := _failed(rows):
        yield sentence
    if sentence := _stalling(rows):
        yield sentence


def _failed(rows: Sequence[Row]) -> str:
    failed = [row for row in rows if row.failed]
    if not failed:
        return ""
    reasons = Counter(row.reason or "unknown" for row in failed).most_common(3)
    named = ", ".join(f"{reason} ({number})" for reason, number in reasons)
    return f"{len(failed)} of {len(rows)} failed: {named}."


def _stalling(rows: Sequence[Row]) -> str:
    played = [row for row in rows if row.stalls is not None]
    stalled = [row for row in played if row.stalls]
    if not played or len(stalled) < STALLING * len(played):
        return ""
    share = 100 * len(stalled) / len(played)
    return f"Somebody who had listened meanwhile would have heard {share:.0f} % of them stall."


def _slow_groups(rows: Sequence[Row], by: Callable[[Row], str], begin: str) -> Iterator[str]:
    groups = grouped(rows, by)
    for name, inside in groups.items():
        others = [row for other, outside in groups.items() if other != name for row in outside]
        mine, theirs = rates(inside), rates(others)
        if len(mine) < ENOUGH or len(theirs) < ENOUGH:
            continue
        low, usual = statistics.median(mine), statistics.median(theirs)
        if low > SLOW * usual:
            continue
        hours = _slow_hours_of(inside, usual)
        yield (
            f"{begin.format(name)} came at {_share(low / usual)} of the others' rate{hours}: {rate(low)} against "
            f"{rate(usual)}, in {counted(len(mine), 'download')}." + _late(inside, others)
        )


def _late(inside: Sequence[Row], others: Sequence[Row]) -> str:
    """A sentence more where the first byte was late too."""
    mine, theirs = numbers(row.first_byte for row in inside), numbers(row.first_byte for row in others)
    if mine is None or theirs is None or mine.median < LATE * theirs.median:
        return ""
    return f" The first byte came after {short_time(mine.median)} instead of {short_time(theirs.median)}."


def _slow_hours(rows: Sequence[Row]) -> Iterator[str]:
    """The hours of the day in which everything was slower, each egress by itself."""
    for egress, inside in grouped(rows, lambda row: row.egress).items():
        for first, last, low, usual in _slow_spans(inside):
            yield (
                f"Through {egress}, downloads between {first} and {last} h came at {_share(low / usual)} of the rate "
                f"of the other hours: {rate(low)} against {rate(usual)}."
            )


def _slow_hours_of(rows: Sequence[Row], usual: float) -> str:
    """Between which hours a group was slow, if it was not all day."""
    by_hour = _hourly(rows)
    slow = [hour for hour, of_hour in by_hour.items() if statistics.median(of_hour) <= SLOW * usual]
    if not slow or len(slow) == len(by_hour):
        return ""
    return " " + " and ".join(f"between {first} and {last} h" for first, last in _spans(slow))


def _slow_spans(rows: Sequence[Row]) -> Iterator[tuple[int, int, float, float]]:
    by_hour = _hourly(rows)
    everything = [value for values in by_hour.values() for value in values]
    if len(by_hour) < 3 or not everything:
        return
    middle = statistics.median(everything)
    slow = [hour for hour, values in by_hour.items() if statistics.median(values) <= SLOW * middle]
    for first, last in _spans(slow):
        inside = [value for hour in range(first, last) for value in by_hour[hour]]
        outside = [value for hour, values in by_hour.items() if hour not in slow for value in values]
        if len(outside) >= ENOUGH:
            yield first, last, statistics.median(inside), statistics.median(outside)


def _hourly(rows: Sequence[Row]) -> dict[int, list[float]]:
    """Rates by the hour of the day, where there are enough."""
    found: dict[int, list[float]] = {}
    for row in rows:
        if row.rate is not None:
            found.setdefault(row.at.hour, []).append(row.rate)
    return {hour: found[hour] for hour in sorted(found) if len(found[hour]) >= ENOUGH}


def _spans(hours: Sequence[int]) -> list[tuple[int, int]]:
    """Hours in a row as (first, end)."""
    if not hours:
        return []
    breaks = [(one, other) for one, other in pairwise(hours) if other != one + 1]
    begins = [hours[0], *(other for _, other in breaks)]
    ends = [*(one + 1 for one, _ in breaks), hours[-1] + 1]
    return list(zip(begins, ends, strict=True))


def _share(part: float) -> str:
    for most, words in ((0.22, "a fifth"), (0.28, "a quarter"), (0.4, "a third"), (0.58, "half")):
        if 0.16 < part <= most:
            return words
    return f"{100 * part:.0f} %"
