"""Is a listing complete? It is when its source says so: yt-dlp only warns where a page fails, and then ends the list.

A list counts as complete when it has as many entries as its source says. Where the source names no number, its end
must have been reached without a page that failed or brought nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from services.scraper.engines.values import ListingGap
from services.scraper.engines.ytdlp.client import CountingYtdlp, Words
from services.scraper.engines.ytdlp.warning_texts import page_is_missing
from shared.untrusted.bounds import MAX_COUNT, number_within

#: Entries that come again in the same order before that is a page served twice and no longer a list with repeats.
REPEATED_RUN = 20


class ListAccount:
    """Holds what one list promises against what comes of it."""

    def __init__(self, ydl: CountingYtdlp, words: Words, info: dict[str, Any]) -> None:
        """Begin when the list's head is there, and none of its entries has been looked at."""
        self._ydl = ydl
        self._words = words
        self._title = str(info.get("title") or info.get("id") or "the list")
        count = number_within(info.get("playlist_count"), 1, MAX_COUNT)
        self.expected: int | None = int(count) if count is not None else None
        self._warned_before = len(words.warnings)
        self._asked_at_last = ydl.asked
        self._seen: dict[str, int] = {}
        self._ids: list[str] = []
        self._run = 0
        self._repeated = 0

    def entries(self, info: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """The entries of the list, each noted."""
        for entry in info.get("entries") or ():
            self._asked_at_last = self._ydl.asked
            if entry is not None:
                self._note(str(entry.get("id") or entry.get("url")))
                yield entry
                # What was asked to look into it was not asked for the next page.
                self._asked_at_last = self._ydl.asked

    def _note(self, id_: str) -> None:
        """Count an entry; a long run that came before, in the same order, is a page that came twice."""
        position = self._seen.get(id_)
        follows = position is not None and self._run > 0 and position == self._seen.get(self._ids[-1], -2) + 1
        self._run = self._run + 1 if follows else int(position is not None)
        if self._run == REPEATED_RUN:
            self._repeated += REPEATED_RUN
        elif self._run > REPEATED_RUN:
            self._repeated += 1
        self._seen.setdefault(id_, len(self._ids))
        self._ids.append(id_)

    def gap(self) -> ListingGap | None:
        """Why the list that has now ended does not count as complete; None if it does."""
        found = len(self._ids) - self._repeated
        failed = _failed(self._words.warnings[self._warned_before :])
        if self.expected is not None:
            if found >= self.expected:
                return None
            why = f": {failed}" if failed else ""
            return ListingGap(f"The source says that {self._title} has {self.expected} entries, but {found} came{why}")
        if failed is not None:
            return ListingGap(f"A page of {self._title} did not come after {found} entries: {failed}")
        if self._ids and self._ydl.asked > self._asked_at_last:
            return ListingGap(f"The last page that {self._title} promised brought nothing after {found} entries", False)
        return None


def _failed(warnings: Sequence[str]) -> str | None:
    """The first warning of a page that did not come."""
    return next((warning for warning in warnings if page_is_missing(warning)), None)
