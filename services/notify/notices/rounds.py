"""Looks regularly for what people want to be told of: conditions that begin or end, digests and summaries that are due.

One replica at a time does so. What it requests has ids that follow from the catalog: if it dies in the middle, the next
round requests the same again, and nothing is delivered twice.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product
from typing import Literal, NamedTuple

from services.notify.notices.new_recordings import digest
from services.notify.notices.raising import raised
from services.notify.notices.summaries import summary
from services.notify.settings import NotifySettings
from shared.catalog.connection import Catalog
from shared.catalog.documents import StoredEndpoint, StoredNotice
from shared.catalog.notifications.endpoints import endpoints_for, plan, set_reached, told_people, wants
from shared.catalog.notifications.notices import begun, ended, forget_notices, mark_raised, note_conditions
from shared.catalog.operations.locks import acquire_lock
from shared.catalog.reports.conditions import Condition, conditions
from shared.contracts import NoticeRaised, NotificationDue
from shared.contracts.notification import MAX_SUBJECT, MAX_TITLE, NoticeKind
from shared.messaging.publisher import Publisher
from shared.notifications.deliveries import deliveries_of
from shared.notifications.times import latest_due
from shared.untrusted.text import clean_line

#: Seconds for which one replica holds the lock on the rounds.
LOCK_SECONDS = 300
#: A condition is over when it was not seen for so long: a rest that begins again after a minute is one condition.
OVER_AFTER = timedelta(minutes=15)
#: The log of attempts may get its entry only when the sweeper finds that its scraper died; a digest waits for that.
SETTLING = timedelta(minutes=5)
#: Characters that are left free in keys for a time, and in titles for `Over: `.
_ROOM = 50


@dataclass(frozen=True)
class Rounds:
    """The rounds of one replica."""

    catalog: Catalog
    publisher: Publisher
    settings: NotifySettings
    owner: str

    async def round(self) -> None:
        """Request the deliveries of everything that is to be told now. Raises Unavailable."""
        if not await acquire_lock(self.catalog, "notify", self.owner, LOCK_SECONDS):
            return
        now = await self.catalog.now()
        present = await conditions(self.catalog, timedelta(seconds=self.settings.fails_after_seconds))
        await note_conditions(self.catalog, [_stored(condition, now) for condition in present], now)
        people = await told_people(self.catalog)
        new = await begun(self.catalog, now)
        await self._tell(new, people, over=False)
        await mark_raised(self.catalog, new)
        gone = await ended(self.catalog, now - OVER_AFTER, now)
        await self._tell([notice for notice in gone if "raised_at" in notice], people, over=True)
        await forget_notices(self.catalog, gone)
        for each, report in product(people, REPORTS):
            await self._report(each, report, now)

    async def _tell(self, told: Sequence[StoredNotice], people: Sequence[StoredEndpoint], *, over: bool) -> None:
        """Request deliveries about conditions that begin, or are over."""
        if not told:
            return
        programs = await endpoints_for(self.catalog, NoticeRaised.type)
        due: list[NotificationDue] = []
        for endpoint in people:
            wanted = [notice for notice in told if wants(endpoint, notice["kind"], notice["labels"])]
            due += _deliveries(endpoint, raised(wanted, over=over, together=True))
        for endpoint in programs:
            due += _deliveries(endpoint, raised(told, over=over, together=False))
        await self.publisher.publish_many(due)

    async def _report(self, people: StoredEndpoint, report: Report, now: datetime) -> None:
        """Send a digest or summary of the period that has ended, if one has and there is something to tell."""
        reached = people.get("digest_until") if report.name == "digest" else people.get("summary_until")
        begin = reached or people["created_at"]
        due = latest_due(people["rule"][report.name], begin, now - SETTLING)
        if due is None or report.kind not in people["rule"]["tell"]:
            return
        # Noted first: whoever goes on after a crash sends the same period.
        due = await plan(self.catalog, people["_id"], report.name, due)
        if (notice := await report.write(self.catalog, people, begin, due)) is not None:
            await self.publisher.publish_many(deliveries_of(notice, [people["_id"]], "notify"))
        await set_reached(self.catalog, people["_id"], report.name, due)


class Report(NamedTuple):
    """Something that people are told at times of their choice."""

    name: Literal["digest", "summary"]
    kind: NoticeKind
    #: Writes it for some people and a period; None: there is nothing to tell.
    write: Callable[[Catalog, StoredEndpoint, datetime, datetime], Awaitable[NoticeRaised | None]]


REPORTS = (Report("digest", "new-recordings", digest), Report("summary", "summary", summary))


def _deliveries(endpoint: StoredEndpoint, notices: Iterable[NoticeRaised]) -> list[NotificationDue]:
    return [delivery for notice in notices for delivery in deliveries_of(notice, [endpoint["_id"]], "notify")]


def _stored(condition: Condition, now: datetime) -> StoredNotice:
    return {
        "_id": clean_line(condition.key)[: MAX_SUBJECT - _ROOM],
        "kind": condition.kind,
        "title": clean_line(condition.title)[: MAX_TITLE - _ROOM],
        "text": condition.text,
        "source": condition.source,
        "labels": condition.labels,
        "at": now,
        "seen_at": now,
    }
