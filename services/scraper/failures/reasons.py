"""The reasons that evidence can have, and the class of each."""

from __future__ import annotations

from collections.abc import Mapping

from shared.errors import FailureClass

_BY_CLASS: Mapping[FailureClass, tuple[str, ...]] = {
    FailureClass.PERMANENT: (
        *("private", "members-only", "age-restricted", "payment", "country", "drm"),
        *("removed", "account-terminated", "terms-violation", "copyright"),
        *("no-such-playlist", "not-found", "unsupported-address", "private-address"),
        *("longer-than-allowed", "larger-than-allowed", "no-sound", "unsupported-stream"),
    ),
    # "unavailable" is about the video or about this egress: only a second witness can tell. See `judge`.
    FailureClass.WAIT_UNTIL: ("not-yet", "live", "unavailable"),
    FailureClass.TRANSIENT: (
        *("connection", "timeout", "server-error", "short-read"),
        *("forbidden", "media-not-found", "fragment-missing", "empty-media"),
        *("other-video", "answer-too-large"),
    ),
    FailureClass.EGRESS: (
        *("bot-check", "captcha", "rate-limited", "too-many-requests"),
        *("proxy-refused", "proxy-away"),
    ),
    FailureClass.IDENTITY: ("cookies-dead",),
    FailureClass.TOOL: (
        *("js-runtime", "extractor-broken", "track-missing", "tls", "engine-failed", "unknown"),
        "larger-than-disk",
    ),
    FailureClass.STORAGE: ("disk-full",),
}
#: Reason → class.
CLASSES: Mapping[str, FailureClass] = {reason: of for of, reasons in _BY_CLASS.items() for reason in reasons}

#: Reasons that lie in the media as it came.
MEDIA_REASONS = {"cut-short", "too-long", "damaged-media", "empty-media", "silent-media"}
#: Reason of a source that led to another video than the one asked for; nothing of it is stored.
OTHER_VIDEO = "other-video"
#: Reasons of what the network or an unwell server does; they win over what a tool says that the network let down.
OF_NETWORK = {"connection", "timeout", "server-error", "short-read", "proxy-away", "too-many-requests", "captcha"}
#: Reasons after which only a person can help: nothing is asked for until one does.
LASTING = {"proxy-refused", "cookies-dead"}
