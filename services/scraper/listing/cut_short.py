"""What becomes of a listing for somebody limited that lacks requests: it comes later, or ends as too long for them.

It does not wait in place: it would keep its place from others, and a list begins at its first page again. So it comes
back when the whole share may be free. A list that had nearly all of that for itself is longer than any hour can show.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from services.scraper.failures import Evidence
from shared.catalog.documents import Submitter
from shared.catalog.operations.ledgers import WINDOW_MINUTES
from shared.contracts import Failure
from shared.contracts.reasons import Reason

#: Part of a share that a listing must have used for itself to be too long for it. Requests that were reserved and not
#: made in time are lost, so it may not get all.
ALL_OF_IT = 0.8


def cut_short(evidence: Evidence, payer: Submitter, asked: int, share: int, found: int) -> Failure:
    """The failure of a listing that was not permitted to go on for lack of requests.

    `asked`: requests that it made; `share`: those that are its payer's in an hour; `found`: entries seen.
    """
    assert evidence.not_permitted is not None
    seconds, why = evidence.not_permitted
    if asked >= ALL_OF_IT * share:
        return Failure.of(
            Reason.LIST_TOO_LONG_FOR_SHARE,
            f"It needs more than the {share} requests that the key {payer['key']} may use within an hour; the "
            f"first {found} entries were taken. Let an administrator submit it, or ask for fewer entries (limit).",
        )
    wait = timedelta(seconds=max(seconds, WINDOW_MINUTES * 60))
    return Failure.of(
        Reason.REQUESTS_SPENT,
        f"After {found} entries: {why}. Its list is begun again when they may be free.",
        retry_at=datetime.now(UTC) + wait,
    )
