"""Runs a site's code: its pages are requested by yt-dlp, and whatever it raises is contained."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager, suppress

from yt_dlp.networking import Request
from yt_dlp.networking.exceptions import HTTPError

from services.scraper.engines.foreign_code import ForeignError, foreign_code
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
        self._unread: dict[str, BaseException] = {}
        self._one_at_a_time = threading.Lock()
        site_guard.forget()
        # In another thread, or after its function has ended, a site's code reads nothing.
        web.never_plainly(self._refuse)

    def items(self, address: str) -> Generator[Head | Entry, None, None]:
        """Yield what the site lists. Raises SiteCodeFailed, also at the end if a page did not come.

        Close it: what the site does then is guarded as well.
        """
        with self._running():
            items = iter(load(self.route.name).list(address))
        try:
            yield from self._until_the_end(items)
        except SiteCodeFailed:
            # It has not ended if it yielded what it may not. The first failure counts.
            with suppress(SiteCodeFailed):
                self._close(items)
            raise
        except GeneratorExit:
            self._close(items)
            raise

    def _until_the_end(self, items: Iterator[Head | Entry]) -> Iterator[Head | Entry]:
        ended = object()
        while True:
            with self._running():
                item: object = next(items, ended)
                if item is not ended:
                    self._check(item)
            if not isinstance(item, Head | Entry):
                break
            yield item
        if (failed := next(iter(self._unread.values()), site_guard.first_refusal())) is not None:
            # The site's code went on without a page, so that it returned says nothing.
            raise SiteCodeFailed(self.route.name, failed)

    def _close(self, items: Iterator[Head | Entry]) -> None:
        with self._running():
            close = getattr(items, "close", None)
            if callable(close):
                close()

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

    def _refuse(self, address: str, _: Mapping[str, str]) -> bytes:
        raise site_guard.overstepped(
            f"a site reads pages only in the thread of its function, until that ends; it read {str(address)[:200]}"
        )

    def _read(self, address: str, headers: Mapping[str, str]) -> bytes:
        try:
            # A thread may run in a copy of the function's context: it waits for its turn.
            with self._one_at_a_time, foreign_code():
                body = self._requested(address, headers)
        except ForeignError as failed:
            error = failed.error
            if not isinstance(error, HttpError) or error.status == TOO_MANY or error.status >= _SERVER_ERROR:
                self._unread.setdefault(str(address), error)
            raise error from error.__cause__
        self._unread.pop(address, None)
        return body

    def _requested(self, address: str, headers: Mapping[str, str]) -> bytes:
        web.check(address, headers)
        if self._ydl.asked:
            # yt-dlp's extractors wait the same between two pages.
            time.sleep(self._ydl.params["sleep_interval_requests"])
        try:
            with site_guard.allowed(), self._ydl.urlopen(Request(address, headers=dict(headers))) as answer:
                body: bytes = answer.read()
                return body
        except HTTPError as error:
            raise HttpError(error.status, address) from error
