"""A listing counts as complete when its source says so, and never because nothing contradicted it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dev.site.broken_listing import HOWS
from dev.site.client import break_page
from dev.stack import Stack
from services.scraper.engines import ytdlp
from services.scraper.engines.values import Listed, ListedPlaylist, ListedVideo, ListingEnded, SourceRules
from services.scraper.failures import Evidence
from services.scraper.listing.acceptance import Acceptance
from services.scraper.listing.expander import Expander, ListingRules, incomplete_before
from services.scraper.listing.failed import ListingFailed
from services.scraper.sources.limits import Sources
from shared.catalog.connection import Catalog
from shared.catalog.documents import Playlist
from shared.catalog.playlists.acceptance import SubmissionOptions, accept_playlist
from shared.catalog.playlists.lifecycle import claim_playlist, fail_playlist
from shared.contracts import Failure
from shared.messaging.publisher import Publisher
from tests.site import requests_of

RULES = SourceRules(request_interval=0, extractors=("youtube.*",))
pytestmark = pytest.mark.usefixtures("through_the_site")
AddPlaylist = Callable[..., str]
LENGTH = 250


def videos(name: str, number: int = LENGTH) -> list[dict[str, Any]]:
    return [{"id": f"{name:_<8}{n:03}", "title": f"Title {n}"} for n in range(number)]


def listed(url: str, rules: SourceRules = RULES) -> tuple[list[str], Listed]:
    """The ids that a listing finds, and its last item."""
    *items, last = ytdlp.list_videos(url, rules)
    return [item.video_id for item in items if isinstance(item, ListedVideo)], last


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("page", [1, 2, 3])
def test_a_list_that_breaks_off_is_never_taken_for_the_whole(
    add_playlist: AddPlaylist, servers: Stack, page: int, how: str
) -> None:
    id_ = f"PLbreak{page}{how.replace('-', '')}"
    url = add_playlist(id_, videos(f"br{page}{how[:2]}{len(how)}"))
    # yt-dlp asks for a page that failed a few times more.
    break_page(servers.exports, id_, page, how, times=9)
    if page == 1:
        # Else the list with its unavailable entries takes the place of the broken page.
        break_page(servers.exports, id_, 0, "nothing", times=9)
    found, last = listed(url)
    complete = isinstance(last, ListingEnded) and last.gap is None
    assert not complete or len(set(found)) == LENGTH, (len(found), last)
    # The first page twice instead of once is no break.
    assert complete == (page == 1 and how.startswith("repeated")), last
    for number in (0, page):
        break_page(servers.exports, id_, number, how, times=0)
    found, last = listed(url)
    assert isinstance(last, ListingEnded)
    assert (len(set(found)), last.gap) == (LENGTH, None)


def test_only_the_unavailable_ones_could_not_be_asked_for(add_playlist: AddPlaylist, servers: Stack) -> None:
    url = add_playlist("PLbreakreload", videos("reload", 150))
    break_page(servers.exports, "PLbreakreload", 0, "nothing", times=9)
    found, last = listed(url)
    assert isinstance(last, ListingEnded)
    assert (len(found), last.gap) == (150, None)


def test_a_list_may_have_its_videos_more_than_once(add_playlist: AddPlaylist) -> None:
    """A page that comes twice has its entries in one long run; people repeat a few."""
    ids = videos("twice", 30)
    url = add_playlist("PLrepeating01", [*ids, *ids[:12], ids[3], ids[3]])
    found, last = listed(url)
    assert isinstance(last, ListingEnded)
    assert (len(found), last.gap) == (44, None)


@pytest.mark.parametrize("how", ["nothing", "error", "garbled"])
def test_a_list_without_a_number_is_held_to_its_pages(add_playlist: AddPlaylist, servers: Stack, how: str) -> None:
    tab = f"@gap{how}/videos"
    add_playlist(tab, videos(f"tab{how[:3]}"))
    break_page(servers.exports, tab, 3, how, times=9)
    found, last = listed(f"https://www.youtube.com/{tab}")
    assert len(found) == 200
    assert isinstance(last, Evidence) or (isinstance(last, ListingEnded) and last.gap is not None and last.gap.proven)


async def claimed(catalog: Catalog, playlist_id: str, url: str) -> Playlist:
    await accept_playlist(catalog, playlist_id, url)
    found = await claim_playlist(catalog, playlist_id, "me", 60, None)
    assert isinstance(found, dict)
    return found


async def test_what_was_found_is_requested_and_the_list_says_how_many_it_expects(
    catalog: Catalog, publisher: Publisher, add_playlist: AddPlaylist, servers: Stack
) -> None:
    url = add_playlist("PLbreakcatalog", videos("catalog"), title="Three pages")
    break_page(servers.exports, "PLbreakcatalog", 3, "nothing", times=9)
    playlist = await claimed(catalog, "youtube:PLbreakcatalog", url)
    expander = Expander(Acceptance(catalog, publisher), RULES, Sources(0, 0), ListingRules(60, 0, ("mp3-320",)))
    with pytest.raises(ListingFailed, match=r"has 250 entries, but 200 came: .*Incomplete data") as caught:
        await expander.expand(playlist["_id"], url, SubmissionOptions())
    failure = caught.value.cause
    assert isinstance(failure, Failure)
    assert (failure.failure_class.value, failure.reason) == ("transient", "listing-incomplete")
    assert await catalog.videos.count_documents({"state": "queued", "requested_at": {"$exists": True}}) == 200
    failed = await fail_playlist(catalog, playlist["_id"], "me", failure)
    assert failed is not None
    assert (failed["state"], failed["found"], failed["expected"]) == ("waiting", 200, 250)
    break_page(servers.exports, "PLbreakcatalog", 3, "nothing", times=0)
    assert await expander.expand(playlist["_id"], url, SubmissionOptions()) == 250
    assert await catalog.videos.count_documents({"state": "queued"}) == 250


async def test_a_promised_page_that_stays_empty_is_believed_the_second_time(
    catalog: Catalog, publisher: Publisher, add_playlist: AddPlaylist, servers: Stack
) -> None:
    """Of a list without a number nothing else can be known; music lists end like that."""
    tab = "@emptyend/videos"
    add_playlist(tab, videos("emptyend"))
    url = f"https://www.youtube.com/{tab}"
    break_page(servers.exports, tab, 3, "empty", times=9)
    expander = Expander(Acceptance(catalog, publisher), RULES, Sources(0, 0), ListingRules(60, 0, ("mp3-320",)))
    playlist = await claimed(catalog, "youtube:@emptyend:videos", url)
    with pytest.raises(ListingFailed, match="promised brought nothing after 200 entries") as caught:
        await expander.expand(playlist["_id"], url, SubmissionOptions(), incomplete_before(playlist))
    failure = caught.value.cause
    assert isinstance(failure, Failure)
    await fail_playlist(catalog, playlist["_id"], "me", failure)
    again = await claim_playlist(catalog, playlist["_id"], "me", 60, None)
    assert isinstance(again, dict)
    assert incomplete_before(again) == 200
    assert await expander.expand(playlist["_id"], url, SubmissionOptions(), incomplete_before(again)) == 200


async def test_a_title_that_is_not_told_again_stays_known(
    catalog: Catalog, publisher: Publisher, add_playlist: AddPlaylist
) -> None:
    expander = Expander(Acceptance(catalog, publisher), RULES, Sources(0, 0), ListingRules(60, 0, ("mp3-320",)))
    for title in ("Contes du soir", "PLtitlelost01", ""):
        url = add_playlist("PLtitlelost01", videos("titlelost", 2), title=title)
        await accept_playlist(catalog, "youtube:PLtitlelost01", url)
        await expander.expand("youtube:PLtitlelost01", url, SubmissionOptions())
        known = await catalog.playlists.find_one({"_id": "youtube:PLtitlelost01"})
        assert known is not None
        assert (known["title"], known["channel"]) == ("Contes du soir", "Local Site")


@pytest.mark.parametrize("address", ["watch?v=singlevid01", "shorts/singlevid01"])
async def test_an_address_of_one_video_is_a_video_from_the_start(
    catalog: Catalog, publisher: Publisher, add_playlist: AddPlaylist, servers: Stack, address: str
) -> None:
    """Its page is asked for once, when it is fetched; whatever is wrong with it is wrong with a video."""
    add_playlist("PLsingle00001", [{"id": "singlevid01", "title": "x", "trouble": "private"}])
    before = requests_of(servers, "page", "singlevid01")
    url = f"https://www.youtube.com/{address}"
    items = list(ytdlp.list_videos(url, RULES))
    assert items[0] == ListedPlaylist(None, None, 1)
    assert items[1] == ListedVideo("youtube:singlevid01", url, None)
    assert items[2] == ListingEnded(0)
    assert requests_of(servers, "page", "singlevid01") == before


@pytest.mark.parametrize(
    ("tabs", "wanted", "found"),
    [
        ({"streams": 3}, ("videos", "streams", "shorts"), 3),
        ({"videos": 1, "streams": 3}, ("videos", "streams", "shorts"), 4),
        ({"videos": 1, "streams": 3, "shorts": 2}, ("videos", "streams", "shorts"), 6),
        ({"videos": 1, "streams": 3, "shorts": 2}, ("videos", "streams"), 4),
        ({"videos": 1, "streams": 3, "shorts": 2}, ("streams",), 3),
    ],
)
def test_a_channel_means_all_its_recordings(
    add_playlist: AddPlaylist, tabs: dict[str, int], wanted: tuple[str, ...], found: int
) -> None:
    name = "@all" + "".join(f"{tab[1]}{number}" for tab, number in tabs.items()) + str(len(wanted))
    for tab, number in tabs.items():
        add_playlist(f"{name}/{tab}", videos(f"{name[4:]}{tab[1]}", number))
    rules = SourceRules(request_interval=0, extractors=("youtube.*",), channel_tabs=wanted)
    ids, last = listed(f"https://www.youtube.com/{name}", rules)
    assert len(set(ids)) == found
    assert isinstance(last, ListingEnded), last
    left_out = [tab for tab in tabs if tab not in wanted]
    assert len(last.left_out) == len(left_out)
    assert all(any(f"tab {tab} is left out" in told for told in last.left_out) for tab in left_out)


def test_a_list_in_a_list_that_cannot_be_had_is_left_out_and_told(add_playlist: AddPlaylist, servers: Stack) -> None:
    add_playlist("PLinnergood001", videos("innergood", 3), title="Good")
    add_playlist("PLinnerlast001", videos("innerlast", 2), title="Last")
    lists = ["PLinnergood001", "PLinnergone001", "PLinnerlast001"]
    add_playlist("PLinnergone001", [], title="Gone")
    add_playlist("@lists/playlists", [], playlists=lists)
    break_page(servers.exports, "PLinnergone001", 1, "nothing", times=99)
    found, last = listed("https://www.youtube.com/@lists/playlists")
    assert {id_.split(":")[1][:8] for id_ in found} == {"innergoo", "innerlas"}
    assert len(found) == 5
    assert isinstance(last, ListingEnded)
    assert last.left_out or last.gap is not None


def test_pages_of_lists_in_a_list_are_no_pages_of_their_own_list(add_playlist: AddPlaylist) -> None:
    add_playlist("PLinnerlong001", videos("innerlong", 120))
    add_playlist("@longlists/playlists", [], playlists=["PLinnerlong001"])
    found, last = listed("https://www.youtube.com/@longlists/playlists")
    assert isinstance(last, ListingEnded)
    assert (len(found), last.gap) == (120, None)


def test_a_page_that_came_when_it_was_asked_for_again_is_no_gap(add_playlist: AddPlaylist, servers: Stack) -> None:
    tab = "@onceagain/videos"
    add_playlist(tab, videos("onceagain"))
    break_page(servers.exports, tab, 2, "nothing", times=1)
    found, last = listed(f"https://www.youtube.com/{tab}")
    assert isinstance(last, ListingEnded)
    assert (len(found), last.gap) == (250, None)
