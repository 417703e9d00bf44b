"""Looks at a followed source: reads its feed, and where that does not answer, its list until entries are known."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from services.scraper.engines.values import ListingEnded, Looked, LookPlan, SourceRules
from services.scraper.engines.ytdlp.feeds.reading import read_feed
from services.scraper.engines.ytdlp.listing import list_videos
from services.scraper.failures import Evidence


def look(url: str, rules: SourceRules, plan: LookPlan) -> Iterator[Looked]:
    """Yield what a look finds: perhaps a FeedRead; then, unless that answers or was refused, a listing."""
    asked = 0
    if plan.feed is not None:
        found = read_feed(plan.feed, rules, plan.etag, plan.modified)
        yield found
        if isinstance(found, Evidence) or found.answers(plan.recent):
            return
        asked = found.requests
    for item in list_videos(url, rules, plan.limit, known_run(plan)):
        yield replace(item, requests=item.requests + asked) if isinstance(item, ListingEnded | Evidence) else item


def known_run(plan: LookPlan) -> Callable[[str], bool]:
    """Make the end of a listing: True when so many known entries in a row have come that nothing new is below them.

    One known entry alone may have been moved up.
    """
    in_a_row = 0

    def until(video_id: str) -> bool:
        nonlocal in_a_row
        in_a_row = in_a_row + 1 if video_id in plan.recent else 0
        return 0 < plan.known_run <= in_a_row

    return until
