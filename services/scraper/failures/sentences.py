"""The known sentences, as data: each is matched from its beginning, without regard to case, and the first one decides.

What a sentence quotes (an owner of rights, a level of membership, a host, an address, a tab) stands after what is
matched, or in a slot of bounded length: it cannot change the reason.

Sources: the extractors and downloaders of yt-dlp 2026.10.26, YouTube's player and alerts, urllib3 2 and OpenSSL 3.
"""

from __future__ import annotations

from typing import NamedTuple


class Sentence(NamedTuple):
    """One sentence, or several of one kind."""

    #: How it begins.
    begins: str
    reason: str
    #: How it ends, where its beginning is that of others too.
    ends: str = ""


#: What YouTube sets before the sentence that tells more.
_LEAD = r"(?:YouTube said: )?(?:(?:Video|This video is|This content is) unavailable\.? )?"


def _youtube(begins: str, reason: str, ends: str = "") -> Sentence:
    return Sentence(_LEAD + begins, reason, ends)


#: What only YouTube's extractors are believed: the player's and the lists' own words, and what yt-dlp adds to them.
OF_YOUTUBE = (
    # Those that end with somebody's name come first: nothing behind a name is looked at.
    _youtube(
        r"This video contains content from ",
        "copyright",
        r"(?:who has|one or more of whom have) blocked it (?:in your country )?on copyright grounds\.?",
    ),
    _youtube(
        r"This video (?:is no longer available|has been removed|is not available) due to a copyright ", "copyright"
    ),
    _youtube(r"This video (?:has been|is) blocked (?:in your country )?on copyright grounds", "copyright"),
    _youtube(r"This video is available to this channel.s members ", "members-only"),
    _youtube(r"Join this (?:YouTube )?channel ", "members-only"),
    _youtube(r"(?:This (?:video|content) is )?members.only\b", "members-only"),
    _youtube(r"Sign in to confirm (?:that )?you.?re not a bot", "bot-check"),
    _youtube(r"Sign in to confirm you are not a bot", "bot-check"),
    _youtube(r"(?:YouTube is requiring a captcha challenge|Please complete the captcha)", "captcha"),
    _youtube(r"All player responses are invalid\. Your IP is likely being blocked", "captcha"),
    Sentence(
        r"(?:Video unavailable|This (?:video|content) (?:is not available|isn.t available|is unavailable))\.",
        "captcha",
        r"\. YouTube is requiring a captcha challenge before playback",
    ),
    _youtube(r"This content isn.?t available, try again later", "rate-limited"),
    _youtube(r"(?:The current session|Your account) has been rate.limited by YouTube", "rate-limited"),
    _youtube(r"VPN/Proxy detected", "proxy-refused"),
    _youtube(r"The provided YouTube account cookies are no longer valid", "cookies-dead"),
    _youtube(r"(?:Premieres? (?:in|at|on|will begin)\b|This live event will begin)", "not-yet"),
    _youtube(r"This live ?stream(?:ing)? (?:recording )?is not available", "live"),
    _youtube(r"(?:Private video|This is a private video|This video is private)(?:\W|$)", "private"),
    _youtube(r"(?:This video is no longer available because )?the uploader has closed their", "account-terminated"),
    _youtube(r"This video is no longer available because the YouTube account ", "account-terminated"),
    _youtube(r"(?:This|The YouTube) account (?:\S+ ){0,6}?(?:been )?terminated", "account-terminated"),
    _youtube(r"This (?:video|channel) (?:has been|was) removed (?:for|because it) violat", "terms-violation"),
    _youtube(r"(?:This video has been (?:removed|deleted)|(?:The video was )?removed by the uploader)", "removed"),
    _youtube(r"(?:The|This) video (?:requires|is available for) (?:a )?(?:payment|purchase|rent)", "payment"),
    _youtube(r"Sign in to confirm your age", "age-restricted"),
    _youtube(r"This video (?:is age.restricted|may be inappropriate for some users)", "age-restricted"),
    _youtube(r"The uploader has not made this video available in your country", "country"),
    _youtube(r"This (?:video|content) (?:is not|isn.t) available in your country", "country"),
    _youtube(r"The playlist does not exist", "no-such-playlist"),
    _youtube(r"This playlist type is unviewable", "no-such-playlist"),
    _youtube(r"This channel does not (?:exist|have a \S{1,100} tab)", "not-found"),
    _youtube(r"This video is (?:not|no longer) available", "unavailable"),
    _youtube(r"This video (?:is unavailable|isn.t available)", "unavailable"),
    Sentence(r"(?:YouTube said: )?Video (?:is )?unavailable", "unavailable"),
)

#: What yt-dlp says of itself and of this machine, whatever the source.
OF_YTDLP = (
    Sentence(r"Unsupported URL: |No suitable extractor(?: \(\w{1,80}\))? found for URL ", "unsupported-address"),
    Sentence(r"(?:Unable to handle request: )?Unsupported url scheme: ", "unsupported-address"),
    Sentence(r"This (?:video|format) is DRM protected(?:$|[.;])", "drm"),
    Sentence(r"The requested site is known to use DRM protection\. It will NOT be supported", "drm"),
    Sentence(r"This video is not available from your location due to geo restriction", "country"),
    Sentence(r"Requested format is not available", "js-runtime"),
    Sentence(r"(?:n|signature) (?:challenge )?solving failed: |No supported JavaScript runtime", "js-runtime"),
    Sentence(r"No video formats found!|Unable to extract |Failed to extract any player response", "extractor-broken"),
    Sentence(r"Some [\w ]{1,80} formats have been skipped as they are missing a URL", "extractor-broken"),
    Sentence(r"(?:Did not get any data blocks|The downloaded file is empty)", "empty-media"),
    Sentence(r"(?:\[download\] )?fragment \d{1,9} not found, unable to continue", "fragment-missing"),
    Sentence(r"content too short \(expected \d", "short-read"),
    Sentence(r"A network error has occurred\. \(caused by <IncompleteRead: ", "short-read"),
)

#: What the operating system says of this machine's disk. It speaks in no extractor's name: extractors hand on what
#: pages say.
OF_THE_DISK = (
    Sentence(
        r"(?:Unable to \w{1,20}(?: \w{1,20}){0,3}: )?(?:\[Errno (?:28|122)\]|No space left on device)", "disk-full"
    ),
    Sentence(r"(?:Unable to \w{1,20}(?: \w{1,20}){0,3}: )?\[Errno 27\]", "larger-than-allowed"),
)

#: Who speaks of a connection: `HTTPSConnectionPool(host='example.org', port=443): `.
_POOL = r"HTTPS?Connection(?:Pool)?\(host='[^']{1,300}', port=\d{1,5}\): "
_CAUSED = _POOL + r"Max retries exceeded with url: \S{0,600} \(Caused by "
#: Why a proxy cannot even be asked.
_NO_WAY_TO_IT = r"(?:NewConnectionError|NameResolutionError|ConnectionRefusedError|OSError\(.Tunnel connection failed)"

#: What the network and servers do, as Python, urllib3 and OpenSSL say it.
OF_THE_NETWORK = (
    Sentence(r"HTTP Error 429: |HTTP Error 429$", "too-many-requests"),
    Sentence(r"HTTP Error 403(?:: |$)|403: Forbidden", "forbidden"),
    Sentence(r"HTTP Error 416: ", "empty-media"),
    Sentence(r"HTTP Error 5\d\d(?:: |$)", "server-error"),
    Sentence(r"Tunnel connection failed: \d", "proxy-away"),
    Sentence(rf"(?:{_CAUSED}ProxyError)?\('Unable to connect to proxy', {_NO_WAY_TO_IT}", "proxy-away"),
    Sentence(
        rf"(?:{_POOL})?(?:(?:Read|Connect|The read operation|The write operation|The handshake operation) timed out"
        r"|Connection to \S{1,300} timed out|timed out|_ssl\.c:\d+: The handshake operation timed out)",
        "timeout",
    ),
    Sentence(rf"{_CAUSED}(?:\w{{0,20}}Timeout|\('?Read timed out)", "timeout"),
    Sentence(r"\[Errno 110\]|\('Unable to connect to proxy', \w{0,20}Timeout", "timeout"),
    Sentence(r"\d{1,20} bytes read(?:, \d{1,20} more expected)?", "short-read"),
    Sentence(
        r"Downloaded \d{1,20} bytes, expected \d{1,20} bytes|\(?'?(?:Connection broken: )?IncompleteRead\(",
        "short-read",
    ),
    # A connection that is cut while it is made secure says so in OpenSSL's words.
    Sentence(r"\(?'?(?:\[SSL: UNEXPECTED_EOF|EOF occurred in violation)", "connection"),
    Sentence(
        rf"(?:{_CAUSED})?(?:SSLError\(|SSLCertVerificationError\()?(?:1, )?'?\[SSL(?::|\])|certificate verify failed",
        "tls",
    ),
    Sentence(r"hostname '[^']{1,300}' doesn't match|\[X509", "tls"),
    Sentence(r"\[Errno (?:-\d|32|101|103|104|111|113)\]", "connection"),
    Sentence(r"\('(?:Connection aborted|Connection broken|Unable to connect to proxy)", "connection"),
    Sentence(r"Connection (?:reset|aborted|refused|closed)|Remote end closed connection|Broken pipe", "connection"),
    Sentence(r"Network is unreachable|Temporary failure in name resolution|Name or service not known", "connection"),
    Sentence(rf"(?:{_POOL})?Failed to (?:resolve '|establish a new connection: )", "connection"),
    Sentence(rf"{_CAUSED}(?:NewConnectionError|NameResolutionError|ProtocolError|ProxyError)\(", "connection"),
)
#: What a piece of a stream ends with; media in one piece has its HTTP status in the evidence.
OF_A_FRAGMENT = (Sentence(r"HTTP Error 4\d\d(?:: |$)", "fragment-missing"),)
