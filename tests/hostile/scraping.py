"""A scraper on real servers, in this process, for tests that give it hostile work."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from services.scraper.app import new_admission, new_judge
from services.scraper.attempt.pipeline import Fetcher
from services.scraper.engines.values import SourceRules
from services.scraper.handlers import Scraper
from services.scraper.listing.expander import Expander
from services.scraper.media.encoding import Encoder
from services.scraper.media.ffmpeg import Ffmpeg, find_ffmpeg
from services.scraper.settings import ScraperSettings
from services.scraper.sources.admission import Admission
from services.scraper.sources.limits import Sources
from services.scraper.workers.pool import Workers
from services.scraper.workspace.work_folder import WorkFolder
from shared.catalog.connection import Catalog
from shared.catalog.documents import Video
from shared.catalog.videos.acceptance import Entry, accept_videos, mark_requested
from shared.contracts import VideoRequested
from shared.messaging.publisher import Publisher
from shared.storage.objects import ObjectStore

WATCH = "https://www.youtube.com/watch?v="


@dataclass
class Scraping:
    """What a test works with."""

    catalog: Catalog
    store: ObjectStore
    scraper: Scraper
    admission: Admission
    work_folder: WorkFolder

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
    settings = ScraperSettings(_env_file=None)
    async with AsyncExitStack() as stack:
        workers = Workers(slots=slots, tasks_per_worker=50)
        stack.push_async_callback(workers.close)
        work_folder = WorkFolder(folder, free_bytes)
        stack.push_async_callback(work_folder.close)
        admission = new_admission(settings)
        sources = Sources(0, 0)
        judge, permits = await new_judge(catalog, workers, work_folder, sources, admission, rules, settings)
        stack.push_async_callback(permits.close)
        ffmpeg = Ffmpeg(find_ffmpeg())
        real = Fetcher(
            workers=workers,
            ffmpeg=ffmpeg,
            encoder=Encoder(ffmpeg),
            store=store,
            work_folder=work_folder,
            sources=sources,
            admission=admission,
            judge=judge,
            permits=permits,
            rules=rules,
            download_slots=slots,
            encode_slots=slots,
            video_seconds=300,
        )
        scraper = Scraper(
            catalog=catalog,
            publisher=publisher,
            expander=Expander(catalog, publisher, rules, sources, 60, 0, ("mp3-320",)),
            fetcher=fetcher(real),
            judge=judge,
            admission=admission,
            work_folder=work_folder,
            owner="me",
            private_hosts=True,
            lease_seconds=60,
            profiles=("mp3-320",),
        )
        yield Scraping(catalog, store, scraper, admission, work_folder)
