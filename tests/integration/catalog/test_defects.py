"""A defect in the middle of work is a failure of that work: counted, limited, and in a state that a person sees."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from services.scraper.attempt.upload import StoreTrouble
from services.scraper.builders import new_admission
from services.scraper.failures.defects import DefectCatcher
from services.scraper.handlers import Scraper, playlist_submitted, video_requested
from services.scraper.lease import LeaseLost
from services.scraper.settings import ScraperSettings
from services.scraper.workspace.work_folder import WorkFolder
from shared.catalog.connection import Catalog
from shared.catalog.playlists.acceptance import accept_playlist
from shared.catalog.videos.acceptance import Entry, accept_videos
from shared.contracts import PlaylistSubmitted, VideoRequested
from shared.errors import AlreadyThere, CatalogRefused, CatalogUnavailable, TryLater, Unavailable
from shared.messaging.publisher import Publisher
from shared.storage.s3.objects import ObjectStore
from tests.scraper_parts import scraper_of

LIST, VIDEO = "youtube:PLdefect000001", "youtube:defectvideo"


@pytest.mark.parametrize(
    "error",
    [
        UnicodeEncodeError("utf-8", "\ud83d", 0, 1, "surrogates not allowed"),
        OverflowError("MongoDB can only handle up to 8-byte ints"),
        ValueError("embedded null byte"),
        KeyError("title"),
        CatalogRefused("too large", 2),
    ],
)
def test_what_would_fail_again_is_counted(error: Exception) -> None:
    with DefectCatcher("video") as met:
        raise error
    failure = met.failure
    assert met.error is error
    assert failure is not None
    assert (failure.failure_class.value, failure.reason) == ("tool", "defect")
    assert type(error).__name__ in failure.detail


@pytest.mark.parametrize(
    "error",
    [
        CatalogUnavailable("away"),
        AlreadyThere("somebody else wrote it"),
        Unavailable("the broker"),
        TryLater(1, "rests"),
        LeaseLost("x"),
        StoreTrouble("503"),
        asyncio.CancelledError(),
    ],
)
def test_what_passes_is_not(error: BaseException) -> None:
    with pytest.raises(type(error)), DefectCatcher("video") as met:
        raise error
    assert met.failure is None


@pytest.fixture
async def scraper(catalog: Catalog, publisher: Publisher, store: ObjectStore, tmp_path: Path) -> Any:
    """A scraper whose listing and fetching break in their middle."""

    async def breaks(*_: object) -> None:
        "\ud83d".encode()

    work_folder = WorkFolder(tmp_path, 0)
    yield scraper_of(
        catalog,
        publisher,
        expander=SimpleNamespace(expand=breaks),
        fetcher=SimpleNamespace(fetch=breaks),
        judge=SimpleNamespace(begins=str, ended=str),
        admission=new_admission(ScraperSettings()),
        work_folder=work_folder,
    )
    await work_folder.close()


async def test_a_listing_that_breaks_waits_with_its_reason(catalog: Catalog, scraper: Scraper) -> None:
    url = "https://www.youtube.com/playlist?list=PLdefect000001"
    await accept_playlist(catalog, LIST, url)
    await playlist_submitted(scraper, PlaylistSubmitted(url=url))
    known = await catalog.playlists.find_one({"_id": LIST})
    assert known is not None
    assert (known["state"], known["attempts"], known["retry"]["failure"]["reason"]) == ("waiting", 1, "defect")
    assert "UnicodeEncodeError" in known["retry"]["failure"]["detail"]
    assert "lease" not in known


async def test_a_video_over_which_the_scraper_breaks_waits_with_its_reason(catalog: Catalog, scraper: Scraper) -> None:
    url = "https://www.youtube.com/watch?v=defectvideo"
    await accept_videos(catalog, LIST, ("mp3-320",), [Entry(VIDEO, url, "x")], await catalog.now())
    await video_requested(scraper, VideoRequested(video_id=VIDEO, url=url))
    video = await catalog.videos.find_one({"_id": VIDEO})
    assert video is not None
    assert (video["state"], video["attempts"], video["retry"]["failure"]["reason"]) == ("waiting", 1, "defect")
    assert await catalog.logs.count_documents({"video_id": VIDEO, "reason": "defect"}) == 1
