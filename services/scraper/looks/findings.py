"""What a look finds, and the message that says so."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from services.scraper.engines.values import ListedPlaylist, ListingEnded
from services.scraper.failures import Evidence
from services.scraper.looks.walk import Walk
from shared.addresses.feeds import identity_of
from shared.catalog.documents import Source
from shared.catalog.videos.acceptance import Entry
from shared.contracts import Failure, SourceChecked
from shared.contracts.source import MAX_NAMED, MAX_PUBLISHED, MAX_RECENT, FeedHub, FeedState, Rung
from shared.untrusted.bounds import within_calendar

#: Publication times that a look notes: a list begins with its newest entries.
MAX_NOTED = 500


@dataclass
class Findings:
    """What one look has found so far."""

    walk: Walk[Entry] = field(default_factory=lambda: Walk(None, began_before=False))
    rung: Rung = Rung.INCREMENTAL
    requests: int = 0
    filtered: int = 0
    #: New entries, and the ids of as many of them as a message names.
    new: int = 0
    new_ids: list[str] = field(default_factory=list)
    published: list[datetime] = field(default_factory=list)
    #: Ids of all entries, if the list is read to its end; and whether an entry of it could not be read.
    seen: set[str] = field(default_factory=set)
    skipped: bool = False
    feed: FeedState | None = None
    feed_hub: FeedHub | None = None
    head: ListedPlaylist | None = None
    evidence: Evidence | None = None
    ended: ListingEnded | None = None
    gone: list[str] = field(default_factory=list)
    #: Entries of a list that is read to its end and whose place does not show whether they are new, by their ids.
    passed: dict[str, Entry] = field(default_factory=dict)

    def note(self, listed_id: str, entry: Entry, *, full: bool) -> None:
        """Note an entry after the walk's step past it."""
        if entry.published is not None and len(self.published) < MAX_NOTED and _fits(entry.published):
            self.published.append(entry.published)
        if full:
            self.seen.add(entry.video_id)
            if self.walk.passed and self.walk.passed[-1] == listed_id:
                self.passed[listed_id] = entry


def _fits(published: datetime) -> bool:
    """Whether a message can carry a time: archives have recordings of long before 1970, which tell no rhythm."""
    try:
        within_calendar(published)
    except ValueError:
        return False
    return True


def answer_of(source: Source, found: Findings, failure: Failure | None) -> SourceChecked:
    """The message that a look ends with. Raises ValueError for values that no message could carry."""
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
        new=found.new,
        known=found.walk.known,
        filtered=found.filtered,
        gone=len(found.gone),
        new_ids=tuple(found.new_ids),
        gone_ids=tuple(found.gone[:MAX_NAMED]),
        recent=recent if failure is None and found.walk.recent else None,
        feed=found.feed,
        feed_hub=found.feed_hub,
        published=tuple(sorted(found.published, reverse=True)[:MAX_PUBLISHED]),
        title=head.title if head is not None else None,
        channel=head.channel if head is not None else None,
        identity_id=identity_of(source["playlist_id"], head.channel_id) if head is not None else None,
        checked_at=datetime.now(UTC),
    )
