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
from services.scraper.attempt.video_space import disk_full
from services.scraper.engines.values import ListedVideo, ListingEnded, Probed, ProbePlan, SourceRules, gap_of
from services.scraper.engines.work import Work
from services.scraper.failures import OF_EGRESS, Evidence
from services.scraper.failures.defects import DefectCatcher
from services.scraper.measuring.message_parts import Egress
from services.scraper.probing.measurements import failed_measurements, measurements_of
from services.scraper.sources.access import SourceAccess
from services.scraper.sources.judge import MAX_SUSPICIONS, Subject
from services.scraper.workers.pool import WorkerDied, Workers, listing
from services.scraper.workspace.work_folder import WorkFolder
from shared.addresses.parse import BadAddress, refuse_inner_host
from shared.addresses.public_addresses import is_public_address
from shared.addresses.resolvers import SYSTEM, address_of
from shared.addresses.sources import source_of
from shared.addresses.video_addresses import asked_address
from shared.catalog.connection import Catalog
from shared.catalog.crawls.tasks import asked_task, begin_task, put_off, renew_task
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
#: Refusals of one task after which it fails, where no witness could tell whether the source refuses it alone.
MAX_REFUSALS = 10
#: Seconds that the downloads of a whole recording may take together: with all else less than RabbitMQ waits for.
MAX_WHOLE_SECONDS = 4500


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


class _Task(NamedTuple):
    """A task in work."""

    message: ProbeRequested
    #: How often its source refused it before.
    refusals: int

    @property
    def work(self) -> Work:
        """Under an id of its own: a crawl must not pay from an archive's share, nor be taken for its video."""
        message, id_ = self.message, f"crawl:{self.message.task}"
        if message.kind is TaskKind.LIST or message.video_id is None:
            return Work(id_, source_of("", message.url), listing=True)
        return replace(Work.video(message.video_id, message.url), id=id_)

    @property
    def subject(self) -> Subject:
        """What is judged. A witness shows whether a source refuses it alone, however often it did."""
        return Subject(self.work, min(self.refusals, MAX_SUSPICIONS - 1), url=self.message.url)


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
        task = await asked_task(self.catalog, message.task, message.attempt)
        if task is None:
            log.info("probe.out_of_date", task=message.task, attempt=message.attempt)
            return
        if message.egress not in (None, self.probe_rules.egress.name):
            # Not renewed: if there is no such egress, the task is given up in the end.
            raise TryLater(OTHER_EGRESS_SECONDS, f"the egress {message.egress} is to do it")
        if self.work_folder.too_full():
            self.access.admission.storage_failed(Reason.DISK_FULL, disk_full().detail)
        try:
            answer = await self._answer(message, task["refusals"])
        except TryLater as later:
            await renew_task(self.catalog, message.task, message.attempt, later.seconds + ANSWER_SECONDS)
            raise
        await self.publisher.publish(answer)
        reason = answer.failure.reason if answer.failure is not None else None
        log.info("probe.ended", task=message.task, reason=reason, found=len(answer.found), requests=answer.requests)

    async def _answer(self, message: ProbeRequested, refusals: int) -> ProbeAnswered:
        outcome: _Outcome | None = None
        with DefectCatcher("crawl") as met:
            outcome = self._refusal(message) or await self._done(_Task(message, refusals))
        if outcome is None:
            outcome = _Outcome(met.failure)
        return ProbeAnswered(
            crawl=message.crawl,
            task=message.task,
            attempt=message.attempt,
            failure=outcome.failure,
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

    async def _done(self, task: _Task) -> _Outcome:
        message, work = task.message, task.work
        if message.kind is TaskKind.VIDEO and self.slots.is_full:
            raise TryLater(BUSY_SECONDS, "all slots for downloads are taken")
        with self.access.admission.admitted(work), self.access.shares.probing(work.id, work.source):
            self.access.limits.of(work.source).check_budget()
            if message.kind is TaskKind.LIST:
                return await self._list(task)
            async with self.slots.one():
                return await self._measure(task)

    async def _measure(self, task: _Task) -> _Outcome:
        """Measure a video's downloads, and publish them."""
        message, work = task.message, task.work
        await self.access.limits.of(work.source).pace()
        self.access.admission.check(work.source)
        seconds = self._seconds(message)
        await begin_task(self.catalog, message.task, message.attempt, seconds + ANSWER_SECONDS)
        trips = self.access.admission.trips_of(work.source)
        result = await self._probe(task, seconds)
        if isinstance(result, Probed):
            return await self._told(task, result, trips)
        failure = await self._failure(result, task)
        for each in failed_measurements(message, failure, work.source, self.probe_rules.egress):
            await self.publisher.publish(each)
        return _Outcome(failure, requests=result.requests)

    async def _probe(self, task: _Task, seconds: float) -> Probed | Evidence:
        message, work = task.message, task.work
        assert message.video_id is not None, "a video has an id"
        rules = replace(self.rules, permits=self.access.permits.address(work), video_id=message.video_id)
        each = message.seconds if message.seconds is not None else self._whole_seconds(message)
        plan = ProbePlan(each, message.resolvers, message.pings)
        subject = task.subject
        self.access.judge.begins(subject)
        try:
            async with self.work_folder.fresh() as folder:
                address = asked_address(message.video_id, message.url)
                return await self.workers.probe(address, folder, rules, plan, seconds)
        except WorkerDied as error:
            return Evidence(str(error), Reason.WORKER_DIED)
        except OSError as error:
            raise await self._later(task, BUSY_SECONDS, f"the work folder fails: {error}") from error
        finally:
            self.access.judge.ended(subject)

    async def _told(self, task: _Task, probed: Probed, trips: int) -> _Outcome:
        """Publish the downloads that came to their end, and judge the others: the video failed if all did.

        Raises TryLater if one was refused: the task is done again, and what is known by then stays known.
        """
        if any(download.trouble is None for download in probed.downloads):
            self.access.served(task.work.source, trips, task.work.id)
        failures: list[Failure] = []
        refused: TryLater | None = None
        for download in probed.downloads:
            try:
                failure = await self._failure(download.trouble, task) if download.trouble is not None else None
            except TryLater as later:
                refused = later
                continue
            alone = replace(probed, downloads=(download,))
            for each in measurements_of(task.message, alone, task.work.source, self.probe_rules.egress):
                await self.publisher.publish(each)
            if failure is not None:
                failures.append(failure)
        if refused is not None:
            raise refused
        failed = len(failures) == len(probed.downloads)
        return _Outcome(failures[0] if failed else None, requests=probed.requests)

    async def _failure(self, evidence: Evidence, task: _Task) -> Failure:
        """Judge evidence. Raises TryLater for what is not the video's: then the task is done later."""
        try:
            failure = await self.access.judge.judge(evidence, task.subject)
        except TryLater as later:
            raise await self._later(task, later.seconds, later.reason) from later
        refused = failure.failure_class in OF_EGRESS
        if (refused and task.refusals < MAX_REFUSALS) or failure.failure_class is FailureClass.STORAGE:
            why = f"{task.work.source} refused it: {failure.reason}"
            raise await self._later(task, BUSY_SECONDS, why, refused=refused)
        return failure

    async def _later(self, task: _Task, seconds: float, why: str, *, refused: bool = False) -> TryLater:
        """Note that a task is done later. Returns what is to be raised."""
        await put_off(self.catalog, task.message.task, task.message.attempt, refused=refused)
        try:
            # The source may rest now, and says for how long.
            self.access.admission.check(task.work.source)
        except TryLater as rests:
            return rests
        return TryLater(seconds, why)

    def _seconds(self, message: ProbeRequested) -> float:
        """The time limit of a whole task."""
        each = message.seconds if message.seconds is not None else self._whole_seconds(message)
        return len(message.resolvers) * (each + 3 * message.pings) + BESIDE_SECONDS

    def _whole_seconds(self, message: ProbeRequested) -> float:
        """The time after which the download of a whole recording ends all the same."""
        return min(self.probe_rules.video_seconds, MAX_WHOLE_SECONDS / len(message.resolvers))

    async def _list(self, task: _Task) -> _Outcome:
        """List the first entries of an address. Those that came before a failure are measured all the same."""
        message, work = task.message, task.work
        await begin_task(self.catalog, message.task, message.attempt, self.probe_rules.listing_seconds + ANSWER_SECONDS)
        rules = replace(self.rules, permits=self.access.permits.address(work))
        found: list[FoundEntry] = []
        end: ListingEnded | Evidence | None = None
        subject = task.subject
        self.access.judge.begins(subject)
        try:
            seconds = self.probe_rules.listing_seconds
            async with aclosing(listing(message.url, rules, seconds, message.entries)) as batches:
                async for batch in batches:
                    found += _entries(batch)
                    end = next((item for item in batch if isinstance(item, ListingEnded | Evidence)), end)
        except WorkerDied as error:
            return _Outcome(Failure.of(Reason.WORKER_DIED, str(error)), tuple(_fitting(found)))
        finally:
            self.access.judge.ended(subject)
        requests = end.requests if end is not None else 0
        if isinstance(end, Evidence):
            return _Outcome(await self._failure(end, task), tuple(_fitting(found)), requests)
        self.access.admission.listed(work)
        return _Outcome(list_failure(end, len(found)), tuple(_fitting(found)), requests)


def list_failure(ended: ListingEnded | None, found: int) -> Failure | None:
    """Why a list that ended so was not read as wanted; None: it was. Pure.

    A source that promises more entries than it lists is believed: many count those that nobody may see.
    """
    if (gap := gap_of(ended)) is not None and gap.proven:
        return Failure.of(Reason.LISTING_INCOMPLETE, gap.detail)
    return Failure.of(Reason.EMPTY_PLAYLIST, "The list has no entries.") if found == 0 else None


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
