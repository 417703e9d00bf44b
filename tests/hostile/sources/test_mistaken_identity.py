"""One recording must never be stored under the id of another, whoever says that it is that one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp import web

from cli.audit.repairing import Repairer
from cli.audit.rules import Limits, Repair, violations_of
from dev.stack import Stack
from services.scraper.engines import converter, ytdlp
from services.scraper.engines.values import Downloaded, ListedVideo, ListingEnded, Served, SourceRules
from services.scraper.failures import Evidence, charge_repeated, classify
from services.scraper.listing import expander
from services.scraper.media.length import PromisedLength
from services.scraper.workers import chain
from shared.addresses.video_addresses import OtherVideo, asked_address, check_address
from shared.addresses.video_ids import is_well_formed
from shared.catalog.connection import Catalog
from shared.catalog.playlists.acceptance import SubmissionOptions, accept_playlist
from shared.contracts import VideoRequested
from shared.errors import FailureClass, Unprocessable
from shared.messaging.publisher import Publisher
from shared.storage.keys import folder_of, video_of
from shared.storage.objects import ObjectStore
from tests.hostile.scraping import WATCH, Scraping, scraping
from tests.integration.conftest import (  # noqa: F401 fixtures
    add_playlist,
    broker,
    publisher,
    s3,
    store,
    through_the_site,
)
from tests.site import requests_of

AddPlaylist = Callable[..., str]
VICTIM, ATTACK = "AAAAvictim1", "BBBBattack1"
SITE = "https://www.youtube.com"

#: Addresses that belong to another video than `youtube:AAAAvictim1`.
OTHERS = [
    WATCH + ATTACK,
    f"http://www.youtube.com/watch?v={ATTACK}",
    f"https://youtube.com/watch?feature=x&v={ATTACK}",
    f"https://youtu.be/{ATTACK}",
    f"https://youtu.be/{ATTACK}?si={VICTIM}",
    f"{SITE}/embed/{ATTACK}",
    f"{SITE}/embed/{ATTACK}?v={VICTIM}",
    f"{SITE}/shorts/{ATTACK}",
    f"{SITE}/live/{ATTACK}",
    f"{SITE}/v/{ATTACK}",
    f"{SITE}/e/{ATTACK}",
    f"{SITE}/watch/{ATTACK}",
    f"https://music.youtube.com/watch?v={ATTACK}",
    f"https://www.youtube-nocookie.com/embed/{ATTACK}",
    f"https://m.youtube.com/watch?v={ATTACK}",
    f"https://WWW.YouTube.COM/watch?v={ATTACK}",
    f"https://www.youtube.com./watch?v={ATTACK}",
    f"https://www.youtubekids.com/watch?v={ATTACK}",
    f"https://youtube.googleapis.com/v/{ATTACK}",
    # Two at once: which one is meant depends on who reads.
    f"{WATCH}{VICTIM}&v={ATTACK}",
    f"{WATCH}{ATTACK}&v={VICTIM}",
    f"{WATCH}{VICTIM};v={ATTACK}",
    f"{WATCH}{VICTIM}#v={ATTACK}",
    f"{SITE}/#/watch?v={ATTACK}",
    f"{SITE}/%65mbed/{ATTACK}",
    # Ids are another in other capitals, and with more or fewer letters.
    WATCH + VICTIM.lower(),
    f"{WATCH}{VICTIM}x",
    WATCH + VICTIM[:-1],
    # No video at all, and none of YouTube.
    f"{SITE}/playlist?list=PLAAAAvictim1",
    f"{SITE}/@AAAAvictim1",
    f"{SITE}/",
    f"https://example.org/watch?v={VICTIM}",
    f"https://www.youtube.com.example.org/watch?v={VICTIM}",
    f"https://notyoutube.com/watch?v={VICTIM}",
    f"https://www.youtube.com@example.org/watch?v={VICTIM}",
]
#: Addresses that are the victim's own.
OWN = [
    WATCH + VICTIM,
    f"http://youtube.com/watch?v={VICTIM}",
    f"{WATCH}{VICTIM}&list=PLxxxxxxxxxxxx&t=4s",
    f"https://youtu.be/{VICTIM}?si=abc",
    f"{SITE}/shorts/{VICTIM}",
    f"{SITE}/embed/{VICTIM}",
    f"{SITE}/live/{VICTIM}?feature=share",
    f"https://music.youtube.com/watch?v={VICTIM}",
    f"https://www.youtube-nocookie.com/embed/{VICTIM}",
    f"https://m.youtube.com/watch?v={VICTIM}",
]


@pytest.fixture
async def rig(
    catalog: Catalog,
    publisher: Publisher,  # noqa: F811
    store: ObjectStore,  # noqa: F811
    through_the_site: None,  # noqa: F811
    tmp_path: Path,
) -> AsyncIterator[Scraping]:
    async with scraping((catalog, publisher, store), tmp_path) as found:
        yield found


async def test_a_request_with_the_address_of_another_video_is_refused(
    catalog: Catalog,
    publisher: Publisher,  # noqa: F811
    store: ObjectStore,  # noqa: F811
    tmp_path: Path,
    inputs: Callable[[int], None],
) -> None:
    """Parked with its reason: nothing is accepted, nothing asked."""
    inputs(len(OTHERS))

    def nobody(_: object) -> Any:
        return SimpleNamespace(fetch=pytest.fail)

    async with scraping((catalog, publisher, store), tmp_path, fetcher=nobody) as found:
        for url in OTHERS:
            with pytest.raises(Unprocessable, match="belongs to another video"):
                await found.video_requested(VideoRequested(video_id=f"youtube:{VICTIM}", url=url))
    assert await catalog.videos.count_documents({}) == 0


@pytest.mark.parametrize("url", OWN)
def test_a_videos_own_addresses_are_taken(url: str) -> None:
    check_address(f"youtube:{VICTIM}", url)
    assert asked_address(f"youtube:{VICTIM}", url) == WATCH + VICTIM


@pytest.mark.parametrize(
    ("id_", "url"),
    [
        ("vimeo:123", WATCH + VICTIM),
        (f"vimeo:{VICTIM}", f"https://youtu.be/{VICTIM}"),
        ("generic:watch", f"{SITE}/playlist?list=PLAAAAvictim1"),
    ],
)
def test_a_video_elsewhere_has_no_address_of_youtube(id_: str, url: str) -> None:
    with pytest.raises(OtherVideo, match="of another source"):
        check_address(id_, url)


@pytest.mark.parametrize(
    "id_",
    [
        "generic:é",
        "generic:e\u0301",
        "..:abc",
        ".:abc",
        "generic:..",
        "generic:a.",
        "other:a%2Fb",
        "other:a\\b",
        "+:~~~é",
    ],
)
async def test_a_request_for_an_id_that_no_source_can_have_is_refused(rig: Scraping, id_: str) -> None:
    with pytest.raises(Unprocessable, match="is not a valid video id"):
        await rig.video_requested(VideoRequested(video_id=id_, url="https://example.org/x"))
    assert not is_well_formed(id_)


async def test_a_video_that_is_known_by_the_address_of_another_is_put_right(
    rig: Scraping,
    add_playlist: AddPlaylist,  # noqa: F811
    servers: Stack,
) -> None:
    """Its own retries bring that address too, and must not be refused for ever."""
    add_playlist("PLmistaken001", [{"id": VICTIM, "title": "Victim"}, {"id": ATTACK, "title": "Attack", "take": 9}])
    request = await rig.accept(VICTIM, "original", url=WATCH + ATTACK)
    await rig.video_requested(request)
    video = await rig.video(VICTIM)
    assert (video["state"], video["url"], video["title"]) == ("stored", WATCH + VICTIM, "Victim")
    assert video["metadata"]["webpage_url"] == WATCH + VICTIM
    assert requests_of(servers, "page", ATTACK) == 0
    assert violations_of(video, [1], datetime.now(UTC), Limits(3600, 8)) == []


#: What a hostile page lists → the id under which it is taken; None: it is left out.
LISTED = [
    (f"youtube:{VICTIM}", WATCH + ATTACK, f"youtube:{ATTACK}"),
    ("vimeo:1", f"https://youtu.be/{ATTACK}", f"youtube:{ATTACK}"),
    ("youtube:slug-of-the-page", f"{SITE}/embed/{ATTACK}", f"youtube:{ATTACK}"),
    (f"youtube:{VICTIM}", ATTACK, f"youtube:{ATTACK}"),
    (f"youtube:{VICTIM}", "https://example.org/own.mp3", None),
    (f"youtube:{VICTIM}", f"{WATCH}{VICTIM}&v={ATTACK}", None),
    (f"youtube:{VICTIM}", f"{SITE}/@somebody", None),
    ("vimeo:1", f"{SITE}/playlist?list=PLAAAAvictim1", None),
    (f"youtube:{VICTIM}", f"{SITE}/shorts/{VICTIM}", f"youtube:{VICTIM}"),
    ("vimeo:1", "https://vimeo.com/1", "vimeo:1"),
]


@pytest.mark.parametrize(("id_", "url", "taken_as"), LISTED)
async def test_an_entry_of_a_listing_is_taken_as_what_its_address_means(
    rig: Scraping, monkeypatch: pytest.MonkeyPatch, id_: str, url: str, taken_as: str | None
) -> None:
    async def hostile(*_: object) -> AsyncIterator[list[Any]]:
        yield [ListedVideo(id_, url, "x"), ListedVideo("youtube:honest00001", WATCH + "honest00001", "y")]
        yield [ListingEnded(1)]

    monkeypatch.setattr(expander, "listing", hostile)
    list_id, address = "url:hostile", "https://example.org/list"
    await accept_playlist(rig.catalog, list_id, address)
    await rig.expander.expand(list_id, address, SubmissionOptions())
    found = {video["_id"]: video["url"] async for video in rig.catalog.videos.find()}
    assert set(found) == {"youtube:honest00001", *([taken_as] if taken_as else [])}
    for each, where in found.items():
        check_address(each, where)
    known = await rig.catalog.playlists.find_one({"_id": list_id})
    assert known is not None
    assert len(known["left_out"]) == (taken_as is None)


class Pages:
    """A site on loopback whose files lead elsewhere once it is told so."""

    def __init__(self) -> None:
        self.base = ""
        self.moved = False
        self.whole: list[str] = []

    async def on_file(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        if self.moved and name == "victim":
            raise web.HTTPFound(f"/attack.{request.match_info['ending']}")
        self.whole.append(name)
        return web.Response(body=b"ID3" + bytes(40_000), content_type="audio/mpeg")

    async def on_page(self, request: web.Request) -> web.Response:
        src = f"{SITE}/embed/{ATTACK}" if self.moved else f"{self.base}/victim.mp3"
        tag = f'<iframe src="{src}"></iframe>' if self.moved else f'<audio src="{src}"></audio>'
        return web.Response(text=f"<html><title>x</title><body>{tag}</body></html>", content_type="text/html")


@pytest.fixture
async def pages() -> AsyncIterator[Pages]:
    found = Pages()
    app = web.Application()
    app.router.add_get("/page/{name}", found.on_page)
    app.router.add_get("/{name}.{ending}", found.on_file)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    found.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield found
    await runner.cleanup()


@pytest.mark.parametrize("what", ["fetched", "a witness"])
@pytest.mark.parametrize("path", ["/victim.mp3", "/page/victim"])
async def test_a_page_that_comes_to_lead_elsewhere_is_not_followed(
    pages: Pages,
    add_playlist: AddPlaylist,  # noqa: F811
    through_the_site: None,  # noqa: F811
    servers: Stack,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    what: str,
) -> None:
    """Listed as one thing, and then a redirect or an embedded player of another."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    add_playlist("PLmistaken002", [{"id": ATTACK, "title": "Attack"}])
    rules = SourceRules(0, ("default",), private_hosts=True)
    listed = await asyncio.to_thread(lambda: list(ytdlp.list_videos(pages.base + path, rules)))
    entry = next(item for item in listed if isinstance(item, ListedVideo))
    asked = replace(rules, video_id=entry.video_id)
    call = ytdlp.fetch if what == "fetched" else ytdlp.try_out
    honest = await asyncio.to_thread(call, entry.url, _made(tmp_path / "1"), asked)
    assert not isinstance(honest, Evidence) or honest.other_id is None, honest
    pages.moved = True
    before = requests_of(servers, "media", ATTACK)
    result = await asyncio.to_thread(call, entry.url, _made(tmp_path / "2"), asked)
    assert isinstance(result, Evidence), result
    assert (result.other_id or "").startswith((f"youtube:{ATTACK}", "generic:attack-"))
    assert requests_of(servers, "media", ATTACK) == before
    assert [file.name for file in (tmp_path / "2").iterdir()] == []


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


@pytest.mark.parametrize("what", ["fetch", "try_out"])
@pytest.mark.parametrize("url", [WATCH + ATTACK, f"https://youtu.be/{ATTACK}", f"{SITE}/shorts/{ATTACK}"])
def test_another_video_than_the_one_asked_for_is_not_downloaded(
    add_playlist: AddPlaylist,  # noqa: F811
    through_the_site: None,  # noqa: F811
    servers: Stack,
    tmp_path: Path,
    url: str,
    what: str,
) -> None:
    """Whatever let that address through."""
    add_playlist("PLmistaken003", [{"id": ATTACK, "title": "Attack"}])
    before = requests_of(servers, "media", ATTACK)
    rules = SourceRules(0, ("youtube.*",), video_id=f"youtube:{VICTIM}")
    result = getattr(ytdlp, what)(url, tmp_path, rules)
    assert isinstance(result, Evidence), result
    assert result.other_id == f"youtube:{ATTACK}"
    assert requests_of(servers, "media", ATTACK) == before
    honest = getattr(ytdlp, what)(url, tmp_path, replace(rules, video_id=f"youtube:{ATTACK}"))
    assert isinstance(honest, Downloaded | Served), honest


def test_a_list_in_the_place_of_a_video_is_not_taken(
    add_playlist: AddPlaylist,  # noqa: F811
    through_the_site: None,  # noqa: F811
    tmp_path: Path,
) -> None:
    url = add_playlist("PLmistaken004", [{"id": ATTACK, "title": "x"}, {"id": "BBBBattack2", "title": "y"}])
    result = ytdlp.fetch(url, tmp_path, SourceRules(0, ("youtube.*",), video_id=f"youtube:{VICTIM}"))
    assert isinstance(result, Evidence)
    assert result.other_id == f"youtube:{ATTACK}"


def _brought(found_id: str | None, page: str | None) -> chain.Engine:
    def engine(_: str, folder: Path, __: SourceRules) -> Downloaded:
        path = folder / "source.mp3"
        path.write_bytes(b"x")
        return Downloaded(path, {"webpage_url": page}, PromisedLength(), None, None, None, 1, 1, found_id=found_id)

    return engine


@pytest.mark.parametrize(
    ("video_id", "url", "found_id", "page", "expected"),
    [
        (f"youtube:{VICTIM}", WATCH + VICTIM, f"youtube:{ATTACK}", WATCH + VICTIM, "other-video"),
        (f"youtube:{VICTIM}", WATCH + VICTIM, f"youtube:{VICTIM}", WATCH + ATTACK, "other-video"),
        (f"youtube:{VICTIM}", WATCH + VICTIM, None, WATCH + ATTACK, "other-video"),
        (f"youtube:{VICTIM}", WATCH + ATTACK, None, None, "other-video"),
        (f"youtube:{VICTIM}", WATCH + VICTIM, f"youtube:{VICTIM.lower()}", None, "other-video"),
        ("generic:victim", "https://example.org/victim.mp3", None, None, "engine-failed"),
        ("generic:victim", "https://example.org/victim.mp3", "generic:attack", None, "other-video"),
        ("generic:victim", "https://example.org/victim.mp3", "generic:victim", None, ""),
        (f"youtube:{VICTIM}", WATCH + VICTIM, None, WATCH + VICTIM, ""),
        (f"youtube:{VICTIM}", WATCH + VICTIM, None, None, ""),
        ("vimeo:76979871", "https://vimeo.com/76979871", None, "https://vimeo.com/76979871", ""),
        ("vimeo:76979871", "https://vimeo.com/76979872", None, None, "other-video"),
    ],
)
@pytest.mark.parametrize("name", ["yt-dlp", "you-get", "converter"])
def test_no_engine_brings_another_video(
    tmp_path: Path, name: str, video_id: str, url: str, found_id: str | None, page: str | None, expected: str
) -> None:
    rules = SourceRules(0, ("default",), engines=(name,), video_id=video_id)
    result = chain.fetch(url, tmp_path, rules, {name: _brought(found_id, page)})
    reason = classify(result, datetime.now(UTC)).reason if isinstance(result, Evidence) else ""
    assert reason == expected, result


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"id": ATTACK}, "other-video"),
        ({"url": f"https://youtu.be/{ATTACK}"}, "other-video"),
        ({"id": VICTIM, "url": WATCH + ATTACK}, "other-video"),
        ({"id": VICTIM, "url": WATCH + VICTIM}, ""),
        ({"id": 5, "url": None}, ""),
        ({}, ""),
    ],
)
async def test_a_converter_that_speaks_of_another_video_is_not_believed(
    tmp_path: Path, told: dict[str, Any], expected: str
) -> None:
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.path)
        if request.path == "/file.mp3":
            return web.Response(body=b"x" * 100)
        data = {"key": "k", "title": "x", "duration": 5, "downloadUrl": f"{base}/file.mp3", **told}
        return web.Response(text=json.dumps({"data": data}), content_type="application/json")

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    rules = SourceRules(0, ("youtube.*",), converter_url=base, video_id=f"youtube:{VICTIM}")
    result = await asyncio.to_thread(converter.fetch, WATCH + VICTIM, tmp_path, rules)
    await runner.cleanup()
    reason = classify(result, datetime.now(UTC)).reason if isinstance(result, Evidence) else ""
    assert reason == expected, result
    assert ("/file.mp3" in asked) == (not expected)


def test_the_source_is_believed_when_it_says_so_twice() -> None:
    failure = classify(Evidence("x", other_id=f"youtube:{ATTACK}"), datetime.now(UTC))
    assert (failure.failure_class, failure.reason) == (FailureClass.TRANSIENT, "other-video")
    assert charge_repeated(failure, None).failure_class is FailureClass.TRANSIENT
    last: Any = {"failure": {"reason": "other-video"}, "in_a_row": 1}
    assert charge_repeated(failure, last).failure_class is FailureClass.PERMANENT
    last["failure"]["reason"] = "timeout"
    assert charge_repeated(failure, last).failure_class is FailureClass.TRANSIENT


@pytest.mark.parametrize("where", ["url", "webpage_url"])
@pytest.mark.parametrize("url", [WATCH + ATTACK, f"https://youtu.be/{ATTACK}", "https://example.org/x"])
def test_the_audit_finds_what_is_stored_from_another_address(where: str, url: str) -> None:
    video: Any = {
        "_id": f"youtube:{VICTIM}",
        "state": "stored",
        "url": WATCH + VICTIM,
        "playlists": ["x"],
        "token": 1,
        "attempts": 1,
        "audio": {"key": "k"},
        "metadata": {"webpage_url": WATCH + VICTIM},
    }
    assert violations_of(video, [1], datetime.now(UTC), Limits(60, 8)) == []
    (video if where == "url" else video["metadata"])[where] = url
    (found,) = violations_of(video, [1], datetime.now(UTC), Limits(60, 8))
    assert (found.rule, found.repair) == ("other-video", Repair.FETCH)


async def test_the_audits_repair_fetches_it_again_from_its_own_address(rig: Scraping) -> None:
    await rig.accept(VICTIM, url=WATCH + ATTACK)
    audio = {"key": folder_of(f"youtube:{VICTIM}") + "mp3-320.mp3", "sha256": "0" * 64, "size_bytes": 1}
    change = {"state": "stored", "audio": audio, "metadata": {"webpage_url": WATCH + ATTACK}}
    await rig.catalog.videos.update_one({"_id": f"youtube:{VICTIM}"}, {"$set": change})
    (found,) = violations_of(await rig.video(VICTIM), [], datetime.now(UTC), Limits(60, 8))
    repairer = Repairer(rig.catalog, rig.store, None, rig.scraper.submissions.publisher)
    assert await repairer.repair(found)
    video = await rig.video(VICTIM)
    assert (video["state"], video["url"], "audio" in video) == ("queued", WATCH + VICTIM, False)
    assert violations_of(video, [], datetime.now(UTC), Limits(60, 8)) == []


IDS = [
    *("a:b", "A:b".lower() + "B", "a:B", "a:b.", "a:b..", "a:.b", "a:..", "a:.", "a:%2E", "a:%2E%2E", "a:~2E"),
    *("a:é", "a:e\u0301", "a:%C3%A9", "a:~C3~A9", "..:b", ".:b", "a.:b", "a..:b", "a:b%2F", "a:b~2F", "a:b\\", "a:b+"),
    *("a+:b", "a:\u212a", "a:K", "a:k", "a:ß", "a:ss", "a:ﬁ", "a:fi", "a:b?x", "a:b#x", "a:b:c", "a:b;c"),
]


def test_no_two_ids_share_a_folder(inputs: Callable[[int], None]) -> None:
    inputs(len(IDS))
    folders = {folder_of(id_): id_ for id_ in IDS}
    assert len(folders) == len(set(IDS)) == len(IDS)
    for folder, id_ in folders.items():
        assert video_of(f"{folder}mp3-320.mp3") == id_
        steps = folder.rstrip("/").split("/")
        assert len(steps) == 4
        # No step means the folder above, and Azure's clients would drop a dot at the end of one.
        assert not any(step.endswith(".") for step in steps)
