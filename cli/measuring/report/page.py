"""The report as one HTML file that needs nothing else: no script, no font, no address."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from html import escape

from cli.display.measurements import rate, short_time
from cli.display.times import clock, day_of, local, time_of_day
from cli.measuring.report.findings import findings
from cli.measuring.report.pictures import COLOURS, Curve, distribution, picture
from cli.measuring.report.rows import Row, grouped, numbers

#: Parts of the time that have a median each.
PARTS = 48
_DAY = 86_400
#: What tables tell apart.
_PLACES: tuple[tuple[str, Callable[[Row], str]], ...] = (
    ("Egress", lambda row: row.egress),
    ("Provider", lambda row: row.provider),
    ("Source", lambda row: row.source),
    ("Network", lambda row: row.network),
    ("Server", lambda row: row.host),
    ("Resolver", lambda row: row.resolver),
)
#: Rows of a table.
_MOST = 30
_STYLE = """
:root{color-scheme:light dark;--ink:light-dark(#1c2220,#e6e9e5);--quiet:light-dark(#59625e,#a2aca8);
--line:light-dark(#dedbd2,#2c3236);--paper:light-dark(#fff,#131618);
--c0:light-dark(#0b5c63,#6ecacd);--c1:light-dark(#a66300,#dfa544);--c2:light-dark(#2264b5,#6fabf0);
--c3:light-dark(#1f7a4d,#55b888);--c4:light-dark(#a02c25,#e2776c);--c5:light-dark(#79837e,#88928e)}
*{box-sizing:border-box}
body{margin:0 auto;padding:2rem 1.25rem;max-width:60rem;background:var(--paper);color:var(--ink);
font:1rem/1.5 system-ui,sans-serif;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
h1{font-size:1.6rem;line-height:1.25}h2{font-size:1.15rem;margin-top:2rem}
.quiet,.legend,svg text{color:var(--quiet);fill:var(--quiet)}
svg{width:100%;height:auto;font-size:12px}.grid{stroke:var(--line)}
polyline{fill:none;stroke-width:2}.dots{stroke-width:3;stroke-linecap:round;opacity:.3}
.legend{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;margin:.25rem 0 0;font-size:.875rem}
.legend i{display:inline-block;width:.8em;height:.8em;margin-right:.4em;border-radius:2px}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.9rem}
th,td{padding:.3rem .6rem;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}
th:first-child,td:first-child{text-align:left}
@media print{:root{color-scheme:light}h2,svg,tr{break-inside:avoid}body{padding:0}}
""" + "".join(f".c{n}{{stroke:var(--c{n})}}.b{n}{{background:var(--c{n})}}" for n in range(COLOURS))


def report_page(rows: Sequence[Row], what: str, now: datetime) -> str:
    """Return the page. `what`: what was selected, in words. Rows are in any order."""
    ordered = sorted(rows, key=lambda row: row.at)
    body = "".join(_parts(ordered, what, now))
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Measurements: {escape(what)}</title><style>{_STYLE}</style></head><body>{body}</body></html>\n"
    )


def _parts(rows: Sequence[Row], what: str, now: datetime) -> Iterator[str]:
    yield f"<h1>How well recordings downloaded: {escape(what)}</h1>"
    times = f"From {clock(rows[0].at)} to {clock(rows[-1].at)}. " if rows else ""
    yield f'<p class="quiet">{times}Written by Fonoteca on {clock(now)}.</p>'
    yield "<h2>Findings</h2><ul>" + "".join(f"<li>{escape(each)}</li>" for each in findings(rows)) + "</ul>"
    if not rows:
        return
    groups = dict(list(grouped(rows, lambda row: row.egress).items())[:COLOURS])
    yield "<h2>Rate over time, by egress</h2>" + _over_time(groups)
    for title, value, written in (
        ("Rate", lambda row: row.rate, rate),
        ("Time to the first byte", lambda row: row.first_byte, short_time),
        ("Until it plays", lambda row: row.startup, short_time),
        ("Round trip", lambda row: row.ping, short_time),
    ):
        yield from _distributions(title, groups, value, written)
    for title, by in _PLACES:
        if len(found := grouped(rows, by)) > 1 or title == "Egress":
            yield f"<h2>By {title.lower()}</h2>" + _table(title, found)
    yield "<h2>By the hour of the day</h2>" + _table("Hour", _by_hour(rows))
    yield (
        '<p class="quiet">How each value is measured, and how far to trust it: docs/measurements.md of Fonoteca.</p>'
    )


def _over_time(groups: dict[str, list[Row]]) -> str:
    ends = [row.at.timestamp() for rows in groups.values() for row in rows]
    begin, length = min(ends), (max(ends) - min(ends)) / PARTS or 1
    lines = [Curve(name, _medians(rows, begin, length)) for name, rows in groups.items()]
    dots = [
        Curve(name, [(row.at.timestamp(), row.rate) for row in _some(rows) if row.rate is not None], joined=False)
        for name, rows in groups.items()
    ]
    whole_days = max(ends) - min(ends) > 2 * _DAY

    def on_x(seconds: float) -> str:
        moment = local(datetime.fromtimestamp(seconds, UTC))
        return day_of(moment) if whole_days else time_of_day(moment)

    # The same colours: dots come after the lines, in the same order.
    return picture([*lines, *_padded(dots, len(lines))], "Rate over time", on_x, rate)


def _padded(dots: Sequence[Curve], lines: int) -> list[Curve]:
    """Empty curves between lines and dots, so that a group's dots have its colour."""
    return [*[Curve("", [], joined=False)] * (-lines % COLOURS), *dots]


def _some(rows: Sequence[Row], most: int = 2000) -> Sequence[Row]:
    return rows[:: max(1, len(rows) // most)]


def _medians(rows: Sequence[Row], begin: float, length: float) -> list[tuple[float, float]]:
    parts: dict[int, list[float]] = {}
    for row in rows:
        if row.rate is not None:
            parts.setdefault(min(PARTS - 1, int((row.at.timestamp() - begin) / length)), []).append(row.rate)
    return [(begin + (part + 0.5) * length, statistics.median(values)) for part, values in sorted(parts.items())]


def _distributions(
    title: str, groups: dict[str, list[Row]], value: Callable[[Row], float | None], written: Callable[[float], str]
) -> Iterator[str]:
    curves = [
        distribution(name, (found for row in rows if (found := value(row)) is not None))
        for name, rows in groups.items()
    ]
    if any(curve.points for curve in curves):
        yield f"<h2>{title}: share of downloads that are not above it</h2>"
        yield picture(curves, title, written, lambda share: f"{100 * share:.0f} %")


def _by_hour(rows: Sequence[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in sorted(rows, key=lambda row: row.at.hour):
        found.setdefault(f"{row.at.hour:02} h", []).append(row)
    return found


def _table(title: str, groups: dict[str, list[Row]]) -> str:
    head = (title, "Downloads", "Failed", "Rate: 10 % below", "median", "90 % below", "First byte: median", "Stalls")
    lines = [_line(name, rows) for name, rows in list(groups.items())[:_MOST]]
    left = len(groups) - _MOST
    more = f'<p class="quiet">And {left} more.</p>' if left > 0 else ""
    cells = "".join(f'<th scope="col">{name}</th>' for name in head)
    return (
        f'<div class="wide"><table><thead><tr>{cells}</tr></thead><tbody>{"".join(lines)}</tbody></table></div>{more}'
    )


def _line(name: str, rows: Sequence[Row]) -> str:
    of_rates, first = numbers(row.rate for row in rows), numbers(row.first_byte for row in rows)
    shown = [rate(value) for value in of_rates[1:]] if of_rates is not None else ["–"] * 3
    cells = [
        str(len(rows)),
        str(sum(row.failed for row in rows)),
        *shown,
        short_time(first.median if first is not None else None),
        str(sum(row.stalls or 0 for row in rows)),
    ]
    return f"<tr><td>{escape(name)}</td>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
