"""Explains why an address is unsupported: names its site, and the value of the setting that would allow it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from yt_dlp.extractor import gen_extractor_classes

from services.scraper.failures import Evidence
from shared.contracts.reasons import Reason

#: yt-dlp's text if no allowed extractor accepts an address.
_NO_EXTRACTOR = re.compile(r"(?:ERROR:\s*)?No suitable extractor(?: \(\w{1,80}\))? found for URL (?P<url>\S+)")
#: yt-dlp's extractors for sites that it deliberately does not support.
_REFUSING = ("KnownDRM", "KnownPiracy", "UnsupportedURL")
#: The extractor that looks for media in any page.
GENERIC = "generic"


def explained(evidence: Evidence, allowed: Sequence[str]) -> Evidence:
    """Return evidence that names the setting if that excludes an address. `allowed`: the patterns of the setting."""
    found = _NO_EXTRACTOR.match(evidence.text)
    if found is None or evidence.extractor:
        # An extractor raised it, so it is not about yt-dlp's choice of an extractor.
        return evidence
    return replace(evidence, reason=Reason.UNSUPPORTED_ADDRESS, text=_sentence(found["url"], allowed))


def _sentence(url: str, allowed: Sequence[str]) -> str:
    host = (urlsplit(url).hostname or url)[:100]
    taker = next((ie for ie in gen_extractor_classes() if ie.suitable(url)), None)
    name = taker.IE_NAME if taker is not None else GENERIC
    if taker is not None and taker.ie_key() in _REFUSING:
        return f"{host} cannot be fetched: yt-dlp knows this site and does not support it. Submit another address."
    pattern = GENERIC if name == GENERIC else f"{name.partition(':')[0].lower()}.*"
    means = " (it opens any web page)" if pattern == GENERIC else ""
    value = ",".join((*allowed, pattern))
    return (
        f"{host} is not among the sites that this archive may use. To allow it{means}, set "
        f"SCRAPER_EXTRACTORS={value} for the scrapers and restart them, then submit it again."
    )
