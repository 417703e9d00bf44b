"""How a followed source is looked at: by which rung, how far, and what counts as new. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from services.scraper.engines.values import ListedVideo, LookPlan
from services.scraper.looks.walk import KNOWN_RUN, Walk
from shared.addresses.feeds import feed_of
from shared.catalog.documents import Source
from shared.catalog.videos.acceptance import Entry
from shared.contracts.source import Depth
from shared.following.definition import SourceDefinition

#: Entries of a page, at least, on the sites where pages are long.
PAGE = 100
_NEVER = datetime.fromtimestamp(0, UTC)


def walk_of(source: Source, definition: SourceDefinition) -> Walk[Entry]:
    """The walk down a source's list. Pure."""
    began = "listed_at" in source
    # If the list was empty at the last look, all that it has now is new.
    takes_all = definition.first == "all" or (began and not source["recent"])
    return Walk(None if takes_all else int(definition.first), began_before=began)


def reads_to_the_end(source: Source, definition: SourceDefinition, *, asked: bool) -> bool:
    """Whether a look reads the whole list: if that is asked for of a known source, or its first look takes all."""
    return asked if "listed_at" in source else definition.first == "all"


def plan_of(source: Source, definition: SourceDefinition, depth: Depth, *, full: bool) -> LookPlan:
    """How a source is looked at now: the cheapest way first, unless its list is to be read to its end. Pure."""
    recent = frozenset(source["recent"])
    if full:
        return LookPlan(recent=recent)
    if definition.first != "all" and "listed_at" not in source:
        # The first look sees what it takes, and a few more, by which the next one knows where to stop. If filters may
        # leave out the first ones, it sees a page, which costs no more.
        limit = definition.first + KNOWN_RUN
        return LookPlan(limit=limit if definition.filters.is_empty else max(limit, PAGE))
    feed = source.get("feed") or {}
    address = None if definition.feed == "off" or depth is not Depth.ANY else definition.feed
    if address == "auto":
        address = feed_of(source["url"], source["identity_id"])
    if "feed_hub" not in source:
        # Only its content says whether the feed has a hub, so it is read once.
        feed = {}
    return LookPlan(address, feed.get("etag"), feed.get("modified"), recent, KNOWN_RUN)


def newest_first(entries: Sequence[ListedVideo]) -> list[ListedVideo]:
    """The entries of a feed by their time: feeds are often out of order. As they are, if one has no time."""
    times = {entry.video_id: entry.published for entry in entries}
    if any(moment is None for moment in times.values()):
        return list(entries)
    return sorted(entries, key=lambda entry: times[entry.video_id] or _NEVER, reverse=True)
