"""Surveys the installed sites when a scraper starts, in a process of its own: importing them runs strangers' code."""

from __future__ import annotations

from contextlib import aclosing
from multiprocessing.connection import Connection

from services.scraper.engines.values import SourceRules
from services.scraper.sites.routes import SiteRoute, check_apart, chosen_sites
from services.scraper.workers.pool import WorkerDied, in_process, send_batches
from shared.errors import Misconfigured

#: Seconds that the imports of all sites may take together.
SURVEY_SECONDS = 60


async def surveyed_sites(setting: str, rules: SourceRules) -> tuple[SiteRoute, ...]:
    """Return the routes of the installed sites that SCRAPER_SITES names. Starts no process if there are none.

    Raises Misconfigured if one of them cannot be used, or if two take the same host.
    """
    if not (names := tuple(point.name for point in chosen_sites(setting))):
        return ()
    found: list[SiteRoute | str] = []
    try:
        async with aclosing(in_process(_survey, (names, rules), SURVEY_SECONDS)) as batches:
            async for batch in batches:
                found += batch
    except WorkerDied as error:
        raise Misconfigured(
            f"The sites {', '.join(names)} cannot be imported: {error}. Leave one out (SCRAPER_SITES)."
        ) from error
    if problems := [each for each in found if isinstance(each, str)]:
        raise Misconfigured(
            " ".join(problems) + " Correct or remove the package, or set SCRAPER_SITES so that it is left out."
        )
    routes = tuple(sorted((each for each in found if isinstance(each, SiteRoute)), key=lambda route: route.name))
    check_apart(routes)
    return routes


def _survey(names: tuple[str, ...], rules: SourceRules, out: Connection) -> None:
    from services.scraper.engines.site_packages import survey

    send_batches(survey(names), rules, out)
