"""Lists of submitters who are limited that are longer than their share, and listings of theirs that do not end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from services.scraper.engines.values import ListedVideo, ListingEnded
from services.scraper.failures import Evidence
from services.scraper.handlers import playlist_submitted
from services.scraper.listing import expander
from services.scraper.sources.limits import Account
from services.scraper.sources.shares.share_rules import ShareRules
from services.scraper.sources.shares.shares import Shares
from services.scraper.workspace.memory_plan import LISTINGS
from shared.catalog.connection import Catalog
from shared.catalog.delivery.outbox import submission_of
from shared.catalog.documents import Playlist
from shared.catalog.playlists.acceptance import accept_playlist
from shared.catalog.playlists.relisting import Asker
from shared.contracts import PlaylistSubmitted
from shared.errors import TryLater
from shared.messaging.publisher import Publisher
from shared.storage.s3.objects import ObjectStore
from tests.hostile.scraping import Scraping, scraping
from tests.integration.conftest import broker, publisher, s3, store  # noqa: F401 fixtures
from tests.scraper_parts import with_shares

Inputs = Callable[[int], None]
#: Requests of a key's share.
SHARE = 20


@pytest.fixture
async def rig(
    catalog: Catalog,
    publisher: Publisher,  # noqa: F811 the fixture
    store: ObjectStore,  # noqa: F811 the fixture
    tmp_path: Path,
) -> AsyncIterator[Scraping]:
    async with scraping((catalog, publisher, store), tmp_path / "work") as rig:
        yield rig


async def submitted(rig: Scraping, name: str, asker: Asker) -> PlaylistSubmitted:
    url = f"https://www.youtube.com/playlist?list={name}"
    document, _ = await accept_playlist(rig.catalog, f"youtube:{name}", url, asker=asker)
    return submission_of(document)


async def known(rig: Scraping, name: str) -> Playlist:
    found = await rig.catalog.playlists.find_one({"_id": f"youtube:{name}"})
    assert found is not None
    return found


def name_of(message: PlaylistSubmitted) -> str:
    return str(message.playlist_id).removeprefix("youtube:")


def limited(key: str) -> Asker:
    return Asker(key, limited=True, relist_seconds=900)


def pages_of(shares: Shares, name: str, pages: int) -> Callable[..., AsyncIterator[list[Any]]]:
    """Stands for the worker: a page an entry, each asked for as a worker asks."""

    async def listing(*_: object) -> AsyncIterator[list[Any]]:
        for number in range(pages):
            try:
                await shares.take_request(f"youtube:{name}", "youtube")
            except TryLater as denied:
                yield [Evidence("not permitted", not_permitted=(denied.seconds, denied.reason))]
                return
            id_ = f"{name[-6:]}{number:05}"
            yield [ListedVideo(f"youtube:{id_}", f"https://www.youtube.com/watch?v={id_}", "x")]
        yield [ListingEnded(pages)]

    return listing


def with_share(rig: Scraping) -> Shares:
    return Shares(ShareRules(percent=10, budget=10 * SHARE), account=Account(rig.catalog, "local"))


@pytest.mark.parametrize("pages", [SHARE + 1, 2 * SHARE, 50 * SHARE])
async def test_a_list_that_is_longer_than_the_share_ends_visibly(
    rig: Scraping, monkeypatch: pytest.MonkeyPatch, inputs: Inputs, pages: int
) -> None:
    name, shares = f"PLtoolong{pages:05}", with_share(rig)
    monkeypatch.setattr(expander, "listing", pages_of(shares, name, pages))
    message = await submitted(rig, name, limited("team"))
    await playlist_submitted(with_shares(rig.scraper, shares), message)
    ended = await known(rig, name)
    assert (ended["state"], ended["retry"]["failure"]["reason"]) == ("refused", "list-too-long-for-share")
    assert ended["found"] == SHARE
    queued = {"playlists": ended["_id"], "state": "queued", "requested_at": {"$exists": True}}
    assert await rig.catalog.videos.count_documents(queued) == SHARE, "what was found stays requested"
    inputs(1)


async def test_a_list_that_fits_the_share_ends_well(rig: Scraping, monkeypatch: pytest.MonkeyPatch) -> None:
    name, shares = "PLfitsshare01", with_share(rig)
    monkeypatch.setattr(expander, "listing", pages_of(shares, name, SHARE))
    await playlist_submitted(with_shares(rig.scraper, shares), await submitted(rig, name, limited("team")))
    assert ((await known(rig, name))["state"], (await known(rig, name))["found"]) == ("expanded", SHARE)


async def test_a_list_that_other_work_left_too_little_waits_until_all_may_be_free(
    rig: Scraping, monkeypatch: pytest.MonkeyPatch, inputs: Inputs
) -> None:
    name, shares = "PLtoolittle01", with_share(rig)
    async with shares.download("youtube:otherwork01", {"key": "team", "limited": True}):
        for _ in range(SHARE // 2):
            await shares.take_request("youtube:otherwork01", "youtube")
    monkeypatch.setattr(expander, "listing", pages_of(shares, name, SHARE))
    await playlist_submitted(with_shares(rig.scraper, shares), await submitted(rig, name, limited("team")))
    waits = await known(rig, name)
    assert (waits["state"], waits["retry"]["failure"]["reason"]) == ("waiting", "requests-spent")
    assert (waits["found"], waits["charged"]) == (SHARE // 2, 0)
    due, since = waits["retry"]["failure"]["retry_at"], waits["state_since"]
    assert due is not None
    assert (due - since).total_seconds() > 3600
    inputs(1)


async def test_listings_without_an_end_keep_no_place_from_those_who_are_not_limited(
    rig: Scraping, monkeypatch: pytest.MonkeyPatch, inputs: Inputs
) -> None:
    """As many keys as may list at once and more, each with a list that does not end; then an administrator's."""
    begun, forever = asyncio.Semaphore(0), asyncio.Event()

    async def listing(url: str, *_: object) -> AsyncIterator[list[Any]]:
        if "endless" in url:
            begun.release()
            await forever.wait()
        yield [ListedVideo("youtube:honest00001", "https://www.youtube.com/watch?v=honest00001", "x"), ListingEnded(1)]

    monkeypatch.setattr(expander, "listing", listing)
    scraper = with_shares(rig.scraper, Shares(ShareRules(listings=LISTINGS - 1)))
    # As the consumer does: so many messages are handled at once, the others come after one of them.
    places = asyncio.Semaphore(LISTINGS)

    async def handled(message: PlaylistSubmitted) -> None:
        async with places:
            await playlist_submitted(scraper, message)

    messages = [await submitted(rig, f"PLendless{n:04}", limited(f"key{n}")) for n in range(LISTINGS + 3)]
    under_way = [asyncio.ensure_future(handled(message)) for message in messages]
    for _ in range(LISTINGS - 1):
        await begun.acquire()
    await asyncio.wait_for(handled(await submitted(rig, "PLhonest00001", Asker())), 60)
    assert (await known(rig, "PLhonest00001"))["state"] == "expanded"
    forever.set()
    await asyncio.gather(*under_way)
    assert begun.locked(), "no further one was begun"
    went_back = [message for message in messages if (await known(rig, name_of(message)))["state"] == "accepted"]
    assert len(went_back) == len(messages) - (LISTINGS - 1)
    for message in went_back:
        document = await known(rig, name_of(message))
        assert (document["attempts"], document["charged"]) == (0, 0)
    inputs(len(messages))
