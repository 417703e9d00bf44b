"""Evidence → a typed failure: whose fault it is, why, and when to come again. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from services.scraper.failures.evidence import Evidence
from services.scraper.failures.matching import network_reason, reason_of, said
from services.scraper.failures.named_times import bounded
from services.scraper.failures.reasons import CLASSES, MEDIA_REASONS, OF_NETWORK, OTHER_VIDEO
from shared.catalog.documents import Retry
from shared.contracts import Failure
from shared.errors import FailureClass

#: What yt-dlp ends with when the player did not answer: not at all, or to none but the page's own request.
_NO_PLAYER = ("Failed to extract any player response", "No video formats found")
#: Reasons that a media request's HTTP status tells; 416 is said of a range of what has no length.
_OF_MEDIA_STATUS = {403: "forbidden", 404: "media-not-found", 416: "empty-media"}
_TOO_MANY = 429
#: Times in a row that a reason of the media is taken for bad luck on the way. After that our tools must be at fault;
#: or the source, if it sent nothing, or the very same bytes.
MEDIA_TRIES = 2
#: Longest detail kept; the cookie advice that YouTube errors end with says nothing of the cause.
_DETAIL_LENGTH = 500
#: Characters of a text that are looked at for the detail.
_LONGEST_TEXT = 20_000
#: User and password in an address, of a proxy say.
_SECRETS = re.compile(r"//[^/@\s]+@")
_NOISE = re.compile(r"\. Use --cookies-from-browser.*|; please report this issue.*", re.DOTALL)


def classify(evidence: Evidence, now: datetime) -> Failure:
    """The typed failure of `evidence`. Unknown texts become class TOOL, reason `unknown`: a person should look."""
    if evidence.begins_at is not None:
        return Failure(
            failure_class=FailureClass.WAIT_UNTIL,
            reason="not-yet",
            detail=_detail(evidence.text),
            retry_at=max(evidence.begins_at, now),
        )
    reason = _reason(evidence)
    retry_after = bounded(evidence.retry_after)
    retry_at = now + timedelta(seconds=retry_after) if retry_after is not None else None
    detail = " ".join((_detail(evidence.text), *(_detail(other) for other in evidence.others)))
    return Failure(failure_class=CLASSES[reason], reason=reason, detail=detail, retry_at=retry_at)


def of_media(failure: Failure, last: Retry | None) -> Failure:
    """`failure`, charged to the source if it sent the same bad bytes twice, to our tools if it was bad too often.

    Another video in the place of this one is believed when it is there a second time.
    """
    if failure.reason == OTHER_VIDEO and last is not None and last["failure"]["reason"] == OTHER_VIDEO:
        # A mistake on the way does not come twice: it is the source's word.
        return failure.model_copy(update={"failure_class": FailureClass.PERMANENT})
    if failure.reason not in MEDIA_REASONS or last is None or last["failure"]["reason"] != failure.reason:
        return failure
    if failure.media_sha256 is not None and failure.media_sha256 == last["failure"].get("media_sha256"):
        detail = f"The source sent the same bytes twice, and they are not whole: {failure.detail}"
        return failure.model_copy(
            update={"failure_class": FailureClass.PERMANENT, "reason": "broken-at-source", "detail": detail}
        )
    if last["in_a_row"] < MEDIA_TRIES:
        return failure
    blamed = FailureClass.PERMANENT if failure.reason == "empty-media" else FailureClass.TOOL
    return failure.model_copy(update={"failure_class": blamed})


def _reason(evidence: Evidence) -> str:
    if evidence.needs_bytes is not None:
        return "larger-than-disk"
    if evidence.other_id is not None:
        return OTHER_VIDEO
    if evidence.of_tool:
        return "engine-failed"
    if evidence.http_status == _TOO_MANY:
        return "too-many-requests"
    if evidence.on_media and evidence.http_status in _OF_MEDIA_STATUS:
        return _OF_MEDIA_STATUS[evidence.http_status]
    what = said(evidence.text, evidence.sentence, evidence.site)
    reason = evidence.reason or reason_of(what)
    if reason is None:
        reason = "extractor-broken" if evidence.is_defect or what.is_defect else "unknown"
    if CLASSES[reason] is not FailureClass.TOOL:
        return reason
    return _blamed_on_a_tool(evidence, reason, player_was_silent=what.words.startswith(_NO_PLAYER))


def _blamed_on_a_tool(evidence: Evidence, reason: str, *, player_was_silent: bool) -> str:
    """The reason behind what blames a tool: an answer that is cut off, or that did not come, makes no sense to one."""
    met = list(_met(evidence))
    if "too-many-requests" in met:
        return "too-many-requests"
    # Where the player did not answer, only the warnings name what it said instead.
    told = OF_NETWORK | {"forbidden"} if player_was_silent else OF_NETWORK
    if (found := next((reason for reason in met if reason in told), None)) is not None:
        return found
    if player_was_silent and any(reason_of(said(warning)) == "js-runtime" for warning in evidence.warnings):
        return "js-runtime"
    return reason


def _met(evidence: Evidence) -> Iterator[str]:
    """What the network and servers did before the end."""
    for trouble in (*evidence.network_troubles, *evidence.warnings):
        found = trouble if trouble in CLASSES else network_reason(said(trouble))
        if found is not None:
            yield found


def _detail(text: str) -> str:
    text = _SECRETS.sub("//…@", _NOISE.sub("", text[:_LONGEST_TEXT].replace("\r", "").strip()))
    return re.sub(r"^(ERROR:\s*)?(\[[\w:+]+\] (\S+: )?)?", "", text)[:_DETAIL_LENGTH]
