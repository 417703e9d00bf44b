"""The options that select measurements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from cli.display.times import local, since_when
from cli.errors import REFUSED, CliError

Since = Annotated[str | None, typer.Option("--since", metavar="TIME", help="3d, 12h, 30m (ago), a date or a time.")]
Until = Annotated[str | None, typer.Option("--until", metavar="TIME", help="The same, not included.")]
Egress = Annotated[str | None, typer.Option("--egress", help="Of this egress (SCRAPER_EGRESS).")]
Provider = Annotated[str | None, typer.Option("--provider", help="Of this provider (SCRAPER_PROVIDER).")]
OfCrawl = Annotated[str | None, typer.Option("--crawl", metavar="NAME", help="Of this crawl alone.")]
Source = Annotated[str | None, typer.Option("--source", help="Of this source, such as youtube.")]


@dataclass(frozen=True)
class Wanted:
    """Which measurements."""

    since: str | None
    until: str | None
    egress: str | None
    provider: str | None
    source: str | None
    crawl: str | None = None

    def query(self) -> dict[str, str]:
        """Return the parameters of the API. Raises CliError."""
        names = ("egress", "provider", "source", "crawl")
        found = {name: value for name in names if (value := getattr(self, name)) is not None}
        moments = {name: since_when(value) for name in ("since", "until") if (value := getattr(self, name)) is not None}
        if len(moments) > 1 and local(moments["since"]) >= local(moments["until"]):
            raise CliError("--since is not before --until. Correct one of them.", REFUSED)
        return found | moments

    def words(self) -> str:
        """Return what is selected, for people."""
        names = {"crawl": self.crawl, "egress": self.egress, "provider": self.provider, "source": self.source}
        parts = [f"{name} {value}" for name, value in names.items() if value is not None]
        parts += [f"since {self.since}"] if self.since is not None else []
        parts += [f"until {self.until}"] if self.until is not None else []
        return ", ".join(parts) or "everything that is kept"
