"""What a push of a hub makes of the next look at a source. By the server's clock."""

from __future__ import annotations

from datetime import timedelta

from shared.catalog.connection import Catalog
from shared.catalog.sources.looks import FAILING_AFTER, PUSH_PAUSE_SECONDS


async def look_after_push(catalog: Catalog, name: str) -> bool:
    """Make a look due, because a push says that there is something new. Returns False if the source is not looked at.

    Shortly after an earlier push it becomes due when PUSH_PAUSE_SECONDS are over. While a look is under way, another
    follows it: what is new may have come after the feed was read.
    """
    while (source := await catalog.sources.find_one({"_id": name, "enabled": True, "same_as": None})) is not None:
        now = await catalog.now()
        before = source.get("pushed_at")
        pause = timedelta(seconds=PUSH_PAUSE_SECONDS)
        # A time too far ahead was noted by a clock that has gone back since.
        waits = before is not None and now - pause < before <= now + pause
        at = max(now, before + pause if before <= now else before) if before is not None and waits else now
        # A source that keeps failing is looked at when its growing waits are over, whoever pushes.
        due_at = min(source["due_at"], at) if source["failures"] < FAILING_AFTER else source["due_at"]
        change = {"pushed_at": at, "due_at": due_at}
        seen = {"_id": name, "look": source["look"], "due_at": source["due_at"], "pushed_at": before}
        if (await catalog.sources.update_one(seen, {"$set": change})).matched_count == 1:
            return True
    return False
