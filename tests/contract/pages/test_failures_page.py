"""docs/failures.md must name every reason that a failure can have."""

import re

from dev.install import ROOT
from services.scraper.failures import MEDIA_REASONS
from services.scraper.failures.crash_loop import REASON
from services.scraper.failures.reasons import CLASSES
from services.scraper.listing.failed import INCOMPLETE
from shared.contracts import defect

#: Where code gives a reason outright.
GIVEN = re.compile(r'reason(?:=|": )"([a-z-]+)"|MediaInvalid\(\s*"([a-z-]+)"|_changed\([^"\n]*"([a-z-]+)"\)')


def test_every_reason_is_on_the_page() -> None:
    page = (ROOT / "docs/failures.md").read_text()
    code = [path.read_text() for path in (ROOT / "services/scraper").rglob("*.py")]
    given = {reason for text in code for found in GIVEN.findall(text) for reason in found if reason}
    assert {"worker-died", "larger-than-disk", "forbidden-in-a-row", "broken-encoding"} <= given
    reasons = set(CLASSES) | MEDIA_REASONS | {REASON, defect.REASON, INCOMPLETE} | given
    assert [reason for reason in sorted(reasons) if f"`{reason}`" not in page] == []
