"""Evidence: the facts about a failed extraction or download before it is judged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.scraper.failures.matching import is_youtubes
from shared.contracts.reasons import Reason


@dataclass(frozen=True)
class Evidence:
    """All that is known of a failed extraction or download."""

    #: The final error's text, for people. It decides only if nothing below does.
    text: str
    #: The reason, if our own code, an exception's type or an HTTP status shows it: no text is read then.
    reason: Reason | None = None
    #: The error's sentence alone, without the extractor's name, the id and the cause around it. None: unknown.
    sentence: str | None = None
    #: Name of the extractor that raised it, as in yt-dlp; "" if none did. None: unknown.
    extractor: str | None = None
    #: Whether yt-dlp calls it a defect of its own.
    is_defect: bool = False
    #: HTTP status of the cause, if it was an HTTP error.
    http_status: int | None = None
    #: Seconds of a Retry-After header, if there was one.
    retry_after: float | None = None
    #: The address that answered with the HTTP error; its source may be another than that of the work.
    asked_url: str | None = None
    #: yt-dlp's warnings, which may name a cause that the final text does not.
    warnings: tuple[str, ...] = ()
    #: When a premiere or live event begins, if it has not begun.
    begins_at: datetime | None = None
    #: Whether the failure occurred while downloading media, not while reading pages.
    on_media: bool = False
    #: Pages and calls requested from the source until then.
    requests: int = 0
    #: Whether a request went to YouTube, whatever the first address was.
    asked_youtube: bool = False
    #: Errors of other engines, for people.
    others: tuple[str, ...] = ()
    #: Why requests failed on the way, by the network, a proxy or an unwell server, whatever the final text says.
    network_troubles: tuple[Reason, ...] = ()
    #: Bytes of disk, at least and at most, that were needed and not free: nothing was downloaded.
    needs_bytes: tuple[int, int] | None = None
    #: Id of the video that was found instead of the requested one.
    other_id: str | None = None
    #: Set if our own service denied the worker further requests: seconds until it may ask again, and why.
    not_permitted: tuple[float, str] | None = None

    @property
    def spoken_by_youtube(self) -> bool:
        """Whether it is YouTube's own answer: raised by its extractor after a request to YouTube."""
        return self.asked_youtube and self.extractor is not None and is_youtubes(self.extractor)
