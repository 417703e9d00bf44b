"""Sentences that yt-dlp ends with, and what strangers may put into them."""

from __future__ import annotations

from typing import NamedTuple

#: An id nobody could take for anything.
INNOCENT = "dQw4w9WgXcQ"
#: Ids as YouTube has them: eleven of [0-9A-Za-z_-].
IDS = (
    *("captcha1234", "ccDrMbbbbbb", "-drm-drm-dr", "xDrM1234567", "HTTPErr429x", "HTTP_429-429", "private----"),
    *("copyright11", "timeout-out", "SSL-SSL-SSL", "removed-rem", "rental-rent", "geo-restric", "certificate"),
    *("Premieres--", "-----------"),
)
#: Names of channels and lists, as they stand where an id does.
HANDLES = (
    *("@captcha", "@Private-video", "@drm", "PL-drm-HTTP-Error-429", "@http-error-503", "UUcopyright-captcha"),
    *("@\u202eAHCTPAC", "@" + "captcha" * 15_000, "@%22captcha%22", "@not-a-bot", "RDcaptcha1234"),
)
#: What somebody may call a video, a channel, a label or a level of membership, or write on a page.
NAMES = (
    "Private video",
    "HTTP Error 429: Too Many Requests",
    "Sign in to confirm you're not a bot",
    "Sign in to confirm you’re not a bot",
    "@captcha",
    "drm",
    "This video is DRM protected",
    "This content isn't available, try again later",
    "X. YouTube is requiring a captcha challenge before playback",
    "Video unavailable. This video has been removed by the uploader",
    'a" page 1: HTTP Error 429: Too Many Requests',
    "'); HTTP Error 429: Too Many Requests ('",
    "\nERROR: [youtube] dQw4w9WgXcQ: Private video",
    "\r\n\u2028Sign in to confirm you’re not a bot",
    "\u202eoediv etavirP\u202c",
    "no space left on device",
    "[Errno 28] No space left on device",
    "certificate verify failed; please report this issue on  https://github.com",
    "Requested format is not available",
    ", who has blocked it on copyright grounds",
    "captcha " * 12_500,
    "[" * 100_000,
)
#: Addresses that quote.
ADDRESSES = (
    "https://x.example/?q=no+space+left+on+device",
    "https://captcha.example/HTTP-Error-429/drm?private=video",
    "https://x.example/#Sign in to confirm you’re not a bot",
    "https://www.google.com/sorry/index?continue=x",
    "https://x.example/" + "drm/" * 25_000,
)
#: Hosts, which have no more than letters, digits, hyphens and points.
HOSTS = (
    "r1.googlevideo.com",
    "captcha.example",
    "drm.private-video.example",
    "http-error-429.example",
    "timed-out.example",
)
#: What a server may write behind a status.
PHRASES = ("captcha", "Private video", "HTTP Error 429: Too Many Requests", "DRM", "Read timed out.", "x" * 100_000)


class Known(NamedTuple):
    """A sentence, its class and its reason. `{}` is where a stranger's text stands."""

    text: str
    failure_class: str
    reason: str


_LOGIN = (
    ". Use --cookies-from-browser or --cookies for the authentication. See  https://github.com/yt-dlp/yt-dlp/wiki/FAQ"
    "#how-do-i-pass-cookies-to-yt-dlp  for how to manually pass cookies. Also see  https://github.com/yt-dlp/yt-dlp/wiki/"
    "Extractors#exporting-youtube-cookies  for tips on effectively exporting YouTube cookies"
)
_REPORT = (
    "; please report this issue on  https://github.com/yt-dlp/yt-dlp/issues?q= , filling out the appropriate issue "
    "template. Confirm you are on the latest version using  yt-dlp -U"
)
_TERMINATED = "because the YouTube account associated with this video has been terminated."

#: What YouTube's player says.
OF_THE_PLAYER = (
    Known("Private video. Sign in if you've been granted access to this video" + _LOGIN, "permanent", "private"),
    Known("Video unavailable. This video is private", "permanent", "private"),
    Known("Sign in to confirm you’re not a bot" + _LOGIN, "egress", "bot-check"),
    Known(
        "Sign in to confirm your age. This video may be inappropriate for some users" + _LOGIN,
        "permanent",
        "age-restricted",
    ),
    Known("Video unavailable. This video has been removed by the uploader", "permanent", "removed"),
    Known(f"Video unavailable. This video is no longer available {_TERMINATED}", "permanent", "account-terminated"),
    Known("This video has been removed for violating YouTube's Terms of Service", "permanent", "terms-violation"),
    Known(
        "This video has been removed for violating YouTube's policy on hate speech. Learn more",
        "permanent",
        "terms-violation",
    ),
    Known("This video requires payment to watch", "permanent", "payment"),
    Known("Join this channel to get access to members-only content like this video", "permanent", "members-only"),
    Known("The uploader has not made this video available in your country", "permanent", "country"),
    Known("This video is DRM protected", "permanent", "drm"),
    Known("Video unavailable. YouTube is requiring a captcha challenge before playback", "egress", "captcha"),
    Known("All player responses are invalid. Your IP is likely being blocked by Youtube", "egress", "captcha"),
    Known("Video unavailable. This content isn't available, try again later.", "egress", "rate-limited"),
    Known(
        "Video unavailable. This content isn’t available, try again later. The current session has been rate-limited "
        "by YouTube for up to an hour. It is recommended to use `-t sleep` to add a delay between video requests",
        "egress",
        "rate-limited",
    ),
    Known("VPN/Proxy Detected. To continue, turn off your VPN/Proxy.", "egress", "proxy-refused"),
    Known("The provided YouTube account cookies are no longer valid.", "identity", "cookies-dead"),
    Known("Premieres in 2 hours", "wait-until", "not-yet"),
    Known("This live event will begin in a few moments.", "wait-until", "not-yet"),
    Known("Video unavailable. This live stream recording is not available.", "wait-until", "live"),
    Known("Video unavailable", "wait-until", "unavailable"),
    Known("Video unavailable. This video is not available", "wait-until", "unavailable"),
    Known("Video unavailable. This content isn’t available.", "wait-until", "unavailable"),
    Known(
        "Requested format is not available. Use --list-formats for a list of available formats", "tool", "js-runtime"
    ),
    Known("No video formats found!" + _REPORT, "tool", "extractor-broken"),
    Known("Failed to extract any player response" + _REPORT, "tool", "extractor-broken"),
    Known("Unable to extract yt initial data" + _REPORT, "tool", "extractor-broken"),
    Known("The moon is in the wrong house", "tool", "unknown"),
    Known("The moon is in the wrong house" + _REPORT, "tool", "extractor-broken"),
)
#: What YouTube's lists say.
OF_LISTS = (
    Known("YouTube said: The playlist does not exist.", "permanent", "no-such-playlist"),
    Known("YouTube said: This playlist type is unviewable.", "permanent", "no-such-playlist"),
    Known("YouTube said: This channel does not exist.", "permanent", "not-found"),
    Known("This channel does not have a shorts tab", "permanent", "not-found"),
    Known(
        "Unable to download API page: HTTP Error 404: Not Found (caused by <HTTPError 404: Not Found>)",
        "permanent",
        "not-found",
    ),
    Known("YouTube said: This account has been terminated for a violation", "permanent", "account-terminated"),
    Known("YouTube said: The moon is in the wrong house", "tool", "unknown"),
)
#: What the network and servers do while pages are read.
OF_PAGES = (
    Known(
        "Unable to download API page: HTTP Error 503: Service Unavailable (caused by <HTTPError 503>)",
        "transient",
        "server-error",
    ),
    Known("Unable to download webpage: HTTP Error 429: Too Many Requests", "egress", "too-many-requests"),
    Known("Unable to download webpage: HTTP Error 403: Forbidden", "transient", "forbidden"),
    Known(
        "Unable to download webpage: HTTPSConnectionPool(host='www.youtube.com', port=443): Read timed out.",
        "transient",
        "timeout",
    ),
    Known(
        "Unable to download webpage: ('Connection aborted.', ConnectionResetError(104, 'Connection reset by peer'))",
        "transient",
        "connection",
    ),
    Known(
        "Unable to download webpage: HTTPSConnection(host='www.youtube.com', port=443): Failed to resolve "
        "'www.youtube.com' ([Errno -3] Temporary failure in name resolution)",
        "transient",
        "connection",
    ),
    Known("Unable to download webpage: Tunnel connection failed: 502 Bad Gateway", "egress", "proxy-away"),
    Known("Unable to download webpage: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed", "tool", "tls"),
    Known(
        "[SSL: UNEXPECTED_EOF_WHILE_READING] EOF occurred in violation of protocol (_ssl.c:1006)",
        "transient",
        "connection",
    ),
)
#: Sentences in which somebody else's words stand, all of YouTube's.
WITH_NAMES = (
    Known(
        "Video unavailable. This video contains content from {}, who has blocked it on copyright grounds",
        "permanent",
        "copyright",
    ),
    Known(
        "This video contains content from {}, one or more of whom have blocked it in your country on copyright grounds",
        "permanent",
        "copyright",
    ),
    Known(
        "Video unavailable. This video is no longer available due to a copyright claim by {}", "permanent", "copyright"
    ),
    Known(
        "This video is available to this channel's members on level: {} (or any higher level).",
        "permanent",
        "members-only",
    ),
    Known("Join this channel to get access to {} and other perks", "permanent", "members-only"),
    Known("Unable to extract {}", "tool", "extractor-broken"),
    Known("The moon is in the house of {}", "tool", "unknown"),
    Known("The moon is in the house of {} and so is the sun", "tool", "unknown"),
    Known("YouTube said: INFO - {}", "tool", "unknown"),
)
#: What yt-dlp says without naming an extractor.
WITH_ADDRESSES = (
    Known("Unsupported URL: {}", "permanent", "unsupported-address"),
    Known("No suitable extractor found for URL {}", "permanent", "unsupported-address"),
    Known("No suitable extractor (Generic) found for URL {}", "permanent", "unsupported-address"),
    Known("Invalid URL: {}", "tool", "unknown"),
    Known("unable to open for writing: [Errno 36] File name too long: '{}'", "tool", "unknown"),
)
WITH_HOSTS = (
    Known(
        "\r[download] Got error: HTTPSConnectionPool(host='{}', port=443): Read timed out.. Giving up after 2 retries",
        "transient",
        "timeout",
    ),
    Known(
        "unable to download video data: HTTPSConnectionPool(host='{}', port=443): Max retries exceeded with url: /v "
        "(Caused by NameResolutionError(\"HTTPSConnection(host='{}', port=443): Failed to resolve '{}' ([Errno -2] "
        'Name or service not known)"))',
        "transient",
        "connection",
    ),
    Known(
        "unable to download video data: HTTPConnection(host='{}', port=80): Failed to establish a new connection: "
        "[Errno 111] Connection refused",
        "transient",
        "connection",
    ),
    Known(
        "('Unable to connect to proxy', NewConnectionError(\"HTTPSConnection(host='{}', port=3128): Failed\"))",
        "egress",
        "proxy-away",
    ),
    Known(
        "unable to download video data: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: Hostname mismatch, "
        "certificate is not valid for '{}'.",
        "tool",
        "tls",
    ),
)
WITH_PHRASES = (
    Known("\r[download] Got error: HTTP Error 503: {}. Giving up after 2 retries", "transient", "server-error"),
    Known("\r[download] Got error: HTTP Error 404: {}. Giving up after 2 retries", "transient", "fragment-missing"),
    Known("unable to download video data: HTTP Error 403: {}", "transient", "forbidden"),
    Known("[youtube] dQw4w9WgXcQ: Unable to download API page: HTTP Error 500: {}", "transient", "server-error"),
    Known("[youtube] dQw4w9WgXcQ: Unable to download webpage: HTTP Error 418: {}", "tool", "unknown"),
    Known("[youtube] dQw4w9WgXcQ: Unable to download webpage: HTTP Error 429: {}", "egress", "too-many-requests"),
)
#: What a download ends with.
OF_DOWNLOADS = (
    Known("unable to download video data: 30000 bytes read, 49645 more expected", "transient", "short-read"),
    Known("content too short (expected 100 bytes and served 50)", "transient", "short-read"),
    Known("Did not get any data blocks", "transient", "empty-media"),
    Known("The downloaded file is empty", "transient", "empty-media"),
    Known("fragment 7 not found, unable to continue", "transient", "fragment-missing"),
    Known("unable to write data: [Errno 28] No space left on device", "storage", "disk-full"),
    Known("Unable to download video: [Errno 122] Disk quota exceeded", "storage", "disk-full"),
    Known("unable to write data: [Errno 27] File too large", "permanent", "larger-than-allowed"),
    Known("Postprocessing: WARNING: unable to obtain file audio codec with ffprobe", "tool", "unknown"),
    Known("This format is DRM protected; Try selecting another format with --format", "permanent", "drm"),
)
