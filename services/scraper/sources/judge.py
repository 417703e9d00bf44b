"""Where evidence becomes a failure, for listings and videos alike: whose fault is it, and what follows for this egress?

An answer that may be about one video or about the whole egress is believed only with a second witness: something else
that is served, or refused too.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from services.scraper.engines.work import Work, source_of_request
from services.scraper.failures import LASTING, Evidence, classify
from services.scraper.failures.named_times import bounded
from services.scraper.sources.admission import Intake
from services.scraper.sources.breaker import State
from services.scraper.sources.limits import Sources
from services.scraper.sources.source_breaker import BACK_SECONDS
from services.scraper.sources.witness import Witness
from shared.addresses.sources import KNOWN_SOURCES, YOUTUBE
from shared.catalog.documents import Playlist, Video
from shared.contracts import Failure
from shared.errors import FailureClass, TryLater

#: Seconds that a doubtful answer waits for something else to be served, while other downloads are under way.
DOUBT_SECONDS = 15
#: Videos in a row with a doubtful answer after which it is taken for the egress's, where nobody can witness.
DOUBTS_WITHOUT_WITNESS = 10
#: How often the source must have refused us over one thing to be believed without a witness: it served others then, or
#: nothing else of it came that could have been tried.
MAX_SUSPICIONS = 3


@dataclass(frozen=True)
class Subject:
    """The video or playlist that a judgement is about."""

    work: Work
    #: How often the source refused us over it while it served others.
    suspicions: int = 0
    #: Of a video: where it is asked for again.
    url: str | None = None

    @classmethod
    def of_video(cls, video: Video) -> Subject:
        """That of a video."""
        return cls(Work.video(video["_id"], video["url"]), video.get("suspicions", 0), video["url"])

    @classmethod
    def of_playlist(cls, playlist: Playlist) -> Subject:
        """That of a playlist."""
        return cls(Work.playlist(playlist["_id"], playlist["url"]), playlist.get("suspicions", 0))

    @property
    def id(self) -> str:
        """The id of the video or playlist."""
        return self.work.id

    @property
    def source(self) -> str:
        """Whom it asks."""
        return self.work.source


class Judge:
    """Judges for one egress."""

    def __init__(
        self,
        sources: Sources,
        intake: Intake,
        witness: Witness,
        *,
        rate_limit_rest_seconds: float,
        retry_after_max_seconds: float,
        country: str | None = None,
        others_under_way: Callable[[], bool] = lambda: False,
    ) -> None:
        """`retry_after_max_seconds`: how long a source that is not known by name may tell us to wait.

        `others_under_way`: whether something else is being downloaded, which may soon be a witness.
        """
        self._sources = sources
        self._intake = intake
        self._witness = witness
        self._rate_limit_rest = rate_limit_rest_seconds
        self._retry_after_max = retry_after_max_seconds
        self._country = country
        self.others_under_way = others_under_way
        #: What is in work now, by id: a playlist of one video has that video's id.
        self._in_work: defaultdict[str, list[Subject]] = defaultdict(list)

    def begins(self, subject: Subject) -> None:
        """Work on something begins."""
        self._in_work[subject.id].append(subject)

    def ended(self, subject: Subject) -> None:
        """Work on something is over."""
        in_work = self._in_work[subject.id]
        in_work[:] = [other for other in in_work if other is not subject]
        if not in_work:
            del self._in_work[subject.id]

    def refused_on_the_wire(self, work_id: str, source: str, retry_after: float | None) -> None:
        """A source said 429 to a request. It counts whether or not the work gets its answer elsewhere."""
        subject, retry_after = next(iter(self._in_work.get(work_id, ())), None), self._believed(source, retry_after)
        suspicions = subject.suspicions if subject is not None else 0
        if suspicions >= MAX_SUSPICIONS or (suspicions and retry_after is None):
            return  # Judged at the end, with a witness.
        detail = f"{source} answered HTTP 429 to a request for {work_id}."
        culprit = subject.work if subject is not None else Work(work_id, source)
        self._intake.refused(source, "too-many-requests", detail, seconds=retry_after, culprit=culprit)

    def _believed(self, source: str, seconds: float | None) -> float | None:
        """Seconds that a source told us to wait, as far as it is believed: a stranger may say anything."""
        return bounded(seconds) if source in KNOWN_SOURCES else bounded(seconds, self._retry_after_max)

    async def judge(self, evidence: Evidence, subject: Subject) -> Failure:
        """The failure that evidence shows; this egress rests if it is the egress's.

        Raises TryLater if it is nobody's: the service itself let the work ask nothing more.
        """
        if evidence.not_permitted is not None:
            seconds, why = evidence.not_permitted
            raise TryLater(max(BACK_SECONDS, seconds), why)
        answered_at = time.monotonic()
        own = subject.source
        subject = _asking(subject, source_of_request(own, evidence.asked_url))
        evidence = replace(evidence, retry_after=self._believed(subject.source, evidence.retry_after))
        failure = classify(evidence, datetime.now(UTC))
        if evidence.spoken_by_youtube and failure.failure_class in (FailureClass.EGRESS, FailureClass.IDENTITY):
            # Whatever page the video stands in.
            subject = _asking(subject, YOUTUBE)
        if failure.reason == "unavailable":
            failure = await self._with_second_witness(failure, subject, answered_at)
        if evidence.on_media and failure.reason == "forbidden":
            failure, subject = self._forbidden(failure, subject, own)
        if failure.reason == "country" and self._country is not None:
            failure = failure.model_copy(update={"detail": f"{failure.detail} (asked from {self._country})"})
        return await self.settle(failure, subject, evidence.retry_after)

    def _forbidden(self, failure: Failure, subject: Subject, own: str) -> tuple[Failure, Subject]:
        """A 403 on media: the egress's if it comes in a row. Returns the failure, and the subject with its source.

        `own`: whom the work asks by itself. Whom a page names or redirects to can be anybody, at an address that is
        forbidden to all: that is the page's matter, and nothing to whoever answered.
        """
        if subject.source != own and own in KNOWN_SOURCES:
            return failure, subject
        subject = _asking(subject, own)
        if self._sources.of(own).forbidden_too_often(subject.id):
            failure = _changed(failure, FailureClass.EGRESS, "forbidden-in-a-row")
        return failure, subject

    async def settle(self, failure: Failure, subject: Subject, retry_after: float | None = None) -> Failure:
        """What follows for this egress: it lets the source rest, unless that is known to refuse this subject alone."""
        if failure.failure_class not in (FailureClass.EGRESS, FailureClass.IDENTITY):
            return failure
        lasting = failure.reason in LASTING
        if not lasting and subject.suspicions and await self._is_refused_alone(subject, retry_after):
            self._intake.believed_refused_alone(subject.source, subject.id)
            detail = f"The source refuses this one alone: {failure.detail}"
            return failure.model_copy(
                update={"failure_class": FailureClass.REFUSED, "reason": "refused-alone", "detail": detail[:2000]}
            )
        if retry_after is None and failure.reason == "rate-limited":
            retry_after = self._rate_limit_rest
        self._intake.refused(subject.source, failure.reason, failure.detail, seconds=retry_after, culprit=subject.work)
        return failure

    async def serves(self, source: str) -> bool | None:
        """Whether a source that refused this egress serves it again; None if nobody can tell. After a rest."""
        return await self._witness.serves(source, time.monotonic())

    async def _is_refused_alone(self, subject: Subject, retry_after: float | None) -> bool:
        if subject.suspicions >= MAX_SUSPICIONS:
            return True
        if retry_after is not None or self._intake.state_of(subject.source) is State.OPEN:
            # While the source wants to be left alone, no witness is asked either: the end of the rest will tell.
            return False
        return bool(await self._witness.serves(subject.source, time.monotonic()))

    async def _with_second_witness(self, failure: Failure, subject: Subject, answered_at: float) -> Failure:
        """A plain "unavailable": about the video if it says so once more while something else is served.

        If nothing else is served either, it is about the egress.
        """
        served = await self._is_served_since(subject, answered_at)
        if served is None and self._sources.of(subject.source).doubt(subject.id) < DOUBTS_WITHOUT_WITNESS:
            detail = f"{failure.detail} (nothing else of this source could show whether it is about this one)"
            return failure.model_copy(update={"detail": detail})
        if not served:
            return _changed(failure, FailureClass.EGRESS, "unavailable-everywhere")
        if subject.url is None:
            return failure
        # The source may have been out of order until a moment ago, so it is asked for this one again.
        again = await self._witness.try_again(subject.work, subject.url)
        if isinstance(again, Evidence) and classify(again, datetime.now(UTC)).reason == failure.reason:
            return _changed(failure, FailureClass.PERMANENT, failure.reason)
        return failure.model_copy(update={"retry_at": datetime.now(UTC)})

    async def _is_served_since(self, subject: Subject, moment: float) -> bool | None:
        """Whether the source serves something else after a moment; None if nobody can tell."""
        egress = self._sources.of(subject.source)
        if egress.worked_since(moment) or (self.others_under_way() and await egress.works_within(DOUBT_SECONDS)):
            return True
        if self._intake.state_of(subject.source) is State.OPEN:
            return False
        return await self._witness.serves(subject.source, moment)


def _asking(subject: Subject, source: str) -> Subject:
    return replace(subject, work=replace(subject.work, source=source))


def _changed(failure: Failure, failure_class: FailureClass, reason: str) -> Failure:
    return failure.model_copy(update={"failure_class": failure_class, "reason": reason})
