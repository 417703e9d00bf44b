"""A bar that shows the states of videos beside each other, in colours and, for those who see none, in signs."""

from __future__ import annotations

from collections.abc import Mapping

from rich.text import Text

#: State → sign and style, in the order in which they stand in the bar. What is in work is the rest.
_PARTS = {"stored": ("━", "green"), "abandoned": ("×", "red"), "waiting": ("╍", "yellow")}
_REST = ("─", "bright_black")


def bar(counts: Mapping[str, int], width: int) -> Text:
    """Stored, abandoned, waiting, rest: as wide as they are many, but never invisible."""
    text = Text(no_wrap=True)
    for part, cells in _cells(counts, width).items():
        sign, style = _PARTS.get(part, _REST)
        text.append(sign * cells, style)
    return text


def _cells(counts: Mapping[str, int], width: int) -> dict[str, int]:
    """Part → cells, together `width`."""
    parts = {state: counts[state] for state in _PARTS}
    total = sum(counts.values())
    if total == 0:
        return {"rest": width}
    parts["rest"] = total - sum(parts.values())
    # Rounded down, so that the bar is full only when all are; what is there at all has a cell.
    cells = {part: max(number * width // total, 1 if number else 0) for part, number in parts.items()}
    largest = max(cells, key=lambda part: cells[part])
    cells[largest] += width - sum(cells.values())
    return cells
