"""Turns conditions into notices: each by itself, or many of a kind in one. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby

from shared.catalog.documents import StoredNotice
from shared.contracts import NoticeRaised
from shared.contracts.notification import MAX_TEXT, NoticeKind

#: Conditions of a kind that begin or end in one round, above which people get one notice about all of them: an outage
#: of the own network makes every source fail.
MANY = 10
#: Conditions that such a notice names.
MAX_NAMED = 50


def raised(told: Sequence[StoredNotice], *, over: bool, together: bool) -> Iterator[NoticeRaised]:
    """Yield the notices about conditions that begin, or are over. `together`: whether many of a kind are one."""

    def round_of(notice: StoredNotice) -> tuple[NoticeKind, datetime]:
        # The rounds are in the catalog: after a crash the same conditions are told together.
        return notice["kind"], notice["over_at"] if over else notice["began_at"]

    for (kind, moment), group in groupby(sorted(told, key=round_of), key=round_of):
        notices = list(group)
        if together and len(notices) > MANY:
            yield _all_of(kind, notices, moment, over=over)
        else:
            yield from (_one(notice, over=over) for notice in notices)


def _one(notice: StoredNotice, *, over: bool) -> NoticeRaised:
    return NoticeRaised(
        key=f"{notice['_id']}/{notice['at'].isoformat()}",
        kind=notice["kind"],
        title=f"Over: {notice['title']}" if over else notice["title"],
        text=f"It began at {notice['at']:%Y-%m-%d %H:%M} UTC." if over else notice["text"][:MAX_TEXT],
        source=notice["source"],
        over=over,
        raised_at=notice["at"],
    )


def _all_of(kind: NoticeKind, notices: Sequence[StoredNotice], moment: datetime, *, over: bool) -> NoticeRaised:
    lines = [notice["title"] for notice in notices[:MAX_NAMED]]
    if len(notices) > MAX_NAMED:
        lines.append(f"and {len(notices) - MAX_NAMED} more")
    return NoticeRaised(
        key=f"{kind}/many/{moment.isoformat()}",
        kind=kind,
        title=f"{'Over: ' if over else ''}{len(notices)} at once: {kind}",
        text="\n".join(lines)[:MAX_TEXT],
        over=over,
        raised_at=moment,
    )
