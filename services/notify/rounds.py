"""Looks regularly for what people want to be told of: conditions that begin or end, digests and summaries that are due.

One replica at a time does so. What it requests has ids that follow from the catalog: if it dies in the middle, the next
round requests the same again, and nothing is delivered twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.notify.deliveries import deliveries_of
from services.notify.new_recordings import digest
from services.notify.settings import NotifySettings
from services.notify.summaries import summary
from shared.catalog.connection import Catalog
from shared.catalog.documents import StoredEndpoint, StoredNotice
from shared.catalog.notifications.endpoints import endpoints_for, people_for, set_reached
from shared.catalog.notifications.notices import forget_notice, mark_raised, note_condition, over_since, unraised
from shared.catalog.operations.locks import acquire_lock
from shared.catalog.reports.conditions import conditions
from shared.catalog.reports.digests import labels_of
from shared.catalog.sources.definitions import get_source
from shared.contracts import NoticeRaised
from shared.messaging.publisher import Publisher
from shared.notifications.times import latest_due

#: Seconds for which one replica holds the lock on the rounds.
LOCK_SECONDS = 300
#: A condition is over when it was not seen for so long: a rest that begins again after a minute is one condition.
OVER_AFTER = timedelta(minutes=15)
#: The log of attempts may get its entry a little after the attempt ended; a digest waits for that.
SETTLING = timedelta(minutes=2)


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
        for condition in await conditions(self.catalog, timedelta(seconds=self.settings.fails_after_seconds)):
            await note_condition(
                self.catalog,
                StoredNotice(
                    _id=condition.key,
                    kind=condition.kind,
                    title=condition.title[:200],
                    text=condition.text,
                    source=condition.source,
                    at=now,
                    seen_at=now,
                ),
            )
        for notice in await unraised(self.catalog):
            await self._raise(notice, over=False)
            await mark_raised(self.catalog, notice)
        for notice in await over_since(self.catalog, now - OVER_AFTER):
            if "raised_at" in notice:
                await self._raise(notice, over=True)
            await forget_notice(self.catalog, notice)
        for people in await people_for(self.catalog, "new-recordings", None):
            await self._digest(people, now)
        for people in await people_for(self.catalog, "summary", None):
            await self._summary(people, now)

    async def _raise(self, notice: StoredNotice, *, over: bool) -> None:
        kind = notice["kind"]
        source = await get_source(self.catalog, notice["source"]) if notice["source"] is not None else None
        raised = NoticeRaised(
            key=notice["_id"],
            kind=kind,
            title=f"Over: {notice['title']}"[:200] if over else notice["title"],
            text=f"It began at {notice['at']:%Y-%m-%d %H:%M} UTC." if over else notice["text"][:20_000],
            source=notice["source"],
            over=over,
            raised_at=notice["at"],
        )
        people = await people_for(self.catalog, kind, labels_of(source) if source is not None else None)
        programs = await endpoints_for(self.catalog, raised.type)
        await self.publisher.publish_many(deliveries_of(raised, [*people, *programs]))

    async def _digest(self, people: StoredEndpoint, now: datetime) -> None:
        begin = people.get("digest_until", people["created_at"])
        due = latest_due(people["rule"]["digest"], begin, now - SETTLING)
        if due is None:
            return
        if (notice := await digest(self.catalog, people, begin, due)) is not None:
            await self.publisher.publish_many(deliveries_of(notice, [people]))
        await set_reached(self.catalog, people["_id"], "digest", due)

    async def _summary(self, people: StoredEndpoint, now: datetime) -> None:
        begin = people.get("summary_until", people["created_at"])
        due = latest_due(people["rule"]["summary"], begin, now - SETTLING)
        if due is None:
            return
        notice = await summary(self.catalog, people, begin, due)
        await self.publisher.publish_many(deliveries_of(notice, [people]))
        await set_reached(self.catalog, people["_id"], "summary", due)
