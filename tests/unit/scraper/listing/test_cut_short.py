"""A listing that lacks requests comes later, or is too long for its payer's share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from services.scraper.failures import Evidence
from services.scraper.listing.cut_short import cut_short
from shared.catalog.documents import Submitter
from shared.errors import FailureClass

TEAM: Submitter = {"key": "team", "limited": True}
DENIED = Evidence("no", not_permitted=(30.0, "the share of team of this hour's requests is spent"))


@pytest.mark.parametrize(("asked", "share"), [(150, 150), (147, 150), (120, 150), (1, 1)])
def test_a_list_that_had_the_share_for_itself_is_too_long(asked: int, share: int) -> None:
    failure = cut_short(DENIED, TEAM, asked, share, 14_700)
    assert (failure.failure_class, failure.reason) == (FailureClass.PERMANENT, "list-too-long-for-share")
    assert f"the {share} requests that the key team" in failure.detail
    assert "the first 14700 entries were taken" in failure.detail


@pytest.mark.parametrize(("asked", "share"), [(0, 1), (0, 150), (100, 150), (119, 150)])
def test_one_that_other_work_left_too_little_comes_when_all_of_it_may_be_free(asked: int, share: int) -> None:
    before = datetime.now(UTC)
    failure = cut_short(DENIED, TEAM, asked, share, 5)
    assert (failure.failure_class, failure.reason) == (FailureClass.WAIT_UNTIL, "requests-spent")
    assert failure.retry_at is not None
    assert failure.retry_at - before >= timedelta(minutes=62)
