"""Loads the packages of sites, in workers only: their code is a stranger's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from importlib.metadata import entry_points
from typing import cast

from services.scraper.engines.foreign_code import ForeignError, foreign_code
from services.scraper.network import site_guard
from services.scraper.sites import Site
from services.scraper.sites.routes import GROUP, SiteRoute, package_of, problem_of_host


class SiteCodeFailed(Exception):
    """A site's code raised `error`, or returned what it may not."""

    def __init__(self, site: str, error: BaseException) -> None:
        super().__init__(str(error))
        self.site = site
        self.error = error


def survey(names: Sequence[str]) -> Iterator[SiteRoute | str]:
    """Import each installed site. Yields its route, or a sentence about why it cannot be used."""
    for point in (point for point in entry_points(group=GROUP) if point.name in names):
        whose = f"The site {point.name} of {package_of(point)} cannot be used:"
        try:
            with site_guard.refused(), foreign_code():
                site = point.load()
                hosts = getattr(site, "HOSTS", None)
                functions = [name for name in ("list", "fetch") if not callable(getattr(site, name, None))]
        except ForeignError as failed:
            yield f"{whose} its import failed with {type(failed.error).__name__}: {failed.error}"
            continue
        if functions or isinstance(hosts, str) or not isinstance(hosts, Sequence) or not hosts:
            yield f"{whose} {point.value} needs HOSTS, list(address) and fetch(entry)."
        elif problem := next((found for host in hosts if (found := problem_of_host(host)) is not None), None):
            yield f"{whose} {problem}."
        else:
            yield SiteRoute(point.name, tuple(hosts))


@cache
def load(name: str) -> Site:
    """The functions of an installed site. Raises SiteCodeFailed."""
    try:
        with foreign_code():
            [point] = entry_points(group=GROUP, name=name)
            return cast("Site", point.load())
    except ForeignError as failed:
        raise SiteCodeFailed(name, failed.error) from failed.error
