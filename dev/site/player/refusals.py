"""YouTube's refusals: a player's answers when there is nothing to play."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple

from dev.site.library import SiteVideo
from dev.site.trouble import Trouble

Json = dict[str, Any]


class Refusal(NamedTuple):
    """Texts of a `playabilityStatus`. They are YouTube's."""

    status: str
    reason: str
    subreason: str = ""


_UNAVAILABLE = "Video unavailable"

REFUSALS: dict[Trouble, Refusal] = {
    "private": Refusal("LOGIN_REQUIRED", "Private video", "Sign in if you've been granted access to this video"),
    "removed": Refusal("ERROR", _UNAVAILABLE, "This video has been removed by the uploader"),
    "terminated": Refusal(
        "ERROR",
        _UNAVAILABLE,
        "This video is no longer available because the YouTube account associated with this video has been terminated.",
    ),
    "terms": Refusal("ERROR", "This video has been removed for violating YouTube's Terms of Service"),
    "copyright": Refusal(
        "UNPLAYABLE",
        _UNAVAILABLE,
        "This video contains content from A Label, who has blocked it on copyright grounds",
    ),
    "payment": Refusal("UNPLAYABLE", "This video requires payment to watch"),
    "members": Refusal(
        "UNPLAYABLE",
        "Join this channel to get access to members-only content like this video, and other exclusive perks.",
    ),
    "age": Refusal("LOGIN_REQUIRED", "Sign in to confirm your age", "This video may be inappropriate for some users."),
    "country": Refusal("UNPLAYABLE", _UNAVAILABLE, "The uploader has not made this video available in your country"),
    "unavailable": Refusal("ERROR", _UNAVAILABLE, "This video is not available"),
    "bot-check": Refusal(
        "LOGIN_REQUIRED", "Sign in to confirm you’re not a bot", "This helps protect our community. Learn more"
    ),
    "captcha": Refusal("UNPLAYABLE", _UNAVAILABLE),
    "rate-limit": Refusal("UNPLAYABLE", _UNAVAILABLE, "This content isn't available, try again later."),
    "proxy-refused": Refusal(
        "UNPLAYABLE",
        "VPN/Proxy Detected",
        "To continue, turn off your VPN/Proxy. This will allow YouTube to locate the best content.",
    ),
    # yt-dlp's own warning when an answer removes the cookies of an account.
    "cookies-dead": Refusal(
        "LOGIN_REQUIRED",
        _UNAVAILABLE,
        "The provided YouTube account cookies are no longer valid. "
        "They have likely been rotated in the browser as a security measure.",
    ),
    "no-recording": Refusal("ERROR", _UNAVAILABLE, "This live stream recording is not available."),
    "odd": Refusal("ERROR", "The moon is in the wrong house"),
}


def playability(trouble: Trouble) -> Json:
    """Return the `playabilityStatus` of one of the `REFUSALS`."""
    status, reason, subreason = REFUSALS[trouble]
    message: Json = {"reason": {"simpleText": reason}}
    if subreason:
        message["subreason"] = {"simpleText": subreason}
    screen: Json = {"playerErrorMessageRenderer": message}
    if trouble == "captcha":
        screen["playerCaptchaViewModel"] = {"captchaUrl": "https://www.youtube.com/captcha"}
    return {"status": status, "reason": reason, "errorScreen": screen}


def premiere(video: SiteVideo) -> Json:
    """Return the `playabilityStatus` of a premiere that has not begun."""
    begins = datetime.fromtimestamp(video.premieres_at, UTC)
    slate = {"liveStreamOfflineSlateRenderer": {"scheduledStartTime": str(int(video.premieres_at))}}
    return {
        "status": "LIVE_STREAM_OFFLINE",
        "reason": f"Premieres at {begins:%H:%M} UTC",
        "liveStreamability": {"liveStreamabilityRenderer": {"offlineSlate": slate}},
    }
