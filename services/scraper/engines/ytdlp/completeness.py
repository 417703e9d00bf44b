"""Decides whether a listing is complete: if a page fails, yt-dlp only warns and ends the list.

A list counts as complete if it has as many entries as its source says. If the source gives no number, no page of the
list may have failed or been empty.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from services.scraper.engines.values import ListingGap
from services.scraper.engines.ytdlp.client import CountingYtdlp, Words
from services.scraper.engines.ytdlp.warning_texts import page_is_missing
from shared.untrusted.bounds import MAX_COUNT, number_within

#: Repeated entries in the same order that are taken for a page served twice, not for repeats in the list itself.
REPEATED_RUN = 20


class ListAccount:
    """Compares the entries that one list promises with those that arrive."""

    def __init__(self, ydl: CountingYtdlp, words: Words, info: dict[str, Any]) -> None:
        """Create it when the list's head has arrived, before its first entry is read."""
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
        """Yield the entries of the list, and note each."""
        for entry in info.get("entries") or ():
            self._asked_at_last = self._ydl.asked
            if entry is not None:
                self._note(str(entry.get("id") or entry.get("url")))
                yield entry
                # Requests for the content of this entry are not requests for the next page.
                self._asked_at_last = self._ydl.asked

    def _note(self, id_: str) -> None:
        """Count an entry, and detect a page that came twice: a long run of known entries in the same order."""
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
        """Why the list, which has ended, does not count as complete; None if it does."""
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
    """The first warning about a page that failed; None if there is none."""
    return next((warning for warning in warnings if page_is_missing(warning)), None)
