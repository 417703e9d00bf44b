"""A scraper made of given parts, for tests that put something in the place of what asks sources."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from services.scraper.attempt.attempts import Attempts
from services.scraper.attempt.requests import Requests
from services.scraper.handlers import Scraper
from services.scraper.lease import LeaseTerms
from services.scraper.listing.listings import Listings
from services.scraper.listing.submissions import Submissions
from services.scraper.settings import ScraperSettings
from services.scraper.settings.limits import LimitsSettings
from services.scraper.settings.pace import PaceSettings
from services.scraper.sources.shares.shares import Shares
from shared.catalog.connection import Catalog
from shared.messaging.publisher import Publisher
from shared.settings import load


def any_source() -> ScraperSettings:
    """Settings of a scraper that may use every extractor."""
    return ScraperSettings(limits=load(LimitsSettings, {"extractors": "default"}))


def without_pauses(slots: int = 1) -> ScraperSettings:
    """Settings of a scraper that asks sources as fast as it can."""
    pace = {
        "download_slots": slots,
        "encode_slots": slots,
        "request_interval_seconds": 0,
        "download_interval_seconds": 0,
        "other_interval_seconds": 0,
        "requests_per_hour": 0,
        "video_seconds": 300,
        "listing_seconds": 60,
    }
    return ScraperSettings(pace=load(PaceSettings, pace))


def scraper_of(catalog: Catalog, publisher: Publisher, **parts: Any) -> Scraper:
    """A scraper. `parts`: expander, fetcher, judge, admission, work_folder; each as the test needs it."""
    lease, shares = LeaseTerms("me", 30), Shares()
    listings = Listings(catalog, publisher, parts["expander"], parts["judge"], shares, lease)
    attempts = Attempts(catalog, publisher, parts["fetcher"], parts["admission"], lease.seconds)
    return Scraper(
        submissions=Submissions(catalog, publisher, shares, listings),
        requests=Requests(catalog, publisher, attempts, lease, ("mp3-320",)),
        looks=parts.get("looks", cast("Any", None)),
        probes=parts.get("probes", cast("Any", None)),
        admission=parts["admission"],
        shares=shares,
        work_folder=parts["work_folder"],
        private_hosts=False,
    )


def with_shares(scraper: Scraper, shares: Shares) -> Scraper:
    """The same scraper, which gives submitters other shares."""
    listings = replace(scraper.submissions.listings, shares=shares)
    return replace(scraper, shares=shares, submissions=replace(scraper.submissions, shares=shares, listings=listings))
