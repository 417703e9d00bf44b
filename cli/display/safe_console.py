"""The consoles of the commands: no text that is printed can steer the terminal, wherever it came from."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from shared.untrusted.text import printable


class SafeConsole(Console):
    """rich's console; colours and moves of its own pass, and what stands in texts does not."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """What is written of something, without control characters but line feeds."""
        for segment in super().render(renderable, options):
            if segment.control:
                yield segment
            else:
                yield Segment(str(printable(segment.text, lines=True)), segment.style)
