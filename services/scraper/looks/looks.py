"""Looks at followed sources: reads the feed or the list, requests what is new, and publishes what was found."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
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
    gap_of,
)
from services.scraper.engines.work import Work
from services.scraper.failures import Evidence
from services.scraper.failures.defects import DefectCatcher
from services.scraper.listing.acceptance import UNHELD, Acceptance, Progress, entry_of
from services.scraper.listing.expander import AddressFor
from services.scraper.looks.findings import Findings, answer_of
from services.scraper.looks.plans import newest_first, plan_of, reads_to_the_end, walk_of
from services.scraper.sources.judge import Judge, Subject
from services.scraper.sources.limits import Sources
from services.scraper.workers.pool import WorkerDied, looking
from shared import metrics
from shared.addresses.sources import source_of
from shared.catalog.connection import Catalog
from shared.catalog.documents import Source
from shared.catalog.parts import parts_of
from shared.catalog.playlists.acceptance import stored_filters
from shared.catalog.playlists.description import add_found, describe
from shared.catalog.sources.definitions import definition_of, get_source
from shared.catalog.sources.members import follow_playlist, known_members, note_departures
from shared.catalog.sources.passed_over import note_passed_over, passed_over
from shared.catalog.videos.acceptance import Entry
from shared.contracts import Failure, SourceChecked, SourceCheckRequested
from shared.contracts.reasons import Reason
from shared.contracts.source import MAX_ENTRY_ID, MAX_NAMED, Depth, FeedHub, FeedState, Rung
from shared.following.definition import SourceDefinition
from shared.logs import logger
from shared.messaging.publisher import Publisher

log = logger(__name__)


@dataclass(frozen=True)
class LookRules:
    """What a look may take."""

    #: Time limit of one look.
    seconds: float
    #: Profiles of new videos, unless the source names others.
    profiles: tuple[str, ...]
    #: Entries read of one list; 0: all.
    longest: int = 0


@dataclass(frozen=True)
class _Way:
    """How one look goes about."""

    source: Source
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

        A message about another look or address than the catalog's is out of date, and nothing follows. Raises TryLater
        if nothing may be asked of the source now.
        """
        source = await get_source(self.catalog, message.source)
        if source is None or source["look"] != message.look or source["url"] != message.url:
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
        found = Findings()
        answer: SourceChecked | None = None
        with DefectCatcher("source") as met:
            definition = definition_of(source)
            await follow_playlist(self.catalog, source["playlist_id"], source["url"], _options(definition))
            way = self._way(source, definition, depth)
            found.rung = Rung.FULL if way.full else Rung.INCREMENTAL
            found.walk = walk_of(source, definition)
            answer = answer_of(source, found, await self._read(way, found))
        return answer if answer is not None else answer_of(source, Findings(rung=found.rung), met.failure)

    def _way(self, source: Source, definition: SourceDefinition, depth: Depth) -> _Way:
        full = reads_to_the_end(source, definition, asked=depth is Depth.FULL)
        work = Work.playlist(source["playlist_id"], source["url"])
        progress = Progress(
            source["playlist_id"],
            definition.profiles or self.look_rules.profiles,
            definition.priority == "high",
            UNHELD,
            definition.filters,
            source["created_at"],
        )
        acceptance = Acceptance(self.catalog, self.publisher)
        plan = plan_of(source, definition, depth, full=full)
        if plan.limit is None and self.look_rules.longest:
            plan = replace(plan, limit=self.look_rules.longest)
        return _Way(source, Subject(work, url=source["url"]), plan, progress, acceptance, full)

    async def _read(self, way: _Way, found: Findings) -> Failure | None:
        """Read the feed or the list, and request what is new. Returns why that failed; None if it did not."""
        assert way.subject.url is not None
        permits = self.permits_for(way.subject.work, 0) if self.permits_for is not None else None
        rules = replace(self.rules, permits=permits)
        self.judge.begins(way.subject)
        entries = looking(way.subject.url, rules, self.look_rules.seconds, way.plan)
        try:
            async with way.acceptance.marking(way.progress):
                async with aclosing(entries) as batches:
                    async for batch in batches:
                        await self._take(way, found, batch)
                await self._request(way, found, list(found.walk.end()))
                failure = await self._ended(way, found)
                if failure is None and way.full:
                    await self._pass_over(way, found)
            return failure
        except WorkerDied as error:
            return Failure.of(Reason.WORKER_DIED, str(error))
        finally:
            self.judge.ended(way.subject)

    async def _ended(self, way: _Way, found: Findings) -> Failure | None:
        """Judge how a look has ended, and note what a complete list no longer has."""
        if found.evidence is not None:
            return await self.judge.judge(found.evidence, way.subject)
        if found.rung is Rung.FEED:
            return None
        if (gap := gap_of(found.ended)) is not None and gap.proven:
            return Failure.of(Reason.LISTING_INCOMPLETE, gap.detail)
        if not found.walk.recent and found.walk.began_before:
            # An empty list cannot be told from a wrong answer: nothing is taken to be gone.
            return Failure.of(Reason.EMPTY_PLAYLIST, "The list has no entries now.")
        ended = found.ended
        whole = gap is None and ended is not None and not found.skipped and not ended.left_out and not ended.stopped
        if way.full and whole:
            now = await self.catalog.now()
            found.gone = await note_departures(self.catalog, way.progress.playlist_id, found.seen, now)
        return None

    async def _pass_over(self, way: _Way, found: Findings) -> None:
        """Take the entries that the last full look did not see, wherever they stand; note the others as passed over.

        The first full look only notes them: nobody can say what was there before.
        """
        ids = [entry_id for entry_id in found.walk.passed if entry_id not in way.plan.recent]
        if "full_at" in way.source:
            for part in parts_of(ids):
                known = await passed_over(self.catalog, way.source["_id"], part)
                await self._request(way, found, [found.passed[each] for each in part if each not in known])
        await note_passed_over(self.catalog, way.source["_id"], found.walk.passed)

    async def _take(self, way: _Way, found: Findings, batch: Sequence[Looked]) -> None:
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
                    if item.named_hub is not None and (item.unknown is None or item.named_hub.hub is not None):
                        found.feed_hub = FeedHub(hub=item.named_hub.hub, topic=item.named_hub.topic)
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

    async def _walk(self, way: _Way, found: Findings, listed: Sequence[ListedVideo]) -> None:
        """Take a part of the way down the list, and request what is new of it."""
        entries = [(item.video_id, entry) for item in listed if (entry := _entry(item)) is not None]
        found.skipped = found.skipped or len(entries) < len(listed)
        ids = [entry.video_id for _, entry in entries]
        members = await known_members(self.catalog, way.progress.playlist_id, ids) if ids else set()
        new: list[Entry] = []
        for listed_id, entry in entries:
            # Where everything is wanted, an entry that was passed over at the first look is new.
            passed = listed_id in way.plan.recent and found.walk.first is not None
            wanted = way.progress.filters.left_out_by(entry.facts) is None
            is_known = entry.video_id in members or passed
            new += found.walk.step(listed_id, entry, is_known=is_known, is_wanted=wanted)
            found.note(listed_id, entry, full=way.full)
        if way.full and members:
            # Once more, since the filters of the source may have changed.
            await way.acceptance.request(way.progress, [entry for _, entry in entries if entry.video_id in members])
        await self._request(way, found, new)

    async def _request(self, way: _Way, found: Findings, new: Sequence[Entry]) -> None:
        if not new:
            return
        left_out = (await way.acceptance.request(way.progress, new)).left_out
        await add_found(self.catalog, way.progress.playlist_id, len(new))
        found.filtered += len(left_out)
        taken = [entry.video_id for entry in new if entry.video_id not in left_out]
        found.new += len(taken)
        self._measure(way, [entry for entry in new if entry.video_id not in left_out])
        found.new_ids += taken[: MAX_NAMED - len(found.new_ids)]

    def _measure(self, way: _Way, requested: Sequence[Entry]) -> None:
        """Measure how long after its publication each entry was requested, if its source was followed by then."""
        now = datetime.now(UTC)
        for entry in requested:
            if entry.published is not None and entry.published >= way.source["created_at"]:
                lag = (now - entry.published).total_seconds()
                metrics.REQUEST_LAG_SECONDS.observe(max(0, lag))


def _options(definition: SourceDefinition) -> dict[str, Any]:
    """The options of a source's playlist, in the form for its document."""
    return {
        "profiles": list(definition.profiles) if definition.profiles is not None else None,
        "priority": definition.priority,
        "filters": stored_filters(definition.filters),
    }


def _entry(item: ListedVideo) -> Entry | None:
    try:
        return entry_of(item) if len(item.video_id) <= MAX_ENTRY_ID else None
    except ValueError as error:
        log.warning("look.entry_skipped", video_id=item.video_id, url=item.url, error=str(error))
        return None
