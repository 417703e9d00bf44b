"""However much of a list cannot be taken, its document stays small."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from typing import Any

import bson
import pytest

from services.scraper.engines import ytdlp
from services.scraper.engines.values import ListedVideo, ListingEnded, SourceRules
from services.scraper.engines.ytdlp.client import CountingYtdlp
from services.scraper.listing import expander as playlist
from services.scraper.listing.acceptance import Acceptance
from services.scraper.listing.expander import Expander, ListingRules
from services.scraper.sources.limits import Sources
from shared.catalog.connection import Catalog
from shared.catalog.playlists.acceptance import SubmissionOptions, accept_playlist
from shared.messaging.publisher import Publisher
from shared.untrusted.excerpts import MAX_SENTENCE, MAX_SENTENCES, Excerpts, within_bounds
from tests.integration.conftest import broker, publisher  # noqa: F401 fixtures


@pytest.mark.parametrize("title", ["x", "a" * 10**5, "\U0001f600" * 10**4, ""])
async def test_what_is_left_out_is_told_within_bounds(
    monkeypatch: pytest.MonkeyPatch,
    catalog: Catalog,
    publisher: Publisher,  # noqa: F811
    title: str,
) -> None:
    """Ten thousand entries that cannot be taken, in the lister's view and in the catalog's: one small document."""
    most = 10_000
    entries: list[dict[str, Any]] = [
        {"_type": "playlist", "id": "a", "title": title or None, "entries": []} for _ in range(most)
    ]
    deep = {"_type": "playlist", "id": "b", "title": "b", "entries": entries}
    deep = {"_type": "playlist", "id": "c", "title": "c", "entries": [deep]}
    whole = {"_type": "playlist", "id": "PLbounded0001", "title": "List", "entries": [deep]}
    monkeypatch.setattr(CountingYtdlp, "extract_info", lambda *_, **__: whole)
    address = "https://www.youtube.com/playlist?list=PLbounded0001"
    rules = SourceRules(0, ("youtube.*",))
    *_, last = await asyncio.to_thread(lambda: list(ytdlp.list_videos(address, rules)))
    assert isinstance(last, ListingEnded), last
    assert 0 < len(last.left_out) <= MAX_SENTENCES // 2
    assert max(map(len, last.left_out)) <= MAX_SENTENCE
    assert last.left_out[-1] == f"{most - len(last.left_out) + 1} more are left out."

    wrong = [ListedVideo(f"youtube:{n:011}", f"https://youtu.be/{n + 1:011}?v={n:011}", "x") for n in range(200)]
    said = tuple(f"{n} {title} is left out" for n in range(most))

    async def hostile(*_: object) -> AsyncIterator[list[Any]]:
        yield [ListedVideo("youtube:honest00001", "https://www.youtube.com/watch?v=honest00001", "y"), *wrong]
        yield [ListingEnded(1, left_out=said)]

    monkeypatch.setattr(playlist, "listing", hostile)
    await accept_playlist(catalog, "youtube:PLbounded0001", address)
    expander = Expander(Acceptance(catalog, publisher), rules, Sources(0, 0), ListingRules(60, 0, ("mp3-320",)))
    await expander.expand("youtube:PLbounded0001", address, SubmissionOptions())
    known = await catalog.playlists.find_one({"_id": "youtube:PLbounded0001"})
    assert known is not None
    assert len(known["left_out"]) == MAX_SENTENCES
    assert max(map(len, known["left_out"])) <= MAX_SENTENCE
    assert len(bson.encode(known)) < 2**18


def test_two_kinds_of_what_is_left_out_fit_into_one_document() -> None:
    told = [Excerpts(), Excerpts()]
    for number, each in itertools.product(range(1000), told):
        each.add(f"{number} " + "x" * 10**4)
    both = [*told[0].sentences, *told[1].sentences]
    assert within_bounds(both) == both
    assert both[-1] == "951 more are left out."
