"""Looks at followed sources: reads the feed or the list, requests what is new, and publishes what was found."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from services.scraper.engines.values import (
    FeedRead,
    ListedPlaylist,
    ListedVideo,
    ListingEnded,
    Looked,
    LookPlan,
    SourceRules,
)
from services.scraper.engines.work import Work
from services.scraper.failures import Evidence
from services.scraper.failures.defects import DefectCatcher
from services.scraper.listing.acceptance import UNHELD, Acceptance, Progress, entry_of
from services.scraper.listing.expander import AddressFor
from services.scraper.looks.walk import Walk
from services.scraper.sources.judge import Judge, Subject
from services.scraper.sources.limits import Sources
from services.scraper.workers.pool import WorkerDied, looking
from shared.addresses.feeds import feed_of, identity_of
from shared.addresses.sources import source_of
from shared.catalog.connection import Catalog
from shared.catalog.documents import Source
from shared.catalog.playlists.acceptance import stored_filters
from shared.catalog.playlists.description import add_found, describe
from shared.catalog.sources.definitions import definition_of, get_source
from shared.catalog.sources.members import follow_playlist, known_members, note_departures
from shared.catalog.videos.acceptance import Entry
from shared.contracts import Failure, SourceChecked, SourceCheckRequested
from shared.contracts.reasons import Reason
from shared.contracts.source import MAX_NAMED, MAX_PUBLISHED, MAX_RECENT, Depth, FeedState, Rung
from shared.following.definition import SourceDefinition
from shared.logs import logger
from shared.messaging.publisher import Publisher

log = logger(__name__)

#: Known entries in a row after which nothing new is expected below them.
KNOWN_RUN = 5


@dataclass(frozen=True)
class LookRules:
    """What a look may take."""

    #: Time limit of one look.
    seconds: float
    #: Profiles of new videos, unless the source names others.
    profiles: tuple[str, ...]


@dataclass
class _Found:
    """What a look has found so far."""

    walk: Walk[Entry] = field(default_factory=lambda: Walk(None, began_before=False))
    rung: Rung = Rung.INCREMENTAL
    requests: int = 0
    filtered: int = 0
    new_ids: list[str] = field(default_factory=list)
    published: list[datetime] = field(default_factory=list)
    #: Ids of all entries.
    seen: set[str] = field(default_factory=set)
    feed: FeedState | None = None
    head: ListedPlaylist | None = None
    evidence: Evidence | None = None
    ended: ListingEnded | None = None
    gone: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Way:
    """How one look goes about."""

    subject: Subject
    plan: LookPlan
    progress: Progress
    acceptance: Acceptance
    #: Whether it reads the list to its end.
    full: bool


@dataclass(frozen=True)
class Looks:
    """Looks at followed sources. Looking again, or after a crash, requests only what was not requested before."""

    catalog: Catalog
    publisher: Publisher
    judge: Judge
    rules: SourceRules
    look_rules: LookRules
    limits: Sources
    permits_for: AddressFor | None = None

    async def handle(self, message: SourceCheckRequested) -> bool:
        """Look at a source and publish what was found. Returns whether it was looked at.

        A message about an earlier look than the last one requested is out of date, and nothing follows. Raises TryLater
        if nothing may be asked of the source now.
        """
        source = await get_source(self.catalog, message.source)
        if source is None or source["look"] != message.look:
            log.info("look.out_of_date", source=message.source, look=message.look)
            return False
        self.limits.of(source_of(source["playlist_id"], source["url"])).check_budget()
        answer = await self.look(source, message.depth)
        # The same look has the same id, so an answer that is sent twice is recorded once.
        await self.publisher.publish(answer)
        log.info("look.ended", source=message.source, rung=answer.rung.value, new=answer.new, requests=answer.requests)
        return answer.failure is None

    async def look(self, source: Source, depth: Depth) -> SourceChecked:
        """Look at a source as the catalog has it, and request what is new. Returns what was found.

        Raises TryLater if nothing may be asked of its site now.
        """
        found = _Found()
        failure: Failure | None = None
        with DefectCatcher("source") as met:
            definition = definition_of(source)
            await follow_playlist(self.catalog, source["playlist_id"], source["url"], _options(definition))
            way = self._way(source, definition, depth)
            found.rung = Rung.FULL if way.full else Rung.INCREMENTAL
            first = None if definition.first == "all" else definition.first
            found.walk = Walk(first, began_before=bool(source["recent"]))
            failure = await self._read(way, found)
        return _answer(source, found, met.failure if met.failure is not None else failure)

    def _way(self, source: Source, definition: SourceDefinition, depth: Depth) -> _Way:
        full = reads_to_the_end(source, definition, asked=depth is Depth.FULL)
        work = Work.playlist(source["playlist_id"], source["url"])
        progress = Progress(
            source["playlist_id"],
            definition.profiles or self.look_rules.profiles,
            definition.priority == "high",
            UNHELD,
            definition.filters,
        )
        acceptance = Acceptance(self.catalog, self.publisher)
        return _Way(
            Subject(work, url=source["url"]), plan_of(source, definition, depth, full=full), progress, acceptance, full
        )

    async def _read(self, way: _Way, found: _Found) -> Failure | None:
        """Read the feed or the list, and request what is new. Returns why that failed; None if it did not."""
        assert way.subject.url is not None
        permits = self.permits_for(way.subject.work, 0) if self.permits_for is not None else None
        rules = replace(self.rules, permits=permits)
        self.judge.begins(way.subject)
        try:
            async with aclosing(looking(way.subject.url, rules, self.look_rules.seconds, way.plan)) as batches:
                async for batch in batches:
                    await self._take(way, found, batch)
            await self._request(way, found, list(found.walk.end()))
            return await self._ended(way, found)
        except WorkerDied as error:
            return Failure.of(Reason.WORKER_DIED, str(error))
        finally:
            await way.acceptance.mark(way.progress)
            self.judge.ended(way.subject)

    async def _ended(self, way: _Way, found: _Found) -> Failure | None:
        """Judge how a look has ended, and note what a complete list no longer has."""
        if found.evidence is not None:
            return await self.judge.judge(found.evidence, way.subject)
        if found.rung is Rung.FEED:
            return None
        if found.ended is None or found.ended.gap is not None:
            gap = found.ended.gap.detail if found.ended is not None and found.ended.gap is not None else "no end came"
            return Failure.of(Reason.LISTING_INCOMPLETE, gap)
        if not found.walk.recent:
            # An empty list cannot be told from a wrong answer: nothing is taken to be gone.
            return Failure.of(Reason.EMPTY_PLAYLIST, "The list has no entries now.")
        if way.full:
            now = await self.catalog.now()
            found.gone = await note_departures(self.catalog, way.progress.playlist_id, found.seen, now)
        return None

    async def _take(self, way: _Way, found: _Found, batch: Sequence[Looked]) -> None:
        """Take a batch of what a worker sends."""
        entries = [item for item in batch if isinstance(item, ListedVideo)]
        for item in batch:
            match item:
                case FeedRead():
                    found.requests = item.requests
                    if item.unknown is not None:
                        log.info("look.feed_unknown", playlist_id=way.progress.playlist_id, why=item.unknown)
                    else:
                        found.feed = FeedState(etag=item.etag, modified=item.modified)
                    if item.answers(way.plan.recent):
                        found.rung = Rung.FEED
                        entries += newest_first(item.entries)
                case ListedPlaylist():
                    found.head = item
                    await describe(self.catalog, way.progress.playlist_id, item.title, item.channel, item.expected)
                case ListingEnded():
                    found.ended, found.requests = item, item.requests
                case Evidence():
                    found.evidence, found.requests = item, max(found.requests, item.requests)
        await self._walk(way, found, entries)

    async def _walk(self, way: _Way, found: _Found, listed: Sequence[ListedVideo]) -> None:
        """Take a part of the way down the list, and request what is new of it."""
        entries = [(item.video_id, entry) for item in listed if (entry := _entry(item)) is not None]
        ids = [entry.video_id for _, entry in entries]
        members = await known_members(self.catalog, way.progress.playlist_id, ids) if ids else set()
        new: list[Entry] = []
        for listed_id, entry in entries:
            found.seen.add(entry.video_id)
            if entry.published is not None:
                found.published.append(entry.published)
            # Where everything is wanted, an entry that was passed over at the first look is new.
            passed_over = listed_id in way.plan.recent and found.walk.first is not None
            is_known = entry.video_id in members or passed_over
            new += found.walk.step(listed_id, entry, is_known=is_known)
        if way.full and members:
            # Once more, since the filters of the source may have changed.
            await way.acceptance.request(way.progress, [entry for _, entry in entries if entry.video_id in members])
        await self._request(way, found, new)

    async def _request(self, way: _Way, found: _Found, new: Sequence[Entry]) -> None:
        if not new:
            return
        left_out = (await way.acceptance.request(way.progress, new)).left_out
        await add_found(self.catalog, way.progress.playlist_id, len(new))
        found.filtered += len(left_out)
        found.new_ids += [entry.video_id for entry in new if entry.video_id not in left_out]


def reads_to_the_end(source: Source, definition: SourceDefinition, *, asked: bool) -> bool:
    """Whether a look reads the whole list: if that is asked for of a known source, or its first look takes all."""
    return asked if source["recent"] else definition.first == "all"


def _options(definition: SourceDefinition) -> dict[str, Any]:
    """The options of a source's playlist, in the form for its document."""
    return {
        "profiles": list(definition.profiles) if definition.profiles is not None else None,
        "priority": definition.priority,
        "filters": stored_filters(definition.filters),
    }


def plan_of(source: Source, definition: SourceDefinition, depth: Depth, *, full: bool) -> LookPlan:
    """How a source is looked at now: the cheapest way first, unless its list is to be read to its end. Pure."""
    recent = frozenset(source["recent"])
    if full:
        return LookPlan(recent=recent)
    if definition.first != "all" and not recent:
        # The first look sees what it takes, and a few more, by which the next one knows where to stop.
        return LookPlan(limit=definition.first + KNOWN_RUN)
    feed = source.get("feed") or {}
    address = None if definition.feed == "off" or depth is not Depth.ANY else definition.feed
    if address == "auto":
        address = feed_of(source["url"], source["identity_id"])
    return LookPlan(address, feed.get("etag"), feed.get("modified"), recent, KNOWN_RUN)


def newest_first(entries: Sequence[ListedVideo]) -> list[ListedVideo]:
    """The entries of a feed by their time: feeds are often out of order. As they are, if one has no time."""
    times = {entry.video_id: entry.published for entry in entries}
    if any(moment is None for moment in times.values()):
        return list(entries)
    return sorted(entries, key=lambda entry: times[entry.video_id] or _NEVER, reverse=True)


_NEVER = datetime.fromtimestamp(0, UTC)


def _entry(item: ListedVideo) -> Entry | None:
    try:
        return entry_of(item)
    except ValueError as error:
        log.warning("look.entry_skipped", video_id=item.video_id, url=item.url, error=str(error))
        return None


def _answer(source: Source, found: _Found, failure: Failure | None) -> SourceChecked:
    head = found.head
    # What was known before stays known below what this look has seen, unless it has seen all.
    before = () if found.rung is Rung.FULL else source["recent"]
    recent = tuple(dict.fromkeys((*found.walk.recent, *before)))[:MAX_RECENT]
    return SourceChecked(
        source=source["_id"],
        look=source["look"],
        rung=found.rung,
        failure=failure,
        requests=found.requests,
        new=len(found.new_ids),
        known=found.walk.known,
        filtered=found.filtered,
        gone=len(found.gone),
        new_ids=tuple(found.new_ids[:MAX_NAMED]),
        gone_ids=tuple(found.gone[:MAX_NAMED]),
        recent=recent if failure is None and found.walk.recent else None,
        feed=found.feed,
        published=tuple(sorted(found.published, reverse=True)[:MAX_PUBLISHED]),
        title=head.title if head is not None else None,
        channel=head.channel if head is not None else None,
        identity_id=identity_of(source["playlist_id"], head.channel_id) if head is not None else None,
        checked_at=datetime.now(UTC),
    )
