"""The failure of a limited submitter's listing that runs out of requests: it is retried, or too long for the share.

It does not wait in its place, which others may need. A retry starts at the first page, so it comes when the whole share
may be free. A list that used nearly the whole share by itself can never be completed.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from services.scraper.failures import Evidence
from shared.catalog.documents import Submitter
from shared.catalog.operations.ledgers import WINDOW_MINUTES
from shared.contracts import Failure
from shared.contracts.reasons import Reason

#: Part of a share that a listing must have used to be too long for it. Not all of it, since requests that were reserved
#: and not made in time are lost.
NEARLY_ALL = 0.8


def cut_short(evidence: Evidence, payer: Submitter, asked: int, share: int, found: int) -> Failure:
    """The failure of a listing that was stopped for lack of requests.

    `asked`: requests that it made; `share`: requests that its payer may make in an hour; `found`: entries seen.
    """
    assert evidence.not_permitted is not None
    seconds, why = evidence.not_permitted
    if asked >= NEARLY_ALL * share:
        return Failure.of(
            Reason.LIST_TOO_LONG_FOR_SHARE,
            f"It needs more than the {share} requests that the key {payer['key']} may use within an hour; the "
            f"first {found} entries were taken. Let an administrator submit it, or ask for fewer entries (limit).",
        )
    wait = timedelta(seconds=max(seconds, WINDOW_MINUTES * 60))
    return Failure.of(
        Reason.REQUESTS_SPENT,
        f"After {found} entries: {why}. The list is read again from its beginning when requests may be free.",
        retry_at=datetime.now(UTC) + wait,
    )
