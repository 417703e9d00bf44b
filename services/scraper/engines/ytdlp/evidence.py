"""Turns yt-dlp's exceptions and warnings into evidence. Types and fields decide before any text does."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from yt_dlp.networking.exceptions import HTTPError, network_exceptions
from yt_dlp.utils import (
    DownloadError,
    ExtractorError,
    GeoRestrictedError,
    RegexNotFoundError,
    UnsupportedError,
    UserNotLive,
    YoutubeDLError,
)

from services.scraper.engines.ytdlp.client import TOO_MANY, CountingYtdlp, Words, asked_url_of, retry_after_of
from services.scraper.engines.ytdlp.identity import FoundOther
from services.scraper.engines.ytdlp.network_reason import behind, disk_reason, request_reason
from services.scraper.engines.ytdlp.unsupported import explained
from services.scraper.failures import Evidence, classify
from shared.contracts.reasons import Reason

_NOT_FOUND = 404
#: Stands for an extractor that does not give its name.
_SOME_EXTRACTOR = "extractor"
#: Extractor errors whose type decides the reason.
_OF_TYPES: tuple[tuple[type[ExtractorError], Reason], ...] = (
    (GeoRestrictedError, Reason.COUNTRY),
    (UnsupportedError, Reason.UNSUPPORTED_ADDRESS),
    (UserNotLive, Reason.NOT_YET),
    (RegexNotFoundError, Reason.EXTRACTOR_BROKEN),
)


def evidence_of(error: BaseException, words: Words) -> Evidence:
    """Return the evidence of an exception and of the warnings before it."""
    chain = _causes(error)
    http = next((cause for cause in chain if isinstance(cause, HTTPError)), None)
    by_extractor = next((cause for cause in chain if isinstance(cause, ExtractorError)), None)
    text = str(error)
    if isinstance(error, FoundOther):
        return Evidence(text, warnings=tuple(words.warnings[-20:]), other_id=error.found_id)
    if not isinstance(error, (YoutubeDLError, OSError)):
        text = f"{type(error).__name__}: {text}"
    return Evidence(
        text=text,
        reason=_reason(error, chain, by_extractor),
        sentence=str(by_extractor.orig_msg) if by_extractor is not None else None,
        extractor=(by_extractor.ie or _SOME_EXTRACTOR) if by_extractor is not None else "",
        is_defect=by_extractor is not None and not by_extractor.expected,
        http_status=http.status if http is not None else None,
        retry_after=retry_after_of(http),
        asked_url=asked_url_of(http),
        warnings=tuple(words.warnings[-20:]),
        on_media=by_extractor is None,
    )


def witnessed(evidence: Evidence, ydl: CountingYtdlp) -> Evidence:
    """Return evidence with the failures and the number of yt-dlp's requests added."""
    denied, too_many = ydl.denied, ydl.too_many
    if denied is not None and too_many is not None:
        # The source refused it first, and then it requested too many other pages for the same answer.
        denied, text = None, f"HTTP Error {TOO_MANY}: Too Many Requests"
        evidence = replace(
            evidence,
            text=text,
            http_status=TOO_MANY,
            retry_after=retry_after_of(too_many),
            asked_url=asked_url_of(too_many),
        )
    evidence = replace(
        evidence,
        reason=evidence.reason or (ydl.media_trouble if evidence.on_media else None),
        requests=evidence.requests + ydl.asked,
        asked_youtube=ydl.asked_youtube,
        network_troubles=tuple(ydl.network_troubles[-20:]),
        not_permitted=(denied.seconds, denied.why) if denied is not None else None,
    )
    if evidence.retry_after is None and classify(evidence, datetime.now(UTC)).reason == Reason.TOO_MANY_REQUESTS:
        evidence = replace(evidence, retry_after=retry_after_of(too_many))
    return explained(evidence, ydl.params.get("allowed_extractors", ()))


def _reason(error: BaseException, chain: list[BaseException], by_extractor: ExtractorError | None) -> Reason | None:
    """The reason by types, statuses and error numbers; None if only a text can show it."""
    if (found := _first(disk_reason(cause) for cause in chain)) is not None:
        return found
    if any(isinstance(cause, MemoryError) for cause in chain):
        # A worker may use many times the memory that a page needs.
        return Reason.ANSWER_TOO_LARGE
    if by_extractor is not None:
        return _extractor_reason(by_extractor)
    if not isinstance(error, (YoutubeDLError, OSError)):
        # An extractor raises TypeErrors and similar errors for a page that has changed.
        return Reason.EXTRACTOR_BROKEN
    return _first(request_reason(cause) for cause in chain)


def _extractor_reason(error: ExtractorError) -> Reason | None:
    if (found := next((reason for type_, reason in _OF_TYPES if isinstance(error, type_)), None)) is not None:
        return found
    cause: BaseException | None = error.cause
    if cause is None or not isinstance(cause, network_exceptions):
        return None
    if isinstance(cause, HTTPError) and cause.status == _NOT_FOUND and error.ie == "youtube:tab":
        return Reason.NOT_FOUND
    return _first(request_reason(one) for one in behind(cause))


def _first(reasons: Iterable[Reason | None]) -> Reason | None:
    return next((reason for reason in reasons if reason is not None), None)


def _causes(error: BaseException) -> list[BaseException]:
    """The exception, those that it wraps, and their causes; each once."""
    chain: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        cause = waiting.pop()
        if cause is None or cause in chain:
            continue
        chain.append(cause)
        if isinstance(cause, DownloadError) and cause.exc_info:
            waiting.append(cause.exc_info[1])
        waiting += [getattr(cause, "cause", None), cause.__cause__, cause.__context__]
    return [cause for cause in chain if isinstance(cause, BaseException)]
