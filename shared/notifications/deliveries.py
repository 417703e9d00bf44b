"""Turns a notice into deliveries to endpoints. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from shared.contracts import NoticeRaised, NotificationDue, wrap


def deliveries_of(notice: NoticeRaised, endpoints: Iterable[str], sender: str) -> list[NotificationDue]:
    """Return one delivery to each endpoint. The same notice has the same id, so it is delivered once.

    `endpoints`: their names. `sender`: the service that tells.
    """
    body = wrap(notice, sender, notice.raised_at).decode()
    return [
        NotificationDue(
            endpoint=name,
            event_id=notice.message_id(),
            event_type=notice.type,
            subject=notice.subject,
            body=body,
            published_at=notice.raised_at,
        )
        for name in endpoints
    ]
