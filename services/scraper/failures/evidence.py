"""What is known of a failed extraction or download, before anybody says whose fault it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.scraper.failures.matching import is_youtubes
from shared.contracts.reasons import Reason


@dataclass(frozen=True)
class Evidence:
    """All that is known of a failed extraction or download."""

    #: The final error's text, for people. It decides only where nothing below does.
    text: str
    #: The reason, where its own code, an exception's type or an HTTP status tells it: nothing is read in texts then.
    reason: Reason | None = None
    #: What the error says without what it quotes around it: the extractor's name, the id, the cause. None: unknown.
    sentence: str | None = None
    #: The extractor that says so, as yt-dlp names it; "" if none does. None: unknown.
    site: str | None = None
    #: Whether yt-dlp itself calls it a defect of its own.
    is_defect: bool = False
    #: HTTP status of the cause, if it was an HTTP error.
    http_status: int | None = None
    #: Seconds of a Retry-After header, if there was one.
    retry_after: float | None = None
    #: The address that answered with the HTTP error: it may be another one's than that which the work began with.
    asked_url: str | None = None
    #: yt-dlp's warnings, which may name what the final text does not.
    warnings: tuple[str, ...] = ()
    #: When a premiere or live event begins, if that is why there is nothing yet.
    begins_at: datetime | None = None
    #: Whether the failure was met while downloading media, not while reading pages.
    on_media: bool = False
    #: Pages and calls that were asked of the source until then.
    requests: int = 0
    #: Whether YouTube was really asked for it, by whatever address the work began with.
    asked_youtube: bool = False
    #: What other engines said, for people.
    others: tuple[str, ...] = ()
    #: Why requests failed on the way, by the network, a proxy or an unwell server, whatever the final text says.
    network_troubles: tuple[Reason, ...] = ()
    #: Bytes of disk, at least and at most, for which there was no room: nothing was downloaded.
    needs_bytes: tuple[int, int] | None = None
    #: The video that was found in the place of the one that was asked for.
    other_id: str | None = None
    #: Set when the service itself let the worker ask nothing more: seconds until it may, and why.
    not_permitted: tuple[float, str] | None = None

    @property
    def spoken_by_youtube(self) -> bool:
        """Whether it is YouTube's own word: its extractor says so, which has asked it."""
        return self.asked_youtube and self.site is not None and is_youtubes(self.site)
