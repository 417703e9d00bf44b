"""A bar that shows the states of videos by colour, and by sign for those who see no colours."""

from __future__ import annotations

from collections.abc import Mapping

from rich.text import Text

#: State → sign and style, in the order of the bar. Videos in work are the rest.
_PARTS = {"stored": ("━", "green"), "abandoned": ("×", "red"), "waiting": ("╍", "yellow")}
_REST = ("─", "bright_black")


def bar(counts: Mapping[str, int], width: int) -> Text:
    """Return a bar of stored, abandoned, waiting and other videos, in proportion; no part is invisible."""
    text = Text(no_wrap=True)
    for part, cells in _cells(counts, width).items():
        sign, style = _PARTS.get(part, _REST)
        text.append(sign * cells, style)
    return text


def _cells(counts: Mapping[str, int], width: int) -> dict[str, int]:
    """Return part → cells, `width` in total."""
    parts = {state: counts[state] for state in _PARTS}
    total = sum(counts.values())
    if total == 0:
        return {"rest": width}
    parts["rest"] = total - sum(parts.values())
    # Rounded down, so that the bar is full only when all are stored; every existing state gets a cell.
    cells = {part: max(number * width // total, 1 if number else 0) for part, number in parts.items()}
    largest = max(cells, key=lambda part: cells[part])
    cells[largest] += width - sum(cells.values())
    return cells
