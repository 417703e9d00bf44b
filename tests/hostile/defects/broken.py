"""Parts of broken documents, and a scraper whose attempts all fail."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from services.scraper.attempt.failed import AttemptFailed
from shared.contracts import Failure
from shared.errors import FailureClass
from tests.hostile.defective import Defective
from tests.scraper_parts import scraper_of

BAD, LIST = "youtube:badbadbadba", "youtube:PLdefectbad01"
URL = "https://www.youtube.com/playlist?list=PLdefectbad01"
FLAKY = Failure(failure_class=FailureClass.TRANSIENT, reason="timeout", detail="Read timed out.")
PAST = datetime(2026, 1, 1, tzinfo=UTC)
FUTURE = datetime(2100, 1, 1, tzinfo=UTC)
RETRY: dict[str, Any] = {
    "failure": {"failure_class": "transient", "reason": "timeout", "detail": "", "retry_at": None},
    "due_at": PAST,
    "decided": True,
    "charged": 1,
    "in_a_row": 1,
    "first_failed_at": PAST,
    "last_failed_at": PAST,
}
LEASE = {"owner": "dead", "expires_at": PAST}


def failing_scraper(rig: Defective, title: str | None = None) -> tuple[Any, list[str]]:
    """A scraper whose attempts all fail, with this title. Returns also what was fetched."""
    fetched: list[str] = []

    async def fetch(video: Any, _watch: object) -> None:
        fetched.append(video["_id"])
        raise AttemptFailed(FLAKY, title)

    async def expand(playlist_id: str, *_: object) -> int:
        fetched.append(playlist_id)
        return 3

    nobody = SimpleNamespace(begins=str, ended=str)
    parts: dict[str, Any] = {
        "expander": SimpleNamespace(expand=expand),
        "fetcher": SimpleNamespace(fetch=fetch),
        "judge": nobody,
        "admission": SimpleNamespace(admitted=nullcontext, listed=str),
        "work_folder": SimpleNamespace(too_full=lambda: False),
    }
    return scraper_of(rig.catalog, rig.publisher, **parts), fetched
