"""A scraper on real servers, in this process, for tests that give it hostile work."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from services.scraper.attempt.slots import Slots
from services.scraper.builders import Machine, new_access, new_fetcher
from services.scraper.engines.values import SourceRules
from services.scraper.handlers import Scraper, playlist_submitted, video_requested
from services.scraper.listing.acceptance import Acceptance
from services.scraper.listing.expander import Expander, ListingRules
from services.scraper.media.ffmpeg import Ffmpeg, find_ffmpeg
from services.scraper.sources.admission import Admission
from services.scraper.workers.pool import Workers
from services.scraper.workspace.work_folder import WorkFolder
from shared.catalog.connection import Catalog
from shared.catalog.documents import Video
from shared.catalog.videos.acceptance import Entry, accept_videos, mark_requested
from shared.contracts import PlaylistSubmitted, VideoRequested
from shared.messaging.publisher import Publisher
from shared.storage.s3.objects import ObjectStore
from tests.scraper_parts import scraper_of, without_pauses

WATCH = "https://www.youtube.com/watch?v="


@dataclass
class Scraping:
    """What a test works with."""

    catalog: Catalog
    store: ObjectStore
    scraper: Scraper
    admission: Admission
    work_folder: WorkFolder

    @property
    def expander(self) -> Expander:
        """What lists playlists."""
        return self.scraper.submissions.listings.expander

    async def playlist_submitted(self, message: PlaylistSubmitted) -> None:
        """Handle a message, as the consumer does."""
        await playlist_submitted(self.scraper, message)

    async def video_requested(self, message: VideoRequested) -> None:
        """Handle a message, as the consumer does."""
        await video_requested(self.scraper, message)

    async def accept(self, id_: str, *profiles: str, url: str | None = None, **more: Any) -> VideoRequested:
        """Take a video of the site into the catalog. Returns its request."""
        entry = Entry(f"youtube:{id_}", url or WATCH + id_, None, **more)
        now = datetime.now(UTC)
        await accept_videos(self.catalog, "youtube:PLhostile0001", profiles or ("mp3-320",), [entry], now)
        await mark_requested(self.catalog, [entry.video_id], now)
        return VideoRequested(video_id=entry.video_id, url=entry.url)

    async def video(self, id_: str) -> Video:
        """A video's document."""
        found = await self.catalog.videos.find_one({"_id": f"youtube:{id_}"})
        assert found is not None
        return found

    async def keys(self) -> list[str]:
        """All objects of the store."""
        return [key async for keys in self.store.keys("", 1000) for key in keys]


Parts = tuple[Catalog, Publisher, ObjectStore]


@asynccontextmanager
async def scraping(
    parts: Parts,
    folder: Path,
    *,
    rules: SourceRules | None = None,
    slots: int = 1,
    free_bytes: int = 0,
    fetcher: Callable[[Any], Any] = lambda real: real,
) -> AsyncIterator[Scraping]:
    """A scraper that works in `folder`. `fetcher`: puts another one in the place of the real one."""
    catalog, publisher, store = parts
    rules = rules or SourceRules(0, ("youtube.*",))
    settings = without_pauses(slots)
    async with AsyncExitStack() as stack:
        workers = Workers(slots=slots, tasks_per_worker=50)
        stack.push_async_callback(workers.close)
        work_folder = WorkFolder(folder, free_bytes)
        stack.push_async_callback(work_folder.close)
        machine = Machine(work_folder, workers, Ffmpeg(find_ffmpeg()))
        access = await new_access(catalog, machine, rules, settings)
        stack.push_async_callback(access.permits.close)
        listing_rules = ListingRules(60, 0, ("mp3-320",))
        scraper = scraper_of(
            catalog,
            publisher,
            expander=Expander(Acceptance(catalog, publisher), rules, access.limits, listing_rules),
            fetcher=fetcher(new_fetcher(store, machine, access, rules, settings, Slots("download", 1))),
            judge=access.judge,
            admission=access.admission,
            work_folder=work_folder,
        )
        scraper = replace(scraper, private_hosts=True)
        yield Scraping(catalog, store, scraper, access.admission, work_folder)
