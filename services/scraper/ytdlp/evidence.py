"""What yt-dlp's exceptions and warnings tell of a failure."""

from __future__ import annotations

from dataclasses import replace

from yt_dlp.networking.exceptions import HTTPError
from yt_dlp.utils import DownloadError, ExtractorError, YoutubeDLError

from services.scraper.failures import Evidence
from services.scraper.ytdlp.client import TOO_MANY, CountingYtdlp, Words, asked_url_of, retry_after_of


def evidence_of(error: BaseException, words: Words) -> Evidence:
    """What an exception and the warnings before it tell."""
    chain = _causes(error)
    http = next((cause for cause in chain if isinstance(cause, HTTPError)), None)
    text = str(error)
    if not isinstance(error, (YoutubeDLError, OSError)):
        text = f"{type(error).__name__}: {text}; please report this issue"
    return Evidence(
        text=text,
        kinds=tuple(type(cause).__name__ for cause in chain),
        http_status=http.status if http is not None else None,
        retry_after=retry_after_of(http),
        asked_url=asked_url_of(http),
        warnings=tuple(words.warnings[-20:]),
        on_media=not any(isinstance(cause, ExtractorError) for cause in chain),
    )


def witnessed(evidence: Evidence, ydl: CountingYtdlp) -> Evidence:
    """Evidence with what yt-dlp's requests met on the wire, and how many pages and calls they were."""
    denied, too_many = ydl.denied, ydl.too_many
    if denied is not None and too_many is not None:
        # It was refused itself, and then asked too often for another way to the same answer.
        denied, text = None, f"HTTP Error {TOO_MANY}: Too Many Requests"
        evidence = replace(
            evidence,
            text=text,
            http_status=TOO_MANY,
            retry_after=retry_after_of(too_many),
            asked_url=asked_url_of(too_many),
        )
    return replace(
        evidence,
        requests=evidence.requests + ydl.asked,
        network_troubles=tuple(ydl.network_troubles[-20:]),
        not_permitted=(denied.seconds, denied.why) if denied is not None else None,
    )


def _causes(error: BaseException) -> list[BaseException]:
    """The exception, what it wraps, and their causes; each once."""
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
