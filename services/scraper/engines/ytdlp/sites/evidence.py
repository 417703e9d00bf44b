"""Turns what a site's code raised into evidence. Types and HTTP statuses decide; no text is searched."""

from __future__ import annotations

import traceback
from dataclasses import replace
from pathlib import Path

from services.scraper.engines.site_packages import SiteCodeFailed
from services.scraper.engines.ytdlp.client import Words
from services.scraper.engines.ytdlp.evidence import evidence_of
from services.scraper.failures import Evidence
from services.scraper.sites import HttpError, NotYet, SiteFailure, TooManyRequests
from shared.contracts.reasons import Reason

#: HTTP statuses of pages that mean the same as `Gone`.
_GONE = (404, 410)


def site_evidence(failed: SiteCodeFailed, words: Words) -> Evidence:
    """Return the evidence of a failure in a site's code."""
    error = failed.error
    if isinstance(error, SiteFailure):
        found = Evidence(str(error) or type(error).__name__, error.reason)
        if isinstance(error, NotYet):
            found = replace(found, begins_at=error.begins_at)
        elif isinstance(error, TooManyRequests):
            found = replace(found, retry_after=error.retry_after)
    else:
        found = _undeclared(failed.site, error, words)
    return replace(found, extractor=f"site.{failed.site}", on_media=False)


def _undeclared(site: str, error: Exception, words: Words) -> Evidence:
    """The evidence of an error that the site does not declare: the network's, a page's, or a defect of the site."""
    cause = error.__cause__ if isinstance(error, HttpError) and error.__cause__ is not None else error
    found = evidence_of(cause, words)
    if found.http_status in _GONE:
        return replace(found, reason=Reason.NOT_FOUND)
    if found.reason == Reason.EXTRACTOR_BROKEN:
        # The place tells the package's author more than the text of a KeyError.
        at = traceback.extract_tb(error.__traceback__)[-1:]
        place = "".join(f" ({Path(frame.filename).name}:{frame.lineno})" for frame in at)
        return replace(found, text=f"The package of the site {site} failed: {found.text}{place}")
    return found if found.reason is not None else replace(found, reason=Reason.UNKNOWN)
