"""The lists of crawls: which of them count as read."""

from __future__ import annotations

import pytest

from services.scraper.engines.values import ListingEnded, ListingGap
from services.scraper.probing.probes import list_failure
from shared.contracts.reasons import Reason

FAILED_PAGE = ListingEnded(3, ListingGap("The third page failed."))
FEWER_THAN_PROMISED = ListingEnded(3, ListingGap("30 were promised, 28 came.", proven=False))


@pytest.mark.parametrize(
    ("ended", "found", "reason"),
    [
        (ListingEnded(2), 20, None),
        (ListingEnded(2, stopped=True), 20, None),
        (FEWER_THAN_PROMISED, 28, None),
        (ListingEnded(2), 0, Reason.EMPTY_PLAYLIST),
        (FEWER_THAN_PROMISED, 0, Reason.EMPTY_PLAYLIST),
        (FAILED_PAGE, 20, Reason.LISTING_INCOMPLETE),
        # Nobody has said that it is empty.
        (FAILED_PAGE, 0, Reason.LISTING_INCOMPLETE),
        (None, 20, Reason.LISTING_INCOMPLETE),
        (None, 0, Reason.LISTING_INCOMPLETE),
    ],
)
def test_a_list_is_read_only_if_its_source_says_so(
    ended: ListingEnded | None, found: int, reason: Reason | None
) -> None:
    failure = list_failure(ended, found)
    assert (failure.reason if failure is not None else None) == reason
