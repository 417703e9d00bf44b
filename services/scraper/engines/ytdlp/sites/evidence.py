"""Turns what a site's code raised into evidence. Types and HTTP statuses decide; no text is searched."""

from __future__ import annotations

import sys
import traceback
from dataclasses import replace
from pathlib import Path
from types import FrameType

from yt_dlp.networking.exceptions import HTTPError, RequestError

from services.scraper.engines.foreign_code import ForeignError, foreign_code
from services.scraper.engines.permits import NotPermitted
from services.scraper.engines.site_packages import SiteCodeFailed
from services.scraper.engines.ytdlp.client import Words, asked_url_of, retry_after_of
from services.scraper.engines.ytdlp.network_reason import disk_reason, request_reason, status_reason
from services.scraper.failures import Evidence
from services.scraper.sites import HttpError, NotYet, SiteFailure, TooManyRequests
from shared.contracts.reasons import Reason
from shared.untrusted.bounds import MAX_SECONDS, number_within, within_calendar

#: HTTP statuses of pages that mean the same as `Gone`.
_GONE = (404, 410)
#: Top packages whose code a site calls: an error raised there is the caller's.
_NOT_OF_SITES = {"services", "shared", "pydantic", "yt_dlp", *sys.stdlib_module_names}


def site_evidence(failed: SiteCodeFailed, words: Words) -> Evidence:
    """Return the evidence of a failure in a site's code."""
    try:
        # An exception is an object of the site's own: reading it may raise too.
        with foreign_code():
            found = _found(failed.site, failed.error)
    except ForeignError as unreadable:
        found = _defect(failed.site, unreadable.error.with_traceback(failed.error.__traceback__))
    return replace(found, extractor=f"site.{failed.site}", warnings=tuple(words.warnings[-20:]))


def _found(site: str, error: BaseException) -> Evidence:
    """The evidence by the error's own type: what it was raised from, or while handling what, says nothing of it."""
    if isinstance(error, SiteFailure):
        return _declared(error)
    if isinstance(error, HttpError):
        return _of_page(error)
    if isinstance(error, MemoryError):
        return Evidence("Its pages need more memory than a worker may use", Reason.ANSWER_TOO_LARGE)
    if isinstance(error, (RequestError, NotPermitted, OSError)):
        return Evidence(str(error), disk_reason(error) or request_reason(error) or Reason.UNKNOWN)
    return _defect(site, error)


def _declared(error: SiteFailure) -> Evidence:
    reason: object = error.reason
    if not isinstance(reason, Reason):
        raise TypeError(f"the reason of {type(error).__name__} is none of failures.md")
    found = Evidence(str(error) or type(error).__name__, reason)
    if isinstance(error, NotYet):
        return replace(found, begins_at=within_calendar(error.begins_at))
    if isinstance(error, TooManyRequests):
        return replace(found, retry_after=number_within(error.retry_after, 0, MAX_SECONDS))
    return found


def _of_page(error: HttpError) -> Evidence:
    """The evidence of a page's status, with what its answer said besides if `web.read` raised it."""
    reason = Reason.NOT_FOUND if error.status in _GONE else status_reason(error.status) or Reason.UNKNOWN
    found = Evidence(str(error), reason, http_status=error.status)
    answer = error.__cause__
    if not isinstance(answer, HTTPError) or answer.status != error.status:
        return found
    return replace(found, text=str(answer), retry_after=retry_after_of(answer), asked_url=asked_url_of(answer))


def _defect(site: str, error: BaseException) -> Evidence:
    # The place tells the package's author more than the text of a KeyError.
    steps = [*traceback.walk_tb(error.__traceback__)]
    its_own = [step for step in steps if _package_of(step[0]) not in _NOT_OF_SITES]
    place = "".join(f" ({Path(frame.f_code.co_filename).name}:{line})" for frame, line in (its_own or steps)[-1:])
    told = f"{type(error).__name__}: {error}"
    return Evidence(f"The package of the site {site} failed: {told}{place}", Reason.EXTRACTOR_BROKEN)


def _package_of(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__")).partition(".")[0]
