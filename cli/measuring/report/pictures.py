"""Pictures as SVG, without a script: medians over time, and distributions. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from html import escape
from typing import NamedTuple

WIDTH, HEIGHT = 900, 300
LEFT, RIGHT, TOP, BOTTOM = 90, 16, 12, 44
#: Lines of the grid, points of a distribution, and curves that have a colour of their own.
STEPS, POINTS, COLOURS = 5, 200, 6


class Curve(NamedTuple):
    """A line, or points that are not joined."""

    name: str
    points: Sequence[tuple[float, float]]
    joined: bool = True


def distribution(name: str, values: Iterable[float]) -> Curve:
    """Return the share of values that are not above each value."""
    known = sorted(values)
    step = max(1, math.ceil(len(known) / POINTS))
    ranks = [*range(step, len(known), step), len(known)] if known else []
    return Curve(name, [(known[rank - 1], rank / len(known)) for rank in ranks])


def picture(curves: Sequence[Curve], title: str, on_x: Callable[[float], str], on_y: Callable[[float], str]) -> str:
    """Return an SVG with a legend. Colours are those of the page's style."""
    xs = [x for curve in curves for x, _ in curve.points]
    ys = [y for curve in curves for _, y in curve.points]
    if not xs:
        return "<p>Nothing of this was measured.</p>"
    low, high, top = min(xs), max(xs), max(ys) or 1
    width = (high - low) or 1

    def across(x: float) -> float:
        return round(LEFT + (x - low) / width * (WIDTH - LEFT - RIGHT), 1)

    def up(y: float) -> float:
        return round(HEIGHT - BOTTOM - y / top * (HEIGHT - TOP - BOTTOM), 1)

    parts = [f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img"><title>{escape(title)}</title>']
    for step in range(STEPS + 1):
        x, y = low + step / STEPS * width, step / STEPS * top
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{up(y)}" y2="{up(y)}"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{up(y) + 4}" text-anchor="end">{escape(on_y(y))}</text>')
        anchor = "end" if step == STEPS else "middle"
        parts.append(
            f'<text x="{across(x)}" y="{HEIGHT - BOTTOM + 20}" text-anchor="{anchor}">{escape(on_x(x))}</text>'
        )
    for at, curve in enumerate(curves):
        places = [(across(x), up(y)) for x, y in curve.points]
        if curve.joined:
            line = " ".join(f"{x},{y}" for x, y in places)
            parts.append(f'<polyline class="c{at % COLOURS}" points="{line}"/>')
        else:
            dots = "".join(f"M{x} {y}h0" for x, y in places)
            parts.append(f'<path class="dots c{at % COLOURS}" d="{dots}"/>')
    return "".join(parts) + "</svg>" + _legend(curves)


def _legend(curves: Sequence[Curve]) -> str:
    names = "".join(
        f'<span><i class="b{at % COLOURS}"></i>{escape(curve.name)}</span>'
        for at, curve in enumerate(curves)
        if curve.joined
    )
    return f'<p class="legend">{names}</p>'
