"""The picture of the overview in the README, from a made-up archive.

python -m tests.browser.pictures.readme    starts MongoDB, RabbitMQ, the store and the API, and stops them afterwards
"""

from __future__ import annotations

import asyncio
import math
import random
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, expect
from pydantic import SecretStr

from bench.archives.archive import PLAYLISTS, Vocabulary, fill
from dev.install import ROOT
from dev.stack import Stack
from shared.catalog.connection import Catalog, connect
from shared.settings import MongoSettings
from tests.browser.chromium import PROGRAMS, chromium, launched
from tests.browser.visitor import Visitor

PICTURE = ROOT / "docs/images/overview.png"
SIZE = (1280, 744)
#: Ten minutes each, in so many playlists.
VIDEOS, SHOWN_PLAYLISTS = 1200, 14
FAILED_ATTEMPTS, RUNNING, UNMIRRORED = 130, 4, 27


async def make_up(uri: str, database: str) -> None:
    """Fill the catalog with a day's work: more by day than by night, and some attempts that failed."""
    catalog = await connect(MongoSettings(uri=SecretStr(uri), database=database), "pictures", 10)
    try:
        await fill(catalog, VIDEOS, Vocabulary())
        await _spread(catalog, random.Random(5))
    finally:
        await catalog.close()


async def _spread(catalog: Catalog, chance: random.Random) -> None:
    now = datetime.now(UTC)
    hours = [1.2 + math.sin((back - 17) / 24 * 2 * math.pi) for back in range(24)]

    def moment() -> datetime:
        [back] = chance.choices(range(24), hours)
        return now - timedelta(hours=back, minutes=chance.randrange(60))

    lists = [f"youtube:PLarchive{n:04}" for n in range(PLAYLISTS)]
    async for video in catalog.videos.find({}, {"state": 1}):
        change: dict[str, Any] = {"playlists": [chance.choice(lists[:SHOWN_PLAYLISTS])]}
        if video["state"] == "stored":
            change["audio.stored_at"] = moment()
        await catalog.videos.update_one({"_id": video["_id"]}, {"$set": change})
    for video in await catalog.videos.find({"state": "queued"}, {"_id": 1}).sort("_id", 1).limit(RUNNING).to_list():
        lease = {"owner": "scraper-1", "expires_at": now + timedelta(hours=1)}
        since = now - timedelta(seconds=chance.randrange(20, 90))
        change = {"state": "running", "state_since": since, "lease": lease}
        await catalog.videos.update_one({"_id": video["_id"]}, {"$set": change})
    for video in await catalog.videos.find({"state": "stored"}, {"_id": 1}).sort("_id", 1).limit(UNMIRRORED).to_list():
        await catalog.videos.update_one({"_id": video["_id"]}, {"$unset": {"mirror": ""}})
    for id_ in lists[:SHOWN_PLAYLISTS]:
        fields = {"state": "expanded", "state_since": now, "accepted_at": now, "submitted_at": now, "attempts": 0}
        url = f"https://www.youtube.com/playlist?list={id_.partition(':')[2]}"
        await catalog.playlists.update_one({"_id": id_}, {"$set": {**fields, "url": url, "charged": 0}}, upsert=True)
    for n in range(FAILED_ATTEMPTS):
        failed = {"status": "failed", "timestamp": moment()}
        await catalog.logs.update_one({"_id": f"youtube:made-up#{n}"}, {"$set": failed}, upsert=True)


def _shoot(browser: Browser, stack: Stack) -> None:
    width, height = SIZE
    context = browser.new_context(viewport={"width": width, "height": height}, locale="en-GB", reduced_motion="reduce")
    visitor = Visitor(context.new_page(), stack.exports["API_URL"])
    visitor.open(stack.exports["API_KEY"], "overview")
    visitor.page.mouse.move(0, 0)
    expect(visitor.page.locator(".is-live")).to_be_visible()
    expect(visitor.page.get_by_role("region", name="Running now").get_by_role("link")).to_have_count(RUNNING)
    visitor.page.screenshot(path=PICTURE)


def main() -> int:
    """Take the picture."""
    path = chromium()
    if path is None:
        print(f"There is no {' or '.join(PROGRAMS)}; Debian has the package of this name.", file=sys.stderr)
        return 1
    with (
        tempfile.TemporaryDirectory(prefix="fonoteca-picture-") as state,
        Stack(Path(state), site=False, service_names=("api",)) as stack,
    ):
        # Before the browser: Playwright keeps an event loop running.
        asyncio.run(make_up(stack.exports["MONGO_URI"], stack.exports["MONGO_DATABASE"]))
        with launched(path) as browser:
            _shoot(browser, stack)
    print(PICTURE)
    return 0


if __name__ == "__main__":
    sys.exit(main())
