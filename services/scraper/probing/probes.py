"""Does the tasks of crawls: lists an address, or measures a download of which nothing is kept.

Crawls come last: a task begins only when a slot for downloads is free, and its requests are paid from a small share of
the hour's budget. What is refused to a crawl makes the source rest like any other refusal.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import NamedTuple

from services.scraper.attempt.slots import Slots
from services.scraper.engines.values import ListedVideo, ListingEnded, Probed, ProbePlan, SourceRules
from services.scraper.engines.work import Work
from services.scraper.failures import OF_EGRESS, Evidence
from services.scraper.failures.defects import DefectCatcher
from services.scraper.measuring.message_parts import Egress
from services.scraper.probing.measurements import failed_measurements, measurements_of
from services.scraper.sources.access import SourceAccess
from services.scraper.sources.judge import Subject
from services.scraper.workers.pool import WorkerDied, Workers, listing
from services.scraper.workspace.work_folder import WorkFolder
from shared.addresses.parse import BadAddress, refuse_inner_host
from shared.addresses.public_addresses import is_public_address
from shared.addresses.resolvers import SYSTEM, address_of
from shared.addresses.sources import YOUTUBE, source_of
from shared.addresses.video_addresses import asked_address
from shared.addresses.youtube import mix_url
from shared.catalog.connection import Catalog
from shared.catalog.crawls.tasks import is_asked, renew_task
from shared.contracts import Failure, ProbeAnswered, ProbeRequested
from shared.contracts.crawl import FoundEntry, TaskKind
from shared.contracts.reasons import Reason
from shared.errors import FailureClass, TryLater
from shared.logs import logger
from shared.messaging.publisher import Publisher

log = logger(__name__)

#: Seconds until a task is tried again for which no slot was free, or which another egress is to do.
BUSY_SECONDS, OTHER_EGRESS_SECONDS = 15, 5
#: Seconds that a task may take besides its downloads: for pages, round trips, and a wait for the pace.
BESIDE_SECONDS = 180
#: Seconds by which an answer is waited for beyond that.
ANSWER_SECONDS = 120
#: Bytes of all addresses and ids of an answer: less than a message may have.
MAX_FOUND_BYTES = 150_000


@dataclass(frozen=True)
class ProbeRules:
    """What a task may take."""

    #: Time limits of one whole download, and of one list.
    video_seconds: float
    listing_seconds: float
    #: The resolvers besides public ones that may be asked, in their normal form.
    resolvers: frozenset[str]
    egress: Egress
    #: Whether hosts that are not on the public internet may be asked.
    private_hosts: bool


class _Outcome(NamedTuple):
    """What came of a task."""

    failure: Failure | None = None
    found: tuple[FoundEntry, ...] = ()
    requests: int = 0
    related_failure: Failure | None = None


@dataclass(frozen=True)
class Probes:
    """Does tasks, one at a time. A task that is done twice is recorded once."""

    catalog: Catalog
    publisher: Publisher
    workers: Workers
    work_folder: WorkFolder
    slots: Slots
    access: SourceAccess
    rules: SourceRules
    probe_rules: ProbeRules

    async def handle(self, message: ProbeRequested) -> None:
        """Do a task, and publish what came of it. A message that is out of date does nothing.

        Raises TryLater while the source or the storage rests, requests are spent, or everything is busy.
        """
        if not await is_asked(self.catalog, message.task, message.attempt):
            log.info("probe.out_of_date", task=message.task, attempt=message.attempt)
            return
        try:
            answer = await self._answer(message)
        except TryLater as later:
            await renew_task(self.catalog, message.task, message.attempt, later.seconds + ANSWER_SECONDS)
            raise
        await self.publisher.publish(answer)
        reason = answer.failure.reason if answer.failure is not None else None
        log.info("probe.ended", task=message.task, reason=reason, found=len(answer.found), requests=answer.requests)

    async def _answer(self, message: ProbeRequested) -> ProbeAnswered:
        if message.egress not in (None, self.probe_rules.egress.name):
            raise TryLater(OTHER_EGRESS_SECONDS, f"the egress {message.egress} is to do it")
        outcome: _Outcome | None = None
        with DefectCatcher("crawl") as met:
            outcome = self._refusal(message) or await self._done(message)
        if outcome is None:
            outcome = _Outcome(met.failure)
        return ProbeAnswered(
            crawl=message.crawl,
            task=message.task,
            attempt=message.attempt,
            failure=outcome.failure,
            related_failure=outcome.related_failure,
            found=outcome.found,
            requests=outcome.requests,
        )

    def _refusal(self, message: ProbeRequested) -> _Outcome | None:
        """Why a task may not be done here; None: it may."""
        if self.probe_rules.private_hosts:
            return None
        try:
            refuse_inner_host(message.url)
        except BadAddress as error:
            return _Outcome(Failure.of(Reason.UNSUPPORTED_ADDRESS, str(error)))
        for resolver in message.resolvers:
            own = resolver == SYSTEM or resolver in self.probe_rules.resolvers
            if not own and not is_public_address(address_of(resolver).host):
                detail = f"The resolver {resolver} is not on the public internet. SCRAPER_RESOLVERS can allow it."
                return _Outcome(Failure.of(Reason.UNSUPPORTED_ADDRESS, detail))
        return None

    async def _done(self, message: ProbeRequested) -> _Outcome:
        # Ids of their own: a crawl must not pay from an archive's share, nor be taken for its video.
        if message.kind is TaskKind.LIST:
            work = Work(f"crawl:{message.task}", source_of("", message.url), listing=True)
            with self.access.admission.admitted(work), self.access.shares.probing(work.id, work.source):
                return await self._list(message.url, work, message.entries)
        assert message.video_id is not None, "a video has an id"
        if self.slots.is_full:
            raise TryLater(BUSY_SECONDS, "all slots for downloads are taken")
        work = replace(Work.video(message.video_id, message.url), id=f"crawl:{message.task}")
        with self.access.admission.admitted(work), self.access.shares.probing(work.id, work.source):
            async with self.slots.one():
                measured = await self._measure(message, work)
            if measured.failure is not None or not message.entries:
                return measured
            related = await self._related(message, work)
            return measured._replace(
                found=related.found, requests=measured.requests + related.requests, related_failure=related.failure
            )

    async def _measure(self, message: ProbeRequested, work: Work) -> _Outcome:
        """Measure a video's downloads, and publish them."""
        egress, limits = self.probe_rules.egress, self.access.limits.of(work.source)
        limits.check_budget()
        await limits.pace()
        self.access.admission.check(work.source)
        seconds = self._seconds(message)
        await renew_task(self.catalog, message.task, message.attempt, seconds + ANSWER_SECONDS)
        trips = self.access.admission.trips_of(work.source)
        result = await self._probe(message, work, seconds)
        if isinstance(result, Probed):
            outcome = await self._judged(result, work, trips)
            measured = measurements_of(message, result, work.source, egress)
        else:
            failure = await self._failure(result, work)
            outcome = _Outcome(failure, requests=result.requests)
            measured = failed_measurements(message, failure, work.source, egress)
        for each in measured:
            await self.publisher.publish(each)
        return outcome

    async def _probe(self, message: ProbeRequested, work: Work, seconds: float) -> Probed | Evidence:
        rules = replace(self.rules, permits=self.access.permits.address(work), video_id=message.video_id)
        plan = ProbePlan(message.seconds, message.resolvers, message.pings)
        subject = Subject(work)
        assert message.video_id is not None
        self.access.judge.begins(subject)
        try:
            async with self.work_folder.fresh() as folder:
                address = asked_address(message.video_id, message.url)
                return await self.workers.probe(address, folder, rules, plan, seconds)
        except (WorkerDied, OSError) as error:
            return Evidence(str(error), Reason.WORKER_DIED)
        finally:
            self.access.judge.ended(subject)

    async def _judged(self, probed: Probed, work: Work, trips: int) -> _Outcome:
        """Judge the downloads of a video: it failed if all did. The source rests if one was refused."""
        troubles = [download.trouble for download in probed.downloads if download.trouble is not None]
        if len(troubles) < len(probed.downloads):
            self.access.served(work.source, trips, work.id)
        failures = [await self._failure(trouble, work) for trouble in troubles]
        failed = len(troubles) == len(probed.downloads)
        return _Outcome(failures[0] if failed else None, requests=probed.requests)

    async def _failure(self, evidence: Evidence, work: Work) -> Failure:
        """Judge evidence. Raises TryLater for what is not the video's: then the task is done later."""
        failure = await self.access.judge.judge(evidence, Subject(work))
        if failure.failure_class in OF_EGRESS or failure.failure_class is FailureClass.STORAGE:
            # The source rests now, and says for how long.
            self.access.admission.check(work.source)
            raise TryLater(BUSY_SECONDS, f"{work.source} refused it: {failure.reason}")
        return failure

    def _seconds(self, message: ProbeRequested) -> float:
        each = message.seconds if message.seconds is not None else self.probe_rules.video_seconds
        return len(message.resolvers) * (each + 3 * message.pings) + BESIDE_SECONDS

    async def _related(self, message: ProbeRequested, work: Work) -> _Outcome:
        """List what is related to a video, where its source offers a list of that."""
        assert message.video_id is not None
        source, _, id_ = message.video_id.partition(":")
        if source != YOUTUBE:
            detail = f"Nothing related to videos of {source} is known here; only YouTube has mixes."
            return _Outcome(Failure.of(Reason.UNSUPPORTED_ADDRESS, detail))
        # The mix begins with the video itself.
        listed = await self._list(mix_url(id_), replace(work, listing=True), message.entries + 1)
        found = tuple(entry for entry in listed.found if entry.video_id != message.video_id)
        return listed._replace(found=found[: message.entries])

    async def _list(self, url: str, work: Work, limit: int) -> _Outcome:
        """List up to `limit` entries of an address."""
        self.access.limits.of(work.source).check_budget()
        rules = replace(self.rules, permits=self.access.permits.address(work))
        found: list[FoundEntry] = []
        end: ListingEnded | Evidence | None = None
        subject = Subject(work, url=url)
        self.access.judge.begins(subject)
        try:
            async with aclosing(listing(url, rules, self.probe_rules.listing_seconds, limit)) as batches:
                async for batch in batches:
                    found += _entries(batch)
                    end = next((item for item in batch if isinstance(item, ListingEnded | Evidence)), end)
        except WorkerDied as error:
            return _Outcome(Failure.of(Reason.WORKER_DIED, str(error)))
        finally:
            self.access.judge.ended(subject)
        requests = end.requests if end is not None else 0
        if isinstance(end, Evidence):
            return _Outcome(await self._failure(end, work), requests=requests)
        self.access.admission.listed(work)
        if not found:
            return _Outcome(Failure.of(Reason.EMPTY_PLAYLIST, "The list has no entries."), requests=requests)
        return _Outcome(None, tuple(_fitting(found)), requests)


def _entries(batch: Sequence[object]) -> list[FoundEntry]:
    found: list[FoundEntry] = []
    for item in batch:
        if isinstance(item, ListedVideo):
            try:
                found.append(FoundEntry(video_id=item.video_id, url=item.url))
            except ValueError as error:
                log.warning("probe.entry_skipped", video_id=item.video_id, url=item.url, error=str(error))
    return found


def _fitting(found: Sequence[FoundEntry]) -> Iterator[FoundEntry]:
    """The first entries, as many as fit into a message."""
    size = 0
    for entry in found:
        size += len(entry.video_id.encode()) + len(entry.url.encode()) + 50
        if size > MAX_FOUND_BYTES:
            return
        yield entry
