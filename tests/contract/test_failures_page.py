"""docs/failures.md must name every reason that the table of failures can give."""

from dev.install import ROOT
from services.scraper.failures import _TEXTS, MEDIA_REASONS


def test_every_reason_is_on_the_page() -> None:
    page = (ROOT / "docs/failures.md").read_text()
    reasons = {row.reason for row in _TEXTS} | MEDIA_REASONS
    assert [reason for reason in sorted(reasons) if f"`{reason}`" not in page] == []
