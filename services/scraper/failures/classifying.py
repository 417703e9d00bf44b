"""Turns evidence into a typed failure: the reason, its class, and when to try again. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from services.scraper.failures.evidence import Evidence
from services.scraper.failures.matching import network_reason, parse, reason_of
from services.scraper.failures.named_times import bounded
from services.scraper.failures.reason_groups import OF_MEDIA, OF_NETWORK
from shared.catalog.documents import Retry
from shared.contracts import Failure
from shared.contracts.reasons import Reason
from shared.errors import FailureClass

#: yt-dlp's final texts if the player did not answer, or only the request of the page itself did.
_NO_PLAYER = ("Failed to extract any player response", "No video formats found")
#: HTTP status of a request for media → reason; servers answer 416 to a range of media that has no length.
_OF_MEDIA_STATUS = {403: Reason.FORBIDDEN, 404: Reason.MEDIA_NOT_FOUND, 416: Reason.EMPTY_MEDIA}
_TOO_MANY = 429
#: Times in a row that bad media counts as an accident of the transfer. After that, our tools must be at fault, or the
#: source if it sent nothing or the same bytes again.
MEDIA_TRIES = 2
#: Characters of the longest detail that is kept.
_MAX_DETAIL = 500
#: Characters of a text from which the detail is taken.
_MAX_TEXT = 20_000
#: User and password in an address, for instance that of a proxy.
_SECRETS = re.compile(r"//[^/@\s]+@")
#: Advice at the end of errors, which says nothing about the cause.
_NOISE = re.compile(r"\. Use --cookies-from-browser.*|; please report this issue.*", re.DOTALL)


def classify(evidence: Evidence, now: datetime) -> Failure:
    """Return the failure that evidence shows by itself. Unknown texts become `unknown`, for a person to read."""
    if evidence.begins_at is not None:
        return Failure.of(Reason.NOT_YET, _detail(evidence.text), max(evidence.begins_at, now))
    retry_after = bounded(evidence.retry_after)
    retry_at = now + timedelta(seconds=retry_after) if retry_after is not None else None
    detail = " ".join((_detail(evidence.text), *(_detail(other) for other in evidence.others)))
    return Failure.of(_reason(evidence), detail, retry_at)


def charge_repeated(failure: Failure, last: Retry | None) -> Failure:
    """Return the failure, charged to the source or our tools if the last failure makes an accident improbable.

    The source is charged for a different video twice in a row, for the same bad bytes twice, and for repeated empty
    media. Our tools are charged for media that is bad too often.
    """
    if last is None or last["failure"]["reason"] != failure.reason:
        return failure
    if failure.reason == Reason.OTHER_VIDEO:
        return failure.charged_to(FailureClass.PERMANENT)
    if failure.reason not in OF_MEDIA:
        return failure
    if failure.media_sha256 is not None and failure.media_sha256 == last["failure"].get("media_sha256"):
        detail = f"The source sent the same bytes twice, and they are damaged: {failure.detail}"
        return failure.as_reason(Reason.BROKEN_AT_SOURCE, detail)
    if last["in_a_row"] < MEDIA_TRIES:
        return failure
    return failure.charged_to(FailureClass.PERMANENT if failure.reason == Reason.EMPTY_MEDIA else FailureClass.TOOL)


def _reason(evidence: Evidence) -> Reason:
    if evidence.needs_bytes is not None:
        return Reason.LARGER_THAN_DISK
    if evidence.other_id is not None:
        return Reason.OTHER_VIDEO
    if evidence.http_status == _TOO_MANY:
        return Reason.TOO_MANY_REQUESTS
    if evidence.on_media and evidence.http_status in _OF_MEDIA_STATUS:
        return _OF_MEDIA_STATUS[evidence.http_status]
    text = parse(evidence.text, evidence.sentence, evidence.extractor)
    reason = evidence.reason or reason_of(text)
    if reason is None:
        reason = Reason.EXTRACTOR_BROKEN if evidence.is_defect or text.is_defect else Reason.UNKNOWN
    if reason.failure_class is not FailureClass.TOOL:
        return reason
    return _behind_tool(evidence, reason, player_was_silent=text.words.startswith(_NO_PLAYER))


def _behind_tool(evidence: Evidence, reason: Reason, *, player_was_silent: bool) -> Reason:
    """The reason behind a tool's failure, such as an answer that is cut off or missing."""
    met = list(_met(evidence))
    if Reason.TOO_MANY_REQUESTS in met:
        return Reason.TOO_MANY_REQUESTS
    # If the player did not answer, only the warnings name what happened.
    decisive = OF_NETWORK | {Reason.FORBIDDEN} if player_was_silent else OF_NETWORK
    if (found := next((each for each in met if each in decisive), None)) is not None:
        return found
    if player_was_silent and any(reason_of(parse(warning)) == Reason.JS_RUNTIME for warning in evidence.warnings):
        return Reason.JS_RUNTIME
    return reason


def _met(evidence: Evidence) -> Iterator[Reason]:
    """Yield the reasons of the network's and servers' failures before the end."""
    yield from evidence.network_troubles
    for warning in evidence.warnings:
        if (found := network_reason(parse(warning))) is not None:
            yield found


def _detail(text: str) -> str:
    text = _SECRETS.sub("//…@", _NOISE.sub("", text[:_MAX_TEXT].replace("\r", "").strip()))
    return re.sub(r"^(ERROR:\s*)?(\[[\w:+]+\] (\S+: )?)?", "", text)[:_MAX_DETAIL]
