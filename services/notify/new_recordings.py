"""Tells people of new recordings of followed sources: of each at once, or of all in a digest."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from services.notify.deliveries import deliveries_of
from shared.catalog.connection import Catalog
from shared.catalog.documents import StoredEndpoint
from shared.catalog.notifications.endpoints import people_at_once
from shared.catalog.reports.digests import SourceDigest, followed_lists, labels_of, sources_of, stored_by_source
from shared.contracts import AudioStored, NoticeRaised, NotificationDue


async def new_recording(catalog: Catalog, message: AudioStored) -> list[NotificationDue]:
    """Return the deliveries to people who are told of each new recording at once."""
    due: dict[str, NotificationDue] = {}
    for source in await sources_of(catalog, message.video_id):
        name = source["_id"]
        notice = NoticeRaised(
            key=f"new-recordings/{message.video_id}",
            kind="new-recordings",
            title=f"{name}: a new recording",
            text=f"{message.title or message.video_id}\n{message.url}",
            source=name,
            raised_at=message.stored_at,
        )
        for each in deliveries_of(notice, await people_at_once(catalog, labels_of(source))):
            due.setdefault(each.endpoint, each)
    return list(due.values())


async def digest(catalog: Catalog, people: StoredEndpoint, begin: datetime, end: datetime) -> NoticeRaised | None:
    """Return what was stored in a period for some people; None if it was nothing."""
    lists = await followed_lists(catalog, people["rule"]["labels"])
    found = await stored_by_source(catalog, lists, begin, end)
    if not found:
        return None
    number = sum(each.recordings for each in found)
    return NoticeRaised(
        key=f"digest/{people['_id']}",
        kind="new-recordings",
        title=f"{number} new {'recording' if number == 1 else 'recordings'}",
        text=f"From {begin:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC:\n\n{_lines(found)}"[:20_000],
        raised_at=end,
    )


def _lines(found: Sequence[SourceDigest]) -> str:
    blocks = []
    for each in found:
        lines = [f"{each.source}: {each.recordings}", *(f"- {title}" for title in each.titles)]
        if each.recordings > len(each.titles):
            lines.append(f"- and {each.recordings - len(each.titles)} more")
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)
