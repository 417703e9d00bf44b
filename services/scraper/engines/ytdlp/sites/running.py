"""Runs a site's code: its pages are requested by yt-dlp, and whatever it raises is contained."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from yt_dlp.networking import Request
from yt_dlp.networking.exceptions import HTTPError, RequestError

from services.scraper.engines.foreign_code import ForeignError, foreign_code
from services.scraper.engines.permits import NotPermitted
from services.scraper.engines.site_packages import SiteCodeFailed, load
from services.scraper.engines.ytdlp.client import TOO_MANY, CountingYtdlp
from services.scraper.network import site_guard
from services.scraper.sites import Entry, Head, HttpError, Media, web
from services.scraper.sites.routes import SiteRoute

#: The lowest HTTP status that is no answer about the page. Others, such as 404, a site may interpret.
_SERVER_ERROR = 500


class RunningSite:
    """A site's functions for one piece of work."""

    def __init__(self, route: SiteRoute, ydl: CountingYtdlp) -> None:
        self.route = route
        self._ydl = ydl
        #: Address → why its page did not come: nobody knows what it holds, whatever the site makes of that.
        self._unread: dict[str, Exception] = {}

    def items(self, address: str) -> Iterator[Head | Entry]:
        """Yield what the site lists. Raises SiteCodeFailed, also at the end if a page did not come."""
        with self._running():
            items = iter(load(self.route.name).list(address))
        ended = object()
        while True:
            with self._running():
                item: object = next(items, ended)
                if item is not ended:
                    self._check(item)
            if not isinstance(item, Head | Entry):
                break
            yield item
        if self._unread:
            # The site's code went on without a page, so that it returned says nothing.
            raise SiteCodeFailed(self.route.name, next(iter(self._unread.values())))

    def media(self, entry: Entry) -> Media:
        """Return where an entry's file is. Raises SiteCodeFailed."""
        with self._running():
            media: object = load(self.route.name).fetch(entry)
            if not isinstance(media, Media):
                raise TypeError(f"fetch returned {type(media).__name__} instead of Media")
        return media

    def _check(self, item: object) -> None:
        if not isinstance(item, Head | Entry):
            raise TypeError(f"list yielded {type(item).__name__} instead of Entry or Head")
        if isinstance(item, Entry) and not self.route.takes(item.address):
            # Otherwise its requests would go to another site, or its id would name another site's recording.
            raise ValueError(f"the entry {item.id} is at {item.address[:200]}, which is at none of HOSTS")

    @contextmanager
    def _running(self) -> Iterator[None]:
        try:
            with web.through(self._read), site_guard.refused(), foreign_code(SiteCodeFailed):
                yield
        except ForeignError as failed:
            raise SiteCodeFailed(self.route.name, failed.error) from failed.error

    def _read(self, address: str, headers: Mapping[str, str]) -> bytes:
        if self._ydl.asked:
            # yt-dlp's extractors wait the same between two pages.
            time.sleep(self._ydl.params["sleep_interval_requests"])
        try:
            with site_guard.allowed(), self._ydl.urlopen(Request(address, headers=dict(headers))) as answer:
                body: bytes = answer.read()
        except HTTPError as error:
            failed = HttpError(error.status, address)
            if error.status == TOO_MANY or error.status >= _SERVER_ERROR:
                self._unread.setdefault(address, failed)
            raise failed from error
        except (RequestError, NotPermitted) as error:
            self._unread.setdefault(address, error)
            raise
        self._unread.pop(address, None)
        return body
