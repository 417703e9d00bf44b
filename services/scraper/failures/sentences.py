"""The known sentences, as data: each is matched from its beginning, ignoring case, and the first match decides.

Quoted text (an owner of rights, a level of membership, a host, an address, a tab) stands after the matched part, or in
a slot of bounded length: it cannot change the reason.

Sources: the extractors and downloaders of yt-dlp 2026.10.26, YouTube's player and alerts, urllib3 2 and OpenSSL 3.
"""

from __future__ import annotations

from typing import NamedTuple

from shared.contracts.reasons import Reason


class Sentence(NamedTuple):
    """A known sentence, or several of one kind."""

    #: Pattern of its beginning.
    begins: str
    reason: Reason
    #: Pattern of its end, where other sentences have the same beginning.
    ends: str = ""


#: YouTube's words before the decisive sentence.
_LEAD = r"(?:YouTube said: )?(?:(?:Video|This video is|This content is) unavailable\.? )?"


def _youtube(begins: str, reason: Reason, ends: str = "") -> Sentence:
    return Sentence(_LEAD + begins, reason, ends)


#: Believed of YouTube's extractors alone: the words of the player and of lists, and what yt-dlp adds to them.
OF_YOUTUBE = (
    # Sentences that end with somebody's name come first: nothing after a name is matched.
    _youtube(
        r"This video contains content from ",
        Reason.COPYRIGHT,
        r"(?:who has|one or more of whom have) blocked it (?:in your country )?on copyright grounds\.?",
    ),
    _youtube(
        r"This video (?:is no longer available|has been removed|is not available) due to a copyright ", Reason.COPYRIGHT
    ),
    _youtube(r"This video (?:has been|is) blocked (?:in your country )?on copyright grounds", Reason.COPYRIGHT),
    _youtube(r"This video is available to this channel.s members ", Reason.MEMBERS_ONLY),
    _youtube(r"Join this (?:YouTube )?channel ", Reason.MEMBERS_ONLY),
    _youtube(r"(?:This (?:video|content) is )?members.only\b", Reason.MEMBERS_ONLY),
    _youtube(r"Sign in to confirm (?:that )?you.?re not a bot", Reason.BOT_CHECK),
    _youtube(r"Sign in to confirm you are not a bot", Reason.BOT_CHECK),
    _youtube(r"(?:YouTube is requiring a captcha challenge|Please complete the captcha)", Reason.CAPTCHA),
    _youtube(r"All player responses are invalid\. Your IP is likely being blocked", Reason.CAPTCHA),
    Sentence(
        r"(?:Video unavailable|This (?:video|content) (?:is not available|isn.t available|is unavailable))\.",
        Reason.CAPTCHA,
        r"\. YouTube is requiring a captcha challenge before playback",
    ),
    _youtube(r"This content isn.?t available, try again later", Reason.RATE_LIMITED),
    _youtube(r"(?:The current session|Your account) has been rate.limited by YouTube", Reason.RATE_LIMITED),
    _youtube(r"VPN/Proxy detected", Reason.PROXY_REFUSED),
    _youtube(r"The provided YouTube account cookies are no longer valid", Reason.COOKIES_DEAD),
    _youtube(r"(?:Premieres? (?:in|at|on|will begin)\b|This live event will begin)", Reason.NOT_YET),
    _youtube(r"This live ?stream(?:ing)? (?:recording )?is not available", Reason.LIVE),
    _youtube(r"(?:Private video|This is a private video|This video is private)(?:\W|$)", Reason.PRIVATE),
    _youtube(
        r"(?:This video is no longer available because )?the uploader has closed their", Reason.ACCOUNT_TERMINATED
    ),
    _youtube(r"This video is no longer available because the YouTube account ", Reason.ACCOUNT_TERMINATED),
    _youtube(r"(?:This|The YouTube) account (?:\S+ ){0,6}?(?:been )?terminated", Reason.ACCOUNT_TERMINATED),
    _youtube(r"This (?:video|channel) (?:has been|was) removed (?:for|because it) violat", Reason.TERMS_VIOLATION),
    _youtube(r"(?:This video has been (?:removed|deleted)|(?:The video was )?removed by the uploader)", Reason.REMOVED),
    _youtube(r"(?:The|This) video (?:requires|is available for) (?:a )?(?:payment|purchase|rent)", Reason.PAYMENT),
    _youtube(r"Sign in to confirm your age", Reason.AGE_RESTRICTED),
    _youtube(r"This video (?:is age.restricted|may be inappropriate for some users)", Reason.AGE_RESTRICTED),
    _youtube(r"The uploader has not made this video available in your country", Reason.COUNTRY),
    _youtube(r"This (?:video|content) (?:is not|isn.t) available in your country", Reason.COUNTRY),
    _youtube(r"The playlist does not exist", Reason.NO_SUCH_PLAYLIST),
    _youtube(r"This playlist type is unviewable", Reason.NO_SUCH_PLAYLIST),
    _youtube(r"This channel does not (?:exist|have a \S{1,100} tab)", Reason.NOT_FOUND),
    _youtube(r"This video is (?:not|no longer) available", Reason.UNAVAILABLE),
    _youtube(r"This video (?:is unavailable|isn.t available)", Reason.UNAVAILABLE),
    Sentence(r"(?:YouTube said: )?Video (?:is )?unavailable", Reason.UNAVAILABLE),
)

#: yt-dlp's texts about itself and this machine, for any source.
OF_YTDLP = (
    Sentence(r"Unsupported URL: |No suitable extractor(?: \(\w{1,80}\))? found for URL ", Reason.UNSUPPORTED_ADDRESS),
    Sentence(r"(?:Unable to handle request: )?Unsupported url scheme: ", Reason.UNSUPPORTED_ADDRESS),
    Sentence(r"This (?:video|format) is DRM protected(?:$|[.;])", Reason.DRM),
    Sentence(r"The requested site is known to use DRM protection\. It will NOT be supported", Reason.DRM),
    Sentence(r"This video is not available from your location due to geo restriction", Reason.COUNTRY),
    Sentence(r"Requested format is not available", Reason.JS_RUNTIME),
    Sentence(r"(?:n|signature) (?:challenge )?solving failed: |No supported JavaScript runtime", Reason.JS_RUNTIME),
    Sentence(
        r"No video formats found!|Unable to extract |Failed to extract any player response", Reason.EXTRACTOR_BROKEN
    ),
    Sentence(r"Some [\w ]{1,80} formats have been skipped as they are missing a URL", Reason.EXTRACTOR_BROKEN),
    Sentence(r"(?:Did not get any data blocks|The downloaded file is empty)", Reason.EMPTY_MEDIA),
    Sentence(r"(?:\[download\] )?fragment \d{1,9} not found, unable to continue", Reason.FRAGMENT_MISSING),
    Sentence(r"content too short \(expected \d", Reason.SHORT_READ),
    Sentence(r"A network error has occurred\. \(caused by <IncompleteRead: ", Reason.SHORT_READ),
)

#: The operating system's texts about this machine's disk. They do not count under an extractor's name, since extractors
#: pass on texts of pages.
OF_THE_DISK = (
    Sentence(
        r"(?:Unable to \w{1,20}(?: \w{1,20}){0,3}: )?(?:\[Errno (?:28|122)\]|No space left on device)", Reason.DISK_FULL
    ),
    Sentence(r"(?:Unable to \w{1,20}(?: \w{1,20}){0,3}: )?\[Errno 27\]", Reason.LARGER_THAN_ALLOWED),
)

#: Prefix of errors about a connection: `HTTPSConnectionPool(host='example.org', port=443): `.
_POOL = r"HTTPS?Connection(?:Pool)?\(host='[^']{1,300}', port=\d{1,5}\): "
_CAUSED = _POOL + r"Max retries exceeded with url: \S{0,600} \(Caused by "
#: Errors of a connection to a proxy.
_NO_WAY_TO_IT = r"(?:NewConnectionError|NameResolutionError|ConnectionRefusedError|OSError\(.Tunnel connection failed)"

#: Errors of the network and of servers, in the words of Python, urllib3 and OpenSSL.
OF_THE_NETWORK = (
    Sentence(r"HTTP Error 429: |HTTP Error 429$", Reason.TOO_MANY_REQUESTS),
    Sentence(r"HTTP Error 403(?:: |$)|403: Forbidden", Reason.FORBIDDEN),
    Sentence(r"HTTP Error 416: ", Reason.EMPTY_MEDIA),
    Sentence(r"HTTP Error 5\d\d(?:: |$)", Reason.SERVER_ERROR),
    Sentence(r"Tunnel connection failed: \d", Reason.PROXY_AWAY),
    Sentence(rf"(?:{_CAUSED}ProxyError)?\('Unable to connect to proxy', {_NO_WAY_TO_IT}", Reason.PROXY_AWAY),
    Sentence(
        rf"(?:{_POOL})?(?:(?:Read|Connect|The read operation|The write operation|The handshake operation) timed out"
        r"|Connection to \S{1,300} timed out|timed out|_ssl\.c:\d+: The handshake operation timed out)",
        Reason.TIMEOUT,
    ),
    Sentence(rf"{_CAUSED}(?:\w{{0,20}}Timeout|\('?Read timed out)", Reason.TIMEOUT),
    Sentence(r"\[Errno 110\]|\('Unable to connect to proxy', \w{0,20}Timeout", Reason.TIMEOUT),
    Sentence(r"\d{1,20} bytes read(?:, \d{1,20} more expected)?", Reason.SHORT_READ),
    Sentence(
        r"Downloaded \d{1,20} bytes, expected \d{1,20} bytes|\(?'?(?:Connection broken: )?IncompleteRead\(",
        Reason.SHORT_READ,
    ),
    # A connection that is cut during the TLS handshake ends with OpenSSL's words.
    Sentence(r"\(?'?(?:\[SSL: UNEXPECTED_EOF|EOF occurred in violation)", Reason.CONNECTION),
    Sentence(
        rf"(?:{_CAUSED})?(?:SSLError\(|SSLCertVerificationError\()?(?:1, )?'?\[SSL(?::|\])|certificate verify failed",
        Reason.TLS,
    ),
    Sentence(r"hostname '[^']{1,300}' doesn't match|\[X509", Reason.TLS),
    Sentence(r"\[Errno (?:-\d|32|101|103|104|111|113)\]", Reason.CONNECTION),
    Sentence(r"\('(?:Connection aborted|Connection broken|Unable to connect to proxy)", Reason.CONNECTION),
    Sentence(
        r"Connection (?:reset|aborted|refused|closed)|Remote end closed connection|Broken pipe", Reason.CONNECTION
    ),
    Sentence(
        r"Network is unreachable|Temporary failure in name resolution|Name or service not known", Reason.CONNECTION
    ),
    Sentence(rf"(?:{_POOL})?Failed to (?:resolve '|establish a new connection: )", Reason.CONNECTION),
    Sentence(rf"{_CAUSED}(?:NewConnectionError|NameResolutionError|ProtocolError|ProxyError)\(", Reason.CONNECTION),
)
#: Errors of a stream's fragments; for media in one piece, the evidence has the HTTP status.
OF_A_FRAGMENT = (Sentence(r"HTTP Error 4\d\d(?:: |$)", Reason.FRAGMENT_MISSING),)
