"""Turns the evidence of listings and videos into a failure, and decides what follows for this egress.

An answer that may concern one video or the whole egress is believed only with a second witness: another item that the
source serves, or also refuses.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from services.scraper.engines.work import Work, source_of_request
from services.scraper.failures import LASTING, OF_EGRESS, Evidence, charge_repeated, classify
from services.scraper.failures.named_times import bounded
from services.scraper.sources.admission import Admission
from services.scraper.sources.breaker import State
from services.scraper.sources.limits import Sources
from services.scraper.sources.source_breaker import BACK_SECONDS
from services.scraper.sources.witness import Witness
from shared.addresses.sources import KNOWN_SOURCES, YOUTUBE
from shared.catalog.documents import Playlist, Retry, Video
from shared.contracts import Failure
from shared.contracts.reasons import Reason
from shared.errors import FailureClass, TryLater

#: Seconds for which judging a doubtful answer waits for other downloads under way to be served.
DOUBT_SECONDS = 15
#: Videos in a row with a doubtful answer after which it concerns the egress, where nothing can witness.
DOUBTS_WITHOUT_WITNESS = 10
#: How often the source must have refused only this work before that is believed without a witness: each time it served
#: other work, or no other work came.
MAX_SUSPICIONS = 3


@dataclass(frozen=True)
class Subject:
    """The video or playlist that a judgement concerns."""

    work: Work
    #: How often the source refused it while serving other work.
    suspicions: int = 0
    #: Of a video: the address at which it can be requested again.
    url: str | None = None
    #: Of a video: its last failure, if the attempt before this one failed.
    last: Retry | None = None

    @classmethod
    def of_video(cls, video: Video) -> Subject:
        """The subject for a video."""
        work = Work.video(video["_id"], video["url"])
        return cls(work, video.get("suspicions", 0), video["url"], video.get("retry"))

    @classmethod
    def of_playlist(cls, playlist: Playlist) -> Subject:
        """The subject for a playlist."""
        return cls(Work.playlist(playlist["_id"], playlist["url"]), playlist.get("suspicions", 0))

    @property
    def id(self) -> str:
        """The id of the video or playlist."""
        return self.work.id

    @property
    def source(self) -> str:
        """The source that is asked."""
        return self.work.source

    def asking(self, source: str) -> Subject:
        """The same subject at another source."""
        return replace(self, work=replace(self.work, source=source))


@dataclass(frozen=True)
class EgressRules:
    """The settings for judging answers to one egress."""

    #: Seconds of rest after a rate limit that names no time.
    rate_limit_rest_seconds: float
    #: Seconds: the longest Retry-After believed of a source that is not known by name.
    retry_after_max_seconds: float
    #: Country of the egress, shown with videos that are blocked there.
    country: str | None = None


class Judge:
    """Judges failures for one egress."""

    def __init__(
        self,
        sources: Sources,
        admission: Admission,
        witness: Witness,
        rules: EgressRules,
        others_under_way: Callable[[], bool] = lambda: False,
    ) -> None:
        """`others_under_way`: whether something else is being downloaded, which may soon be a witness."""
        self._sources = sources
        self._admission = admission
        self._witness = witness
        self._rules = rules
        self.others_under_way = others_under_way
        #: Work that is under way, by id: a playlist of one video has that video's id.
        self._in_work: defaultdict[str, list[Subject]] = defaultdict(list)

    def begins(self, subject: Subject) -> None:
        """Note that work on a subject begins."""
        self._in_work[subject.id].append(subject)

    def ended(self, subject: Subject) -> None:
        """Note that work on a subject is over."""
        in_work = self._in_work[subject.id]
        in_work[:] = [other for other in in_work if other is not subject]
        if not in_work:
            del self._in_work[subject.id]

    def refused_on_the_wire(self, work_id: str, source: str, retry_after: float | None) -> None:
        """Let a source rest that answered 429 to a request, even if the work finds its answer on another page."""
        subject, retry_after = next(iter(self._in_work.get(work_id, ())), None), self._believed(source, retry_after)
        suspicions = subject.suspicions if subject is not None else 0
        if suspicions >= MAX_SUSPICIONS or (suspicions and retry_after is None):
            return  # Judged at the end, with a witness.
        detail = f"{source} answered HTTP 429 to a request for {work_id}."
        culprit = subject.work if subject is not None else Work(work_id, source)
        self._admission.refused(source, Reason.TOO_MANY_REQUESTS, detail, seconds=retry_after, culprit=culprit)

    def _believed(self, source: str, seconds: float | None) -> float | None:
        """The part of a wait named by a source that is believed, in seconds: a stranger may name any number."""
        return bounded(seconds) if source in KNOWN_SOURCES else bounded(seconds, self._rules.retry_after_max_seconds)

    async def judge(self, evidence: Evidence, subject: Subject) -> Failure:
        """The failure that evidence shows. The source rests if the failure concerns this egress.

        Raises TryLater if nothing failed: the service itself did not permit the work to ask more.
        """
        if evidence.not_permitted is not None:
            seconds, why = evidence.not_permitted
            raise TryLater(max(BACK_SECONDS, seconds), why)
        answered_at = time.monotonic()
        own, last = subject.source, subject.last
        subject = subject.asking(source_of_request(own, evidence.asked_url))
        evidence = replace(evidence, retry_after=self._believed(subject.source, evidence.retry_after))
        failure = classify(evidence, datetime.now(UTC))
        if evidence.spoken_by_youtube and failure.failure_class in OF_EGRESS:
            # YouTube refused it, whatever page embeds the video.
            subject = subject.asking(YOUTUBE)
        if failure.reason == Reason.UNAVAILABLE:
            failure = await self._with_second_witness(failure, subject, answered_at)
        if evidence.on_media and failure.reason == Reason.FORBIDDEN:
            failure, subject = self._forbidden(failure, subject, own)
        if failure.reason == Reason.COUNTRY and self._rules.country is not None:
            failure = failure.model_copy(update={"detail": f"{failure.detail} (asked from {self._rules.country})"})
        return charge_repeated(await self._settle(failure, subject, evidence.retry_after), last)

    def _forbidden(self, failure: Failure, subject: Subject, own: str) -> tuple[Failure, Subject]:
        """Judge a 403 on media: several in a row concern the egress. Returns the failure, and the subject to judge.

        `own`: the source of the work. A page may name or redirect to any address, even one that is forbidden to all:
        that is the page's matter, and does not concern the host that answered.
        """
        if subject.source != own and own in KNOWN_SOURCES:
            return failure, subject
        subject = subject.asking(own)
        if self._sources.of(own).forbidden_too_often(subject.id):
            failure = failure.as_reason(Reason.FORBIDDEN_IN_A_ROW)
        return failure, subject

    async def _settle(self, failure: Failure, subject: Subject, retry_after: float | None) -> Failure:
        """Let the source rest if it refused this egress, unless it is known to refuse this subject alone."""
        if failure.failure_class not in OF_EGRESS:
            return failure
        lasting = failure.reason in LASTING
        if not lasting and subject.suspicions and await self._is_refused_alone(subject, retry_after):
            self._admission.confirm_refused_alone(subject.source, subject.id)
            return failure.as_reason(Reason.REFUSED_ALONE, f"The source refuses this one alone: {failure.detail}")
        if retry_after is None and failure.reason == Reason.RATE_LIMITED:
            retry_after = self._rules.rate_limit_rest_seconds
        self._admission.refused(
            subject.source, failure.reason, failure.detail, seconds=retry_after, culprit=subject.work
        )
        return failure

    async def serves(self, source: str) -> bool | None:
        """Whether a source that refused this egress serves it again, after a rest; None if no witness can tell."""
        return await self._witness.serves(source, time.monotonic())

    async def _is_refused_alone(self, subject: Subject, retry_after: float | None) -> bool:
        if subject.suspicions >= MAX_SUSPICIONS:
            return True
        if retry_after is not None or self._admission.state_of(subject.source) is State.OPEN:
            # While the source rests, no witness is requested either: the end of the rest will show whether it serves.
            return False
        return bool(await self._witness.serves(subject.source, time.monotonic()))

    async def _with_second_witness(self, failure: Failure, subject: Subject, answered_at: float) -> Failure:
        """Judge a plain "unavailable": it concerns the video if it is repeated while another item is served.

        If no other item is served either, it concerns the egress.
        """
        served = await self._is_served_since(subject, answered_at)
        if served is None and self._sources.of(subject.source).doubt(subject.id) < DOUBTS_WITHOUT_WITNESS:
            detail = f"{failure.detail} (nothing else of this source could show whether it is about this one)"
            return failure.model_copy(update={"detail": detail})
        if not served:
            return failure.as_reason(Reason.UNAVAILABLE_EVERYWHERE)
        if subject.url is None:
            return failure
        # The source may have failed until a moment ago, so the video is requested again.
        again = await self._witness.try_again(subject.work, subject.url)
        if isinstance(again, Evidence) and classify(again, datetime.now(UTC)).reason == failure.reason:
            return failure.charged_to(FailureClass.PERMANENT)
        return failure.model_copy(update={"retry_at": datetime.now(UTC)})

    async def _is_served_since(self, subject: Subject, moment: float) -> bool | None:
        """Whether the source serves something else after a time (monotonic); None if nobody can tell."""
        limits = self._sources.of(subject.source)
        if limits.worked_since(moment) or (self.others_under_way() and await limits.works_within(DOUBT_SECONDS)):
            return True
        if self._admission.state_of(subject.source) is State.OPEN:
            return False
        return await self._witness.serves(subject.source, moment)
