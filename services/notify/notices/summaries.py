"""The summary of the archive for people: what it holds, what was stored, what needs somebody."""

from __future__ import annotations

from datetime import datetime

from shared.catalog.connection import Catalog
from shared.catalog.documents import StoredEndpoint
from shared.catalog.notifications.endpoints import wants
from shared.catalog.notifications.notices import notices
from shared.catalog.reports.digests import followed_lists, stored_by_source
from shared.catalog.reports.progress import progress
from shared.contracts import NoticeRaised
from shared.contracts.notification import MAX_TEXT

#: Conditions that a summary names.
MAX_NOTICES = 50


async def summary(catalog: Catalog, people: StoredEndpoint, begin: datetime, end: datetime) -> NoticeRaised:
    """Return the state of the archive at the end of a period, for some people."""
    state = await progress(catalog)
    lists = await followed_lists(catalog, people["rule"]["labels"])
    new = await stored_by_source(catalog, lists, begin, end)
    lines = [
        f"From {begin:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC:",
        f"- {new.recordings} new recordings of {len(lists)} followed sources",
        "",
        "The archive now:",
        *(f"- {number} {name}" for name, number in state.counts.items()),
        f"- {state.stored_seconds / 3600:,.1f} hours, {state.stored_bytes / 1e9:,.1f} GB",
        f"- {state.mirrored} mirrored",
    ]
    going_on = [each for each in await notices(catalog) if wants(people, each["kind"], each["labels"])]
    if going_on:
        lines += ["", "Needs attention:", *(f"- {notice['title']}" for notice in going_on[:MAX_NOTICES])]
    if len(going_on) > MAX_NOTICES:
        lines.append(f"- and {len(going_on) - MAX_NOTICES} more")
    return NoticeRaised(
        key=f"summary/{people['_id']}/{end.isoformat()}",
        kind="summary",
        title="State of the archive",
        text="\n".join(lines)[:MAX_TEXT],
        raised_at=end,
    )
