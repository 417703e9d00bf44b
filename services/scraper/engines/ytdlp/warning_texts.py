"""Known warnings of yt-dlp that decide an outcome, each matched from its beginning."""

from __future__ import annotations

import re

from services.scraper.failures.matching import network_reason, parse

#: Some of a source's formats are missing because a tool, a token or a page is.
_FORMATS_MISSING = re.compile(
    r"(?:signature|n challenge) solving failed: |No supported JavaScript runtime|\[jsc[\]:]"
    r"|Some [\w ]{1,80} formats have been skipped|[\w ]{1,80} formats require a \w{1,20} PO Token"
    r"|Unable to fetch \w{1,20} PO Token|(?:Unable|Failed) to (?:download|obtain|parse) ",
    re.IGNORECASE,
)
#: A page failed to load.
_PAGE_MISSING = re.compile(
    r"Incomplete (?:data|yt initial data) received|Unable to download |Failed to parse JSON"
    r"|Unable to extract [\w -]{1,80} - Failed to parse JSON",
    re.IGNORECASE,
)
#: yt-dlp's additions to a text: it repeats a request, or has stopped doing so.
_ONCE_MORE = re.compile(r"\. Retrying(?: \w{1,40} \d{1,9})? \(\d{1,9}/\w{1,9}\)\.\.\.$")
_NO_LONGER = re.compile(r"\. Giving up after \d{1,9} retries$")
#: A notice on a page, in YouTube's own words.
_NOTICE = re.compile(r"YouTube said: \w{1,20} - ", re.IGNORECASE)
#: Characters at the end of a text that are searched for such additions.
_TAIL = 200


def formats_are_missing(warning: str) -> bool:
    """Whether a warning says that a source offers more formats than yt-dlp could read."""
    text = parse(warning)
    return _FORMATS_MISSING.match(text.words) is not None or network_reason(text) is not None


def page_is_missing(warning: str) -> bool:
    """Whether a warning says that a page failed to load and is not requested again."""
    text = parse(warning)
    tail = text.words[-_TAIL:]
    if _NOTICE.match(text.words) is not None or _ONCE_MORE.search(tail) is not None:
        return False
    known = _PAGE_MISSING.match(text.words) is not None or network_reason(text) is not None
    return known or _NO_LONGER.search(tail) is not None
