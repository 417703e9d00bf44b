"""What a limited submitter may have of a scraper and of a source, beside others and alone."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, suppress
from datetime import timedelta
from functools import partial

import pytest

from services.api.held_up import held_up
from services.scraper.sources.limits import Account
from services.scraper.sources.shares.request_shares import ShareExceeded
from services.scraper.sources.shares.share_rules import ShareRules
from services.scraper.sources.shares.shares import MAX_STARTS, PRESENT_SECONDS, Shares
from services.scraper.workspace.memory_plan import LISTINGS
from shared.catalog.connection import Catalog
from shared.catalog.documents import Playlist, Submitter
from shared.catalog.operations import ledgers
from shared.catalog.playlists.acceptance import SubmissionOptions, accept_playlist
from shared.catalog.playlists.lifecycle import NotListed, claim_playlist, fail_playlist, set_expanded
from shared.catalog.playlists.relisting import Asker, payer
from shared.catalog.reports.progress import Others, others_wait, submitter_of
from shared.catalog.videos.acceptance import Entry, Terms, accept_videos
from shared.contracts import Failure
from shared.errors import FailureClass, TryLater

TEAM: Submitter = {"key": "team", "limited": True}
RADIO: Submitter = {"key": "radio", "limited": True}
ADMIN: Submitter = {"key": "API_KEY", "limited": False}
MIX, MIX_URL = "youtube:RDEMwhose", "https://www.youtube.com/watch?list=RDEMwhose"
PACED = ShareRules(percent=20, slots=4, intervals=(("youtube", 100.0), ("", 0.0)))


async def taken(stack: AsyncExitStack, shares: Shares, whose: Submitter | None, source: str = "url") -> int:
    """How many downloads somebody may have at once."""
    number = 0
    while number < 50:
        try:
            await stack.enter_async_context(shares.download(f"{source}:{whose}{number}", whose))
        except ShareExceeded:
            break
        number += 1
    return number


@pytest.mark.parametrize(
    ("others", "places"),
    [((), 3), ((None,), 1), ((ADMIN,), 1), ((RADIO,), 2), ((RADIO, None), 1)],
    ids=["alone", "beside the operator", "beside an administrator", "beside another key", "beside both"],
)
async def test_how_many_downloads_a_key_has_at_once(others: tuple[Submitter | None, ...], places: int) -> None:
    shares = Shares(ShareRules(percent=20, slots=4))
    async with AsyncExitStack() as stack:
        for number, other in enumerate(others):
            await stack.enter_async_context(shares.download(f"url:other{number}", other))
        assert await taken(stack, shares, TEAM) == places
        assert await taken(stack, shares, None) == 50, "nobody else is held back"


@pytest.mark.parametrize(
    ("others", "videos"),
    [((), 7), ((None,), 1), ((RADIO,), 3), ((RADIO, None), 1)],
    ids=["alone", "beside the operator", "beside another key", "beside both"],
)
async def test_a_key_may_have_videos_in_later_stages_too(others: tuple[Submitter | None, ...], videos: int) -> None:
    """A scraper of four slots, two encodings and two uploads: one video of eight is kept for whoever comes next."""
    shares = Shares(ShareRules(percent=20, slots=4, videos=8))
    async with AsyncExitStack() as stack:
        for number, other in enumerate(others):
            await stack.enter_async_context(shares.download(f"url:other{number}", other))
        assert await taken(stack, shares, TEAM) == videos


@pytest.mark.parametrize("slots", [1, 4])
async def test_of_the_download_slots_one_is_kept_from_all_who_are_limited(slots: int) -> None:
    shares, begun = Shares(ShareRules(slots=slots, videos=12)), []

    async def download(number: int, whose: Submitter | None) -> None:
        async with shares.download(f"url:{number}", whose), shares.slot(f"url:{number}"):
            begun.append(number)
            await asyncio.get_running_loop().create_future()

    tasks = [asyncio.create_task(download(number, TEAM if number % 2 else RADIO)) for number in range(8)]
    tasks.append(asyncio.create_task(download(99, None)))
    try:
        while 99 not in begun:
            await asyncio.sleep(0)
        assert len(begun) == max(1, slots - 1) + 1
        tasks[begun[0]].cancel()
        while len(begun) == max(1, slots - 1) + 1:
            await asyncio.sleep(0)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.parametrize(
    ("others", "seconds"), [((), 150), ((RADIO,), 300), ((None,), 750)], ids=["alone", "two keys", "beside others"]
)
async def test_starts_are_apart_as_far_as_the_share_says(others: tuple[Submitter | None, ...], seconds: float) -> None:
    now = 1000.0
    shares = Shares(PACED, clock=lambda: now)

    async def one(id_: str) -> None:
        for other in others:
            async with shares.download("url:other", other, "url"):
                pass
        async with shares.download(id_, TEAM, id_.partition(":")[0]):
            pass

    await one("youtube:one")
    now += seconds - 1
    with pytest.raises(ShareExceeded):
        await one("youtube:two")
    # Another source has a pace of its own.
    await one("url:three")
    now += 2
    await one("youtube:two")


async def test_what_goes_back_comes_back_in_its_turn_and_not_all_at_once() -> None:
    shares, seconds = Shares(ShareRules(percent=20, slots=1)), []
    async with shares.download("url:first", TEAM):
        for number in range(10_000):
            with pytest.raises(ShareExceeded) as back:
                async with shares.download(f"url:{number}", TEAM):
                    pass
            seconds.append(back.value.seconds)
    assert seconds == sorted(seconds)
    assert seconds[0] < 2
    assert seconds[100] <= PRESENT_SECONDS, "tried again within a minute"
    assert max(seconds) >= 10_000 / 20, "so many in a second, and no more"


async def test_of_listings_a_key_has_one_and_others_have_theirs() -> None:
    shares = Shares(ShareRules(slots=4, listings=2))
    async with shares.listing("youtube:PL1", TEAM):
        with pytest.raises(ShareExceeded):
            async with shares.listing("youtube:PL2", TEAM):
                pass
        async with shares.listing("youtube:PL3", RADIO), shares.listing("youtube:PL4", None):
            pass
    async with shares.listing("youtube:PL2", TEAM):
        pass


async def test_those_who_are_limited_do_not_have_all_listings_among_them() -> None:
    shares = Shares(ShareRules(slots=4, listings=LISTINGS - 1))
    keys: list[Submitter] = [{"key": f"key{number}", "limited": True} for number in range(LISTINGS + 3)]
    async with AsyncExitStack() as stack:
        begun = 0
        for number, key in enumerate(keys):
            with suppress(ShareExceeded):
                await stack.enter_async_context(shares.listing(f"youtube:PL{number}", key))
                begun += 1
        assert begun == LISTINGS - 1
        for whose in (None, ADMIN):
            await stack.enter_async_context(shares.listing("youtube:PLhonest", whose))
    async with shares.listing("youtube:PLnext", keys[-1]):
        pass


async def test_one_too_many_goes_back_when_others_have_come() -> None:
    shares = Shares(ShareRules(percent=20, slots=4))
    async with shares.download("url:one", TEAM), shares.download("url:two", TEAM):
        await shares.check("url:two")
        async with shares.download("url:other", None):
            await shares.check("url:one")
            await shares.check("url:other")
            with pytest.raises(ShareExceeded):
                await shares.check("url:two")


async def test_who_waits_is_known_from_the_catalog(catalog: Catalog) -> None:
    now = await catalog.now()
    assert await others_wait(catalog, "team") is Others.NONE
    entry = Entry("youtube:sharesteam1", "https://youtu.be/sharesteam1", None)
    await accept_videos(catalog, "youtube:PLteam", ("mp3-320",), [entry], now, Terms(submitter=TEAM))
    assert await others_wait(catalog, "team") is Others.NONE
    assert await others_wait(catalog, "radio") is Others.LIMITED
    shares = Shares(ShareRules(percent=20, slots=4), partial(others_wait, catalog))
    async with AsyncExitStack() as stack:
        assert await taken(stack, shares, TEAM) == 3
    await accept_playlist(catalog, "youtube:PLhonest", "https://a.b/")
    assert await others_wait(catalog, "team") is Others.UNLIMITED
    shares = Shares(ShareRules(percent=20, slots=4), partial(others_wait, catalog))
    async with AsyncExitStack() as stack:
        assert await taken(stack, shares, TEAM) == 1, "though no message of theirs was seen yet"


async def test_what_others_want_too_is_not_the_share_of_whoever_named_it_first(catalog: Catalog) -> None:
    now = await catalog.now()
    entry = Entry("youtube:sharesboth1", "https://youtu.be/sharesboth1", None)
    await accept_videos(catalog, "youtube:PLteam", ("mp3-320",), [entry], now, Terms(submitter=TEAM))
    assert await submitter_of(catalog, entry.video_id) == TEAM
    await accept_videos(catalog, "youtube:PLradio", ("mp3-320",), [entry], now, Terms(submitter=RADIO))
    assert await submitter_of(catalog, entry.video_id) == TEAM
    await accept_videos(catalog, "youtube:PLhonest", ("mp3-320",), [entry], now)
    assert await submitter_of(catalog, entry.video_id) is None


async def requests_of(shares: Shares, whose: Submitter | None, work_id: str = "youtube:x") -> int:
    """How many requests are granted, of 500; one that is not is told when it can be."""
    source = work_id.partition(":")[0]
    async with shares.listing(work_id, whose, source):
        for number in range(500):
            refused = None
            try:
                await shares.take_request(work_id, source)
            except TryLater as error:
                refused = error
            if refused is not None:
                assert "the share of" in refused.reason
                assert refused.seconds > 3000
                return number
    return 500


async def asked_in_vain(shares: Shares, work_id: str) -> bool:
    try:
        await shares.take_request(work_id, "youtube")
    except TryLater:
        return True
    return False


@pytest.mark.parametrize("other", ["a listing", "the same video", "the listing of another key"])
async def test_the_end_of_one_work_on_an_id_does_not_free_another_on_it(catalog: Catalog, other: str) -> None:
    """A playlist of one video has the id of that video, and a video may be asked for twice."""
    shares, id_ = (
        Shares(ShareRules(percent=1, slots=4, budget=100), account=Account(catalog, "office")),
        "youtube:sharesboth2",
    )
    first = {
        "a listing": shares.listing(id_, TEAM),
        "the same video": shares.download(id_, TEAM),
        "the listing of another key": shares.listing(id_, RADIO),
    }[other]
    async with AsyncExitStack() as later:
        async with first:
            await later.enter_async_context(shares.download(id_, TEAM))
        assert not await asked_in_vain(shares, id_), "one of a hundred"
        assert await asked_in_vain(shares, id_)
        await shares.check(id_)
        async with shares.download("youtube:others", None), shares.listing(id_, RADIO):
            await shares.check(id_)
        async with shares.listing(id_, None):
            assert not await asked_in_vain(shares, id_), "others want it, too"
        assert await asked_in_vain(shares, id_)
    assert not await asked_in_vain(shares, id_), "it is under way no more"


async def test_of_hosts_that_hold_nothing_back_any_more_nothing_is_kept() -> None:
    now = 1000.0
    shares = Shares(ShareRules(percent=20, slots=4, intervals=(("", 100.0),)), clock=lambda: now)
    for host in range(50 * MAX_STARTS):
        now += 10
        async with shares.download(f"url:{host}", TEAM, f"host{host}"):
            pass
    assert len(shares._standings["team"].started) <= 2 * MAX_STARTS
    with pytest.raises(ShareExceeded):
        async with shares.download("url:again", TEAM, f"host{host}"):
            pass


async def test_a_key_has_its_share_of_the_budget_of_each_source_and_no_more(catalog: Catalog) -> None:
    rules = ShareRules(percent=15, budget=1000)
    one, other = (Shares(rules, account=Account(catalog, "office")) for _ in range(2))
    counts = await asyncio.gather(requests_of(one, TEAM), requests_of(other, TEAM))
    assert sum(counts) == 150, "of all scrapers behind an egress together"
    with pytest.raises(ShareExceeded):
        await requests_of(one, TEAM)
    assert await requests_of(one, RADIO) == 150
    assert await requests_of(one, None) == await requests_of(one, ADMIN) == 500
    assert await requests_of(one, TEAM, "url:x") == 150, "of another source nothing is spent"
    assert await requests_of(Shares(ShareRules(percent=15), account=Account(catalog, "office")), TEAM) == 500
    # A scraper that starts again asks for no more.
    assert await requests_of(Shares(rules, account=Account(catalog, "office")), TEAM) == 0
    [ledger] = [found for found in await ledgers.all_ledgers(catalog) if found["source"] == "youtube"]
    assert {share["key"]: share["requests"] for share in ledger["shares"]} == {"team": 150, "radio": 150}
    told = [row for row in await held_up(catalog, key="team") if "youtube" in row.detail]
    assert [row.why for row in told] == ["share"]
    assert "The 150 requests to youtube that the key team may use" in told[0].detail
    assert await held_up(catalog, key="somebody else") == []
    assert len(await held_up(catalog)) == 3


async def listed_to_its_end(catalog: Catalog, id_: str) -> Playlist:
    claimed = await claim_playlist(catalog, id_, "me", 60, None)
    assert not isinstance(claimed, NotListed)
    ended = await set_expanded(catalog, id_, "me")
    assert ended is not None
    return claimed


async def test_whose_a_playlist_is(catalog: Catalog) -> None:
    id_, url = "youtube:PLwhose", "https://a.b/"

    async def submitted(asker: Asker) -> object:
        playlist, _ = await accept_playlist(catalog, id_, url, asker=asker)
        return playlist["submitter"]["key"]

    team, radio = Asker("team", limited=True, relist_seconds=900), Asker("radio", limited=True, relist_seconds=900)
    assert await submitted(team) == "team"
    assert await submitted(radio) == "team", "it is yet to be listed for them"
    await listed_to_its_end(catalog, id_)
    assert await submitted(radio) == "team", "whose it is and who asks are two things"
    assert await submitted(Asker("API_KEY")) == "API_KEY"
    assert await submitted(team) == "API_KEY"


@pytest.mark.parametrize("owner", [ADMIN, None, RADIO], ids=["an administrator's", "of before keys", "another key's"])
@pytest.mark.parametrize("relist_seconds", [0, 900])
async def test_whoever_has_a_playlist_listed_anew_pays_and_changes_nothing_of_it(
    catalog: Catalog, owner: Submitter | None, relist_seconds: float
) -> None:
    first = Asker(owner["key"], limited=owner["limited"]) if owner is not None else Asker()
    asked = await accept_playlist(
        catalog, MIX, f"{MIX_URL}&v=AAAAAAAAAAA", SubmissionOptions(["flac"], 7, "high"), first
    )
    if owner is None:
        await catalog.playlists.update_one({"_id": MIX}, {"$unset": {"submitter": ""}})
    assert payer(await listed_to_its_end(catalog, MIX)) == (RADIO if owner is RADIO else None)
    long_ago = asked[0]["submitted_at"] - timedelta(hours=1)
    await catalog.playlists.update_one({"_id": MIX}, {"$set": {"listing_began_at": long_ago}})
    before = await the_playlist(catalog, MIX)
    assert before["state"] == "expanded"
    team = Asker("team", limited=True, relist_seconds=relist_seconds)
    await accept_playlist(catalog, MIX, f"{MIX_URL}&v=ZZZZZZZZZZZ", SubmissionOptions(["mp3-32"], 1), team)
    after = await the_playlist(catalog, MIX)
    assert (after["state"], payer(after)) == ("accepted", TEAM)
    for name in ("url", "profiles", "limit", "priority", "submitter"):
        assert after.get(name) == before.get(name), name
    assert await others_wait(catalog, "team") is Others.NONE, "it is their own work"
    assert await others_wait(catalog, "radio") is Others.LIMITED
    assert payer(await listed_to_its_end(catalog, MIX)) == TEAM
    # Whoever asks next pays next.
    await accept_playlist(catalog, MIX, MIX_URL, asker=Asker("API_KEY"))
    assert payer(await the_playlist(catalog, MIX)) is None


@pytest.mark.parametrize("relist_seconds", [0, 900])
@pytest.mark.parametrize("owner", [ADMIN, RADIO], ids=["an administrator's", "another key's"])
async def test_what_is_asked_for_during_a_listing_is_not_charged_to_whoever_asked_for_that(
    catalog: Catalog, owner: Submitter, relist_seconds: float
) -> None:
    theirs = RADIO if owner is RADIO else None
    await accept_playlist(catalog, MIX, MIX_URL, asker=Asker(owner["key"], limited=owner["limited"]))
    await claim_playlist(catalog, MIX, "me", 60, None)
    for key in ("team", "third"):
        await accept_playlist(catalog, MIX, MIX_URL, asker=Asker(key, limited=True, relist_seconds=relist_seconds))
    assert payer(await the_playlist(catalog, MIX)) == theirs, "this one is theirs, also if it is given back"
    again = await set_expanded(catalog, MIX, "me")
    assert again is not None
    assert again["state"] == ("waiting" if relist_seconds else "accepted")
    assert (payer(again), again["submitter"]) == (TEAM, owner)
    # A listing that is waited for is whoever's who asked first, until somebody asks who is not limited.
    await accept_playlist(catalog, MIX, MIX_URL, asker=Asker("third", limited=True, relist_seconds=900))
    assert payer(await the_playlist(catalog, MIX)) == TEAM
    await accept_playlist(catalog, MIX, MIX_URL, asker=Asker("broker", relist_seconds=900))
    assert payer(await the_playlist(catalog, MIX)) is None


async def test_a_wait_of_others_is_not_cut_short_by_whoever_is_limited(catalog: Catalog) -> None:
    await accept_playlist(catalog, MIX, MIX_URL)
    await claim_playlist(catalog, MIX, "me", 60, None)
    flaky = Failure(failure_class=FailureClass.TRANSIENT, reason="timeout", detail="Read timed out.")
    before = await fail_playlist(catalog, MIX, "me", flaky)
    after, _ = await accept_playlist(catalog, MIX, MIX_URL, asker=Asker("team", limited=True))
    assert before is not None
    assert (after["state"], after["retry"], after["charged"]) == ("waiting", before["retry"], 1)
    assert payer(after) is None


async def the_playlist(catalog: Catalog, id_: str) -> Playlist:
    found = await catalog.playlists.find_one({"_id": id_})
    assert found is not None
    return found
