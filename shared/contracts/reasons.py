"""The reasons for failures: code, class, label, meaning and cure of each, declared once.

The codes are stored and sent. A code never changes its meaning, and readers accept codes that they do not know.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field

from shared.errors import FailureClass

_PERMANENT, _TRANSIENT, _WAIT = FailureClass.PERMANENT, FailureClass.TRANSIENT, FailureClass.WAIT_UNTIL
_EGRESS, _IDENTITY, _REFUSED = FailureClass.EGRESS, FailureClass.IDENTITY, FailureClass.REFUSED
_TOOL, _STORAGE = FailureClass.TOOL, FailureClass.STORAGE

_NOTHING = "Nothing; it cannot be fetched."
_AUTOMATIC = "Nothing; it is retried automatically."
_CHECK_ADDRESS = "Check the address and whether it is public, then submit it again."
_RAISE_LIMIT = "Raise that setting, restart the scrapers, then retry."
_PERSON_DECIDES = "`fonoteca retry` tries a video again; submit a playlist again."
_CHECK_PROXY = "Check `SCRAPER_PROXY` and the proxy itself."
_UPGRADE = "Upgrade yt-dlp, then retry."
_READ_LOGS = "Read the logs for the cause, upgrade, then retry."

#: Class → what a person can do, where a reason names nothing better.
_CURES = {
    _PERMANENT: _NOTHING,
    _TRANSIENT: _AUTOMATIC,
    _WAIT: _AUTOMATIC,
    _EGRESS: "Nothing at first: the source rests, then is tried again. If it recurs, slow the scrapers down.",
    _IDENTITY: "Replace the cookies, then resume the egress.",
    _REFUSED: _AUTOMATIC,
    _TOOL: _UPGRADE,
    _STORAGE: "Restore the object store; work then resumes.",
}


class Reason(StrEnum):
    """Why work failed. A member is its code."""

    #: The class at first; `judge` charges some failures to another one when more is known.
    failure_class: FailureClass
    #: A few words for lists.
    label: str
    #: One sentence for a person.
    meaning: str
    #: What a person can do about it.
    cure: str

    def __new__(cls, code: str, failure_class: FailureClass, label: str, meaning: str, cure: str = "") -> Self:
        member = str.__new__(cls, code)
        member._value_ = code
        member.failure_class, member.label, member.meaning = failure_class, label, meaning
        member.cure = cure or _CURES[failure_class]
        return member

    REMOVED = "removed", _PERMANENT, "Removed", "The uploader or the source removed the video."
    ACCOUNT_TERMINATED = "account-terminated", _PERMANENT, "Account terminated", "The uploader's account was closed."
    TERMS_VIOLATION = (
        "terms-violation",
        _PERMANENT,
        "Terms violation",
        "It was removed for violating the source's terms.",
    )
    COPYRIGHT = "copyright", _PERMANENT, "Copyright", "The source blocks the video on copyright grounds."
    DRM = "drm", _PERMANENT, "DRM", "Digital rights management encrypts the media."
    PAYMENT = "payment", _PERMANENT, "Payment required", "The source sells or rents the video."
    AGE_RESTRICTED = "age-restricted", _PERMANENT, "Age restricted", "The source asks viewers to prove their age."
    COUNTRY = "country", _PERMANENT, "Blocked in this country", "The source does not serve the egress's country."
    NO_SUCH_PLAYLIST = (
        "no-such-playlist",
        _PERMANENT,
        "No such playlist",
        "The playlist does not exist.",
        _CHECK_ADDRESS,
    )
    NOT_FOUND = "not-found", _PERMANENT, "Not found", "The source has nothing at this address.", _CHECK_ADDRESS
    EMPTY_PLAYLIST = "empty-playlist", _PERMANENT, "Empty playlist", "The playlist has no videos.", _CHECK_ADDRESS
    UNSUPPORTED_ADDRESS = (
        *("unsupported-address", _PERMANENT, "Unsupported address"),
        "`SCRAPER_EXTRACTORS` does not allow the site, yt-dlp does not support it, or the address exceeds 16 kB.",
        "Where the detail names a value of the setting, set it, restart the scrapers, then submit the address again.",
    )
    LONGER_THAN_ALLOWED = (
        *("longer-than-allowed", _PERMANENT, "Longer than allowed"),
        *("The video is longer than `SCRAPER_LONGEST_VIDEO_SECONDS`.", _RAISE_LIMIT),
    )
    LARGER_THAN_ALLOWED = (
        *("larger-than-allowed", _PERMANENT, "Larger than allowed"),
        *("The media is larger than `SCRAPER_LARGEST_MEGABYTES`.", _RAISE_LIMIT),
    )
    FILTERED = (
        *("filtered", _PERMANENT, "Left out by a filter"),
        "A filter of its playlist or followed source leaves it out; the detail names the rule and what it met.",
        "Nothing; it is taken when the filter changes. `fonoteca retry` takes it all the same.",
    )
    NO_SOUND = "no-sound", _PERMANENT, "No sound", "The video has pictures, but no sound track."
    BROKEN_AT_SOURCE = "broken-at-source", _PERMANENT, "Broken at the source", "It sent the same damaged bytes twice."
    PLAYLIST_TOO_LONG = (
        *("playlist-too-long", _PERMANENT, "Playlist too long"),
        *("The playlist is longer than `SCRAPER_LONGEST_PLAYLIST`; entries up to it are taken.", _RAISE_LIMIT),
    )
    LIST_TOO_LONG_FOR_SHARE = (
        *("list-too-long-for-share", _PERMANENT, "List too long for the key's share"),
        "A list submitted with a key of scope submit needs more than the key's hourly share; entries found are taken.",
        "Let an administrator submit the list, or ask for fewer entries (limit).",
    )
    UNSUPPORTED_STREAM = (
        *("unsupported-stream", _PERMANENT, "Unsupported stream"),
        "Only a program other than yt-dlp could fetch the stream (`SAMPLE-AES`, `rtmp`, a part of a video, a local "
        "file). It would bypass the network guard, so the stream was not fetched.",
    )
    PRIVATE_ADDRESS = (
        *("private-address", _PERMANENT, "Private address"),
        "An address led to a host that is not on the public internet; no request was sent there.",
    )
    PRIVATE = "private", _PERMANENT, "Private", "The uploader made the video private.", _AUTOMATIC
    MEMBERS_ONLY = "members-only", _PERMANENT, "Members only", "Only the channel's members may see it.", _AUTOMATIC
    UNAVAILABLE = (
        *("unavailable", _WAIT, "Unavailable"),
        "The source gives no reason; a second witness shows whether it refuses the video or the egress.",
    )

    SERVER_ERROR = "server-error", _TRANSIENT, "Server error", "The source answered with HTTP 5xx."
    TIMEOUT = "timeout", _TRANSIENT, "Timeout", "The source did not answer in time."
    SHORT_READ = "short-read", _TRANSIENT, "Transfer ended early", "Fewer bytes arrived than the source announced."
    CONNECTION = "connection", _TRANSIENT, "Connection failed", "The connection could not be made, or was cut."
    FORBIDDEN = "forbidden", _TRANSIENT, "Forbidden", "The source answered with HTTP 403."
    MEDIA_NOT_FOUND = (
        "media-not-found",
        _TRANSIENT,
        "Media not found",
        "The address of the media answered with HTTP 404.",
    )
    ANSWER_TOO_LARGE = (
        *("answer-too-large", _TRANSIENT, "Answer too large"),
        "An answer that is not media exceeded 64 MB, or filled a worker's memory.",
    )
    WORKER_DIED = "worker-died", _TRANSIENT, "Worker died", "A worker or encoder process died or was killed."
    TOOK_TOO_LONG = "took-too-long", _TRANSIENT, "Took too long", "Encoding took longer than `SCRAPER_VIDEO_SECONDS`."
    FRAGMENT_MISSING = "fragment-missing", _TRANSIENT, "Fragment missing", "A fragment of the stream did not arrive."
    LISTING_INCOMPLETE = (
        *("listing-incomplete", _TRANSIENT, "Listing incomplete"),
        "The list ended before all entries that its source promises; the entries that arrived are requested.",
    )
    OTHER_VIDEO = (
        *("other-video", _TRANSIENT, "Different video received"),
        "The source, or an engine, led to another video than the requested one; nothing of it is stored.",
    )
    CUT_SHORT = "cut-short", _TRANSIENT, "Cut short", "The media is shorter than its source announces."
    TOO_LONG = "too-long", _TRANSIENT, "Longer than announced", "The media is longer than its source announces."
    DAMAGED_MEDIA = "damaged-media", _TRANSIENT, "Damaged media", "The media does not decode to its end."
    EMPTY_MEDIA = "empty-media", _TRANSIENT, "Empty media", "The source sent media without any content."
    SILENT_MEDIA = "silent-media", _TRANSIENT, "Silent media", "The recording is silent from beginning to end."

    NOT_YET = "not-yet", _WAIT, "Not available yet", "A premiere or live event has not begun, or no stream is live."
    LIVE = "live", _WAIT, "Live now", "The stream is live, or its recording is not ready."
    LISTED_LATELY = (
        *("listed-lately", _WAIT, "Listed recently"),
        "It was submitted again soon after its last listing began; nothing failed.",
    )
    REQUESTS_SPENT = (
        *("requests-spent", _WAIT, "Requests used up during the listing"),
        "The hourly budget, or the share of the key that submitted the list, was used up during the listing.",
    )
    GIVEN_UP_BY_A_PERSON = (
        *("given-up-by-a-person", _PERMANENT, "Abandoned by a person"),
        *("A person abandoned it.", _PERSON_DECIDES),
    )
    DELETED_BY_A_PERSON = (
        *("deleted-by-a-person", _PERMANENT, "Deleted by a person"),
        *("A person deleted it.", "Nothing: a deleted recording is never fetched again."),
    )
    EXPIRED = (
        *("expired", _PERMANENT, "Kept no longer"),
        "The source's retention (`keep`) deleted it.",
        "Raise `keep` of the source, so that others stay longer. A deleted recording is never fetched again.",
    )

    BOT_CHECK = "bot-check", _EGRESS, "Bot check", "The source asks for proof that the client is not a bot."
    CAPTCHA = "captcha", _EGRESS, "Captcha", "The source demands a captcha."
    RATE_LIMITED = "rate-limited", _EGRESS, "Rate limited", "The source limits this session for some time."
    TOO_MANY_REQUESTS = "too-many-requests", _EGRESS, "Too many requests", "The source answered with HTTP 429."
    PROXY_REFUSED = (
        *("proxy-refused", _EGRESS, "Proxy refused", "The source serves nothing through this proxy or VPN."),
        "Use another egress, then run `fonoteca egress --resume NAME`.",
    )
    PROXY_AWAY = (
        *("proxy-away", _EGRESS, "Proxy unavailable", "The proxy of this egress lets nothing through."),
        _CHECK_PROXY,
    )
    FORBIDDEN_IN_A_ROW = (
        *("forbidden-in-a-row", _EGRESS, "Forbidden, several in a row"),
        "The source answered HTTP 403 for the media of three of its videos in a row.",
    )
    UNAVAILABLE_EVERYWHERE = (
        *("unavailable-everywhere", _EGRESS, "Unavailable everywhere"),
        "The witness is refused too, or ten videos in a row were unavailable where nothing can witness.",
    )
    REFUSED_ALONE = (
        *("refused-alone", _REFUSED, "Only this one refused"),
        "The source treats this one as it would treat a refused egress, while it serves others or nothing else can be "
        "tried.",
    )
    COOKIES_DEAD = (
        *("cookies-dead", _IDENTITY, "Cookies expired", "The source no longer accepts the account's cookies."),
        "Replace `SCRAPER_COOKIES_FILE`, then run `fonoteca egress --resume NAME`.",
    )

    JS_RUNTIME = "js-runtime", _TOOL, "JavaScript runtime", "yt-dlp's JavaScript runtime is missing or failed."
    EXTRACTOR_BROKEN = (
        *("extractor-broken", _TOOL, "Extractor broken"),
        "yt-dlp, or the package of the site, does not understand the source's pages.",
        "Upgrade yt-dlp, or the package that the detail names, then retry.",
    )
    TRACK_MISSING = (
        *("track-missing", _TOOL, "Original audio track missing"),
        "Only dubs are offered, or no track is marked as the original.",
        "Upgrade yt-dlp, or choose a language that is offered (`SCRAPER_LANGUAGE`), then retry.",
    )
    TLS = (
        *("tls", _TOOL, "TLS", "The certificate, or the TLS version, of a host is not accepted."),
        "Check the proxy's and the host's certificates and the machine's clock, then retry.",
    )
    BROKEN_ENCODING = "broken-encoding", _TOOL, "Encoding failed", "FFmpeg made a broken file, or none.", _READ_LOGS
    OBJECT_REFUSED = (
        *("object-refused", _TOOL, "Object refused by the store"),
        "The object store works, but does not accept this object.",
        "Correct what the detail names, then retry.",
    )
    LARGER_THAN_DISK = (
        *("larger-than-disk", _TOOL, "Larger than the disk"),
        "The source and the files of all profiles exceed the work folder's disk, so it is not downloaded; or it met a "
        "full disk four times.",
        "Give `SCRAPER_WORK_FOLDER` a larger disk, then retry.",
    )
    CRASHES_SCRAPER = (
        *("crashes-scraper", _TOOL, "Crashes scrapers", "20 scrapers in a row died while they worked on it."),
        _READ_LOGS,
    )
    ENGINE_FAILED = (
        *("engine-failed", _TOOL, "Download engine failed"),
        "you-get or the converter downloaded nothing, or the package of the site is not installed.",
        "Check `SCRAPER_ENGINES` and `SCRAPER_CONVERTER_URL`, upgrade the engine or install the package, then retry.",
    )
    DEFECT = (
        *("defect", _TOOL, "Defect in our code", "Our own code failed; the detail names the place in the code."),
        "Report the detail and the log, upgrade Fonoteca, then retry.",
    )
    UNKNOWN = (
        *("unknown", _TOOL, "Unknown", "The answer fits no known sentence."),
        "Read the detail, upgrade yt-dlp, then retry.",
    )

    DISK_FULL = (
        *("disk-full", _STORAGE, "Disk full", "Something other than our work fills the work folder's disk."),
        "Make room in `SCRAPER_WORK_FOLDER`; work then resumes.",
    )
    OBJECT_STORE = (
        "object-store",
        _STORAGE,
        "Object store unavailable",
        "The object store is unavailable or accepts nothing.",
    )


#: A reason's code in messages, documents and the API. It stays open: a newer version may send a code unknown here.
ReasonCode = Annotated[
    str,
    Field(
        description="Code of the reason; docs/failures.md explains each. Newer versions may add codes.",
        json_schema_extra={"x-extensible-enum": [reason.value for reason in Reason]},
    ),
]
#: The form of every code.
CODE_PATTERN = r"^[a-z0-9-]{1,64}$"
