"""What went wrong with yt-dlp → a typed failure. One ordered table; the first row that fits decides.

Sources: yt-dlp's extractor texts (2026.10.26) and its changelog; docs/failures.md lists them with what to do.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from services.scraper.named_times import bounded
from shared.catalog.documents import Retry
from shared.contracts import Failure
from shared.errors import FailureClass


@dataclass(frozen=True)
class Evidence:
    """All that is known of a failed extraction or download."""

    #: The final error's text.
    text: str
    #: Names of the exception's class and of its causes.
    kinds: tuple[str, ...] = ()
    #: HTTP status of the cause, if it was an HTTP error.
    http_status: int | None = None
    #: Seconds of a Retry-After header, if there was one.
    retry_after: float | None = None
    #: The address that answered with the HTTP error: it may be another one's than that which the work began with.
    asked_url: str | None = None
    #: yt-dlp's warnings; a 429 on player calls is named nowhere else.
    warnings: tuple[str, ...] = ()
    #: When a premiere or live event begins, if that is why there is nothing yet.
    begins_at: datetime | None = None
    #: Whether the failure was met while downloading media, not while reading pages.
    on_media: bool = False
    #: Pages and calls that were asked of the source until then.
    requests: int = 0
    #: Whether it is the word of a tool that tells nothing of the source.
    of_tool: bool = False
    #: What other engines said, for people.
    others: tuple[str, ...] = ()
    #: Requests that the network, a proxy or an unwell server failed on the way, whatever the final text says.
    network_troubles: tuple[str, ...] = ()
    #: Set when the service itself let the worker ask nothing more: seconds until it may, and why.
    not_permitted: tuple[float, str] | None = None


class _Row(NamedTuple):
    pattern: str
    failure_class: FailureClass
    reason: str


_P, _T, _W = FailureClass.PERMANENT, FailureClass.TRANSIENT, FailureClass.WAIT_UNTIL
_E, _I, _X, _S = FailureClass.EGRESS, FailureClass.IDENTITY, FailureClass.TOOL, FailureClass.STORAGE

#: Searched in order, in the final text, without regard to case.
_TEXTS = (
    _Row(r"is not on the public internet", _P, "private-address"),
    _Row(r"longer than SCRAPER_", _P, "longer-than-allowed"),
    _Row(r"larger than SCRAPER_|\[Errno 27\]", _P, "larger-than-allowed"),
    _Row(r"no sound track of", _X, "track-missing"),
    _Row(r"no sound track at all", _P, "no-sound"),
    _Row(r"sign in to confirm you.?re not a bot|confirm you are not a bot", _E, "bot-check"),
    _Row(r"captcha|google\.com/sorry|your ip is likely being blocked", _E, "captcha"),
    _Row(r"rate.limited by youtube|content isn.?t available, try again later", _E, "rate-limited"),
    _Row(r"http error 429|too many requests", _E, "too-many-requests"),
    _Row(r"vpn/proxy detected", _E, "proxy-refused"),
    _Row(r"connect to proxy.*(newconnection|refused|resol)|tunnel connection failed", _E, "proxy-away"),
    _Row(r"cookies are no longer valid", _I, "cookies-dead"),
    _Row(r"premieres? (in|at|will begin)|this live event will begin", _W, "not-yet"),
    _Row(r"live stream(ing)? (recording )?is not available", _W, "live"),
    _Row(r"no space left on device", _S, "disk-full"),
    _Row(r"private video|this video is private", _P, "private"),
    _Row(r"account .* (been )?terminated|account .* closed", _P, "account-terminated"),
    _Row(r"violat\w+ youtube.s terms|violating .*policy", _P, "terms-violation"),
    _Row(r"removed by the uploader|video has been removed|has been deleted", _P, "removed"),
    _Row(r"copyright", _P, "copyright"),
    _Row(r"\bdrm\b", _P, "drm"),
    _Row(r"requires payment|purchase|rental", _P, "payment"),
    _Row(r"members.only|join this channel", _P, "members-only"),
    _Row(r"confirm your age|age.restricted|inappropriate for some users", _P, "age-restricted"),
    _Row(r"not (made this video )?available in your country|geo.?restrict", _P, "country"),
    _Row(r"the playlist does not exist|playlist type is unviewable", _P, "no-such-playlist"),
    _Row(r"does not have a \w+ tab|this channel does not exist|\[youtube:tab\].*http error 404", _P, "not-found"),
    _Row(r"unsupported url|no suitable extractor|extractor .* (disabled|not allowed)", _P, "unsupported-address"),
    _Row(r"requested format is not available|challenge solving failed|no supported javascript", _X, "js-runtime"),
    _Row(r"http error 403|403: forbidden", _T, "forbidden"),
    # A piece of a stream; media in one piece has its HTTP status in the evidence.
    _Row(r"got error: http error 4\d\d|fragment \S* ?not found|unable to continue", _T, "fragment-missing"),
    _Row(r"http error 5\d\d", _T, "server-error"),
    _Row(r"timed out|timeout", _T, "timeout"),
    _Row(r"did not get any data|downloaded file is empty|http error 416", _T, "empty-media"),
    _Row(r"more expected|incomplete ?read|content too short", _T, "short-read"),
    # A connection that is cut while it is made secure says so in OpenSSL's words.
    _Row(r"eof occurred|unexpected.eof|connection (reset|aborted)", _T, "connection"),
    _Row(r"certificate|\b_?ssl", _X, "tls"),
    _Row(
        r"connection (reset|aborted|refused)|remote end closed|unable to connect|name resolution|getaddrinfo"
        r"|network is unreachable|transport ?error|broken pipe|eof occurred",
        _T,
        "connection",
    ),
    # About the video or about this egress: only a second witness can tell. See `judge`.
    _Row(r"video unavailable|this video is (not|no longer) available|video is unavailable", _W, "unavailable"),
    _Row(
        r"please report this issue|unable to extract|missing a url|failed to extract any player", _X, "extractor-broken"
    ),
)
_COMPILED = tuple((re.compile(row.pattern, re.IGNORECASE), row) for row in _TEXTS)
_LOOKS_LIKE_429 = re.compile(r"HTTP Error 429|Too Many Requests", re.IGNORECASE)
#: What yt-dlp ends with when the player did not answer: not at all, or to none but the page's own request.
_NO_PLAYER = re.compile(r"failed to extract any player response|no video formats found", re.IGNORECASE)
#: How warnings tell that there was nothing to solve the player's challenges with.
_NO_RUNTIME = re.compile(r"no supported javascript|challenge solving failed", re.IGNORECASE)
#: Longest detail kept; the cookie advice that YouTube errors end with says nothing of the cause.
_DETAIL_LENGTH = 500
#: User and password in an address, of a proxy say.
_SECRETS = re.compile(r"//[^/@\s]+@")
#: How yt-dlp's texts begin: extractor and id.
_ID = re.compile(r"\[([\w:+]+)\] \S+: ")
_NOISE = re.compile(r"\. Use --cookies-from-browser.*|; please report this issue.*", re.DOTALL)


#: Reasons that lie in the media as it came.
MEDIA_REASONS = {"cut-short", "too-long", "damaged-media", "empty-media", "silent-media"}
#: Times in a row that such a reason is taken for bad luck on the way. After that our tools must be at fault; or the
#: source, if it sent nothing, or the very same bytes.
MEDIA_TRIES = 2
#: Reasons of what the network does; they win over what a tool says that the network let down.
_OF_NETWORK = {"connection", "timeout", "server-error", "short-read", "proxy-away", "too-many-requests"}
#: Reasons after which only a person can help: nothing is asked for until one does.
LASTING = {"proxy-refused", "cookies-dead"}


def classify(evidence: Evidence, now: datetime) -> Failure:
    """The typed failure of `evidence`. Unknown texts become class TOOL, reason `unknown`: a person should look."""
    if evidence.begins_at is not None:
        return Failure(
            failure_class=_W, reason="not-yet", detail=_detail(evidence.text), retry_at=max(evidence.begins_at, now)
        )
    row = _by_tool(evidence) or _by_status(evidence) or _by_text(evidence) or _Row("", _X, "unknown")
    if row.failure_class is FailureClass.TOOL and not evidence.of_tool:
        row = _by_network(evidence) or row
    retry_after = bounded(evidence.retry_after)
    retry_at = now + timedelta(seconds=retry_after) if retry_after is not None else None
    detail = " ".join((_detail(evidence.text), *(_detail(other) for other in evidence.others)))
    return Failure(failure_class=row.failure_class, reason=row.reason, detail=detail, retry_at=retry_at)


def of_media(failure: Failure, last: Retry | None) -> Failure:
    """`failure`, charged to the source if it sent the same bad bytes twice, to our tools if it was bad too often."""
    if failure.reason not in MEDIA_REASONS or last is None or last["failure"]["reason"] != failure.reason:
        return failure
    if failure.media_sha256 is not None and failure.media_sha256 == last["failure"].get("media_sha256"):
        detail = f"The source sent the same bytes twice, and they are not whole: {failure.detail}"
        return failure.model_copy(update={"failure_class": _P, "reason": "broken-at-source", "detail": detail})
    if last["in_a_row"] < MEDIA_TRIES:
        return failure
    blamed = _P if failure.reason == "empty-media" else _X
    return failure.model_copy(update={"failure_class": blamed})


def player_was_silent(text: str) -> bool:
    """Whether yt-dlp's last word only says that the player did not answer, and not why."""
    return _NO_PLAYER.search(text) is not None


def _by_network(evidence: Evidence) -> _Row | None:
    """What the network did, where the final text blames a tool: an answer that is cut off makes no sense to one."""
    said = (*evidence.network_troubles, *(w for w in evidence.warnings if "please report this issue" not in w))
    found = (_first_match(text) for text in said)
    return next((row for row in found if row is not None and row.reason in _OF_NETWORK), None)


def _by_tool(evidence: Evidence) -> _Row | None:
    return _Row("", _X, "engine-failed") if evidence.of_tool else None


def _by_status(evidence: Evidence) -> _Row | None:
    """What the HTTP status alone tells, also the one that is named only in warnings."""
    if evidence.http_status == 429 or (
        _NO_PLAYER.search(evidence.text) and any(_LOOKS_LIKE_429.search(w) for w in evidence.warnings)
    ):
        return _Row("", _E, "too-many-requests")
    if evidence.on_media and evidence.http_status is not None:
        if evidence.http_status == 403:
            return _Row("", _T, "forbidden")
        if evidence.http_status == 404:
            return _Row("", _T, "media-not-found")
        if evidence.http_status == 416:
            # A range of what has no length.
            return _Row("", _T, "empty-media")
    return None


def _by_text(evidence: Evidence) -> _Row | None:
    if _NO_PLAYER.search(evidence.text):
        # The final text blames the tool whatever happened; only the warnings name a server or network that failed.
        said = " ".join(w for w in evidence.warnings if "please report this issue" not in w)
        if (row := _first_match(said)) is not None and row.failure_class is FailureClass.TRANSIENT:
            return row
        if _NO_RUNTIME.search(" ".join(evidence.warnings)) is not None:
            return _Row("", _X, "js-runtime")
    if (row := _first_match(evidence.text)) is not None:
        return row
    if "TimeoutError" in evidence.kinds:
        return _Row("", _T, "timeout")
    return None


def _first_match(text: str) -> _Row | None:
    # An id may spell anything.
    text = _ID.sub(r"[\1] ", text)
    return next((row for pattern, row in _COMPILED if pattern.search(text)), None)


def _detail(text: str) -> str:
    text = _SECRETS.sub("//…@", _NOISE.sub("", text.replace("\r", "").strip()))
    return re.sub(r"^(ERROR:\s*)?(\[[\w:+]+\] (\S+: )?)?", "", text)[:_DETAIL_LENGTH]
