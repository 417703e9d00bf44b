"""The consoles of the commands: no printed text can control the terminal, wherever it comes from."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from shared.untrusted.text import printable


class SafeConsole(Console):
    """rich's console: its own colours and movements pass; control characters in texts do not."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Yield what is written, without control characters other than line feeds."""
        for segment in super().render(renderable, options):
            if segment.control:
                yield segment
            else:
                yield Segment(str(printable(segment.text, lines=True)), segment.style)
