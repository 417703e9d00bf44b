"""Sites whose code a test gives, run in real workers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from textwrap import dedent

from services.scraper.engines.values import Listed, SourceRules
from services.scraper.failures import Evidence, classify
from services.scraper.sites.routes import SiteRoute
from services.scraper.workers.pool import listing
from tests.site_packages import SmallServer, install

#: Rules that let a site of the loopback interface be asked.
RULES = SourceRules(request_interval=0, extractors=("youtube.*",), private_hosts=True)
HEAD = "from services.scraper.sites import *\nfrom services.scraper.sites import web\n"


def site(folder: Path, server: SmallServer, code: str, name: str = "small") -> SourceRules:
    """Install a site of the server, and return rules that use it."""
    install(folder, name, f"{HEAD}HOSTS = [{server.host!r}]\n{dedent(code)}")
    return replace(RULES, sites=(SiteRoute(name, (server.host,)),))


async def listed(url: str, rules: SourceRules, limit: int | None = None) -> list[Listed]:
    return [item async for batch in listing(url, rules, 60, limit) for item in batch]


def reason_of(result: object) -> tuple[str, str]:
    assert isinstance(result, Evidence), result
    failure = classify(result, datetime.now(UTC))
    return failure.failure_class.value, failure.reason
