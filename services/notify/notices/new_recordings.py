"""Tells people of new recordings of followed sources: of each at once, or of all in a digest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from shared.catalog.connection import Catalog
from shared.catalog.documents import StoredEndpoint
from shared.catalog.notifications.endpoints import told_people, wants
from shared.catalog.reports.digests import (
    MAX_TITLE,
    SourceDigest,
    followed_lists,
    labels_of,
    sources_of,
    stored_by_source,
)
from shared.contracts import AudioStored, NoticeRaised, NotificationDue
from shared.contracts.notification import MAX_TEXT
from shared.notifications.deliveries import deliveries_of
from shared.notifications.times import AT_ONCE
from shared.untrusted.text import clean_line

#: Characters of a digest's list; the rest of a notice's text is for what stands around it.
MAX_LIST = MAX_TEXT - 500


async def new_recording(catalog: Catalog, message: AudioStored) -> list[NotificationDue]:
    """Return the deliveries to people who are told of each new recording at once."""
    due: dict[str, NotificationDue] = {}
    people = await told_people(catalog)
    if not people:
        return []
    for source in await sources_of(catalog, message.video_id):
        name, labels = source["_id"], labels_of(source)
        notice = NoticeRaised(
            key=f"new-recordings/{message.video_id}",
            kind="new-recordings",
            title=f"{name}: a new recording",
            text=f"{clean_line(message.title or message.video_id)[:MAX_TITLE]}\n{message.url}",
            source=name,
            raised_at=message.stored_at,
        )
        at_once = [
            each["_id"] for each in people if wants(each, notice.kind, labels) and each["rule"]["digest"] == AT_ONCE
        ]
        for delivery in deliveries_of(notice, at_once, "notify"):
            due.setdefault(delivery.endpoint, delivery)
    return list(due.values())


async def digest(catalog: Catalog, people: StoredEndpoint, begin: datetime, end: datetime) -> NoticeRaised | None:
    """Return what was stored in a period for some people; None if it was nothing."""
    lists = await followed_lists(catalog, people["rule"]["labels"])
    found = await stored_by_source(catalog, lists, begin, end)
    if not found.sources:
        return None
    number = found.recordings
    return NoticeRaised(
        key=f"digest/{people['_id']}/{end.isoformat()}",
        kind="new-recordings",
        title=f"{number} new {'recording' if number == 1 else 'recordings'}",
        text=f"From {begin:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC:\n\n{_lines(found.sources)}",
        raised_at=end,
    )


def _lines(found: Sequence[SourceDigest]) -> str:
    """Name every source while there is room; a talkative one must not hide the others."""
    lines: list[str] = []
    room = MAX_LIST
    for number, each in enumerate(found):
        block = list(_block(each))
        if sum(map(len, block)) > room:
            block = [f"{each.source}: {each.recordings}"]
        room -= sum(map(len, block)) + len(block)
        if room < 0:
            lines.append(f"and {len(found) - number} more sources")
            break
        lines += [*block, ""]
    return "\n".join(lines).rstrip()


def _block(each: SourceDigest) -> Iterator[str]:
    yield f"{each.source}: {each.recordings}"
    yield from (f"- {title}" for title in each.titles)
    if each.recordings > len(each.titles):
        yield f"- and {each.recordings - len(each.titles)} more"
