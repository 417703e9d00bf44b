"""What a look notes of entries fits into its message, however old they are."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from services.scraper.looks.findings import Findings
from shared.catalog.videos.acceptance import Entry


@pytest.mark.parametrize(
    ("year", "noted"), [(1955, False), (1969, False), (1, False), (9999, False), (1970, True), (2026, True)]
)
def test_times_that_no_message_carries_are_left_out(year: int, noted: bool) -> None:
    found = Findings()
    moment = datetime(year, 7, 1, tzinfo=UTC)
    found.note("a", Entry("youtube:a", "https://www.youtube.com/watch?v=a", "a", published=moment), full=False)
    assert found.published == ([moment] if noted else [])
