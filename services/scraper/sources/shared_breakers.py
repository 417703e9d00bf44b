"""The stored breakers that the scrapers of an egress share: others' refusals, a person's requests, and states."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from services.scraper.sources.breaker import CircuitBreaker, Rest, State
from services.scraper.sources.source_breaker import SourceBreaker
from shared.addresses.sources import KNOWN_SOURCES
from shared.catalog.connection import Catalog
from shared.catalog.documents import StoredBreaker
from shared.catalog.operations import breakers as stored_breakers
from shared.catalog.operations.breakers import breaker_id, source_of_breaker
from shared.errors import CatalogError

#: How long the breaker of a stranger's host is kept after its rest.
KEPT_AFTER = timedelta(days=1)


class SharedBreakers:
    """The documents of one egress, as one scraper reads and writes them."""

    def __init__(self, catalog: Catalog, egress: str, scraper: str) -> None:
        self._catalog = catalog
        self._egress = egress
        self._scraper = scraper
        self._began = datetime.now(UTC)
        #: Id → the document that was written last.
        self._saved: dict[str, StoredBreaker] = {}
        self._dropped_old = False

    async def read(self) -> dict[str, StoredBreaker]:
        """The documents of this egress by id; none while the database is unavailable."""
        try:
            return {found["_id"]: found for found in await stored_breakers.breakers_of(self._catalog, self._egress)}
        except CatalogError:
            return {}

    async def left_behind(self) -> list[StoredBreaker]:
        """The breakers of sources that were not closed when the last process of this egress ended."""
        found = await stored_breakers.breakers_of(self._catalog, self._egress)
        return [each for each in found if each["kind"] == "egress" and each["state"] != State.CLOSED]

    def opened_by_others(self, stored: dict[str, StoredBreaker], now: datetime) -> list[tuple[str, StoredBreaker]]:
        """The sources that other scrapers of this egress let rest now, each with its document."""
        return [
            (source, each)
            for each in stored.values()
            if (source := source_of_breaker(each)) is not None
            and each["state"] == State.OPEN
            and each["scraper"] != self._scraper
            and (each["until"] is None or each["until"] > now)
        ]

    def resume_is_requested(self, breaker: CircuitBreaker, stored: dict[str, StoredBreaker]) -> bool:
        """Whether a person wants this breaker's rest to end."""
        found = stored.get(self.id_of(breaker))
        requested_at = found["resume_at"] if found is not None else None
        # A request concerns only the rest during which it was made.
        return requested_at is not None and requested_at.timestamp() > breaker.since

    async def save(self, breaker: CircuitBreaker) -> None:
        """Write a breaker's state if it has changed. The breaker of a stranger's host is removed once it is closed.

        Raises CatalogError.
        """
        document = self._document(breaker)
        if self._saved.get(document["_id"]) == document:
            return
        if breaker.state is State.CLOSED and _is_strangers(breaker):
            await stored_breakers.remove(self._catalog, document)
            self._saved.pop(document["_id"], None)
        else:
            await stored_breakers.save(self._catalog, document)
            self._saved[document["_id"]] = document

    async def drop_old(self) -> None:
        """Remove documents from before each source had a breaker. Call it once their state is saved in the new form.

        Raises CatalogError.
        """
        if not self._dropped_old:
            await stored_breakers.drop_before_sources(self._catalog, self._egress)
            self._dropped_old = True

    def id_of(self, breaker: CircuitBreaker) -> str:
        """The id of a breaker's document."""
        return breaker_id(self._egress, breaker.kind, _source(breaker))

    def _document(self, breaker: CircuitBreaker) -> StoredBreaker:
        since = moment(breaker.since) if breaker.since else self._began
        until = moment(breaker.until) if breaker.until is not None else None
        return {
            "_id": self.id_of(breaker),
            "egress": self._egress,
            "kind": breaker.kind,
            "source": _source(breaker),
            "state": breaker.state,
            "reason": breaker.reason,
            "detail": breaker.detail,
            "since": since,
            "until": until,
            "rest_seconds": breaker.rest,
            "scraper": self._scraper,
            "culprits": sorted(breaker.culprits),
            "of_videos": breaker.of_videos,
            "forget_at": (until or since) + KEPT_AFTER if _is_strangers(breaker) else None,
            "resume_at": None,
        }


def rest_of(stored: StoredBreaker) -> Rest:
    """The rest that a document describes."""
    return Rest(
        reason=stored["reason"],
        detail=stored["detail"],
        since=stored["since"].timestamp(),
        until=stored["until"].timestamp() if stored["until"] is not None else None,
        seconds=stored["rest_seconds"],
        culprits=frozenset(stored.get("culprits", ())),
        of_videos=stored.get("of_videos", True),
    )


def moment(seconds: float) -> datetime:
    """The time, in UTC, of seconds since the epoch."""
    return datetime.fromtimestamp(seconds, UTC)


def _source(breaker: CircuitBreaker) -> str | None:
    return breaker.source if isinstance(breaker, SourceBreaker) else None


def _is_strangers(breaker: CircuitBreaker) -> bool:
    return isinstance(breaker, SourceBreaker) and breaker.source not in KNOWN_SOURCES
