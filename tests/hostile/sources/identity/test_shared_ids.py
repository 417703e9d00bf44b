"""Two sites that tell the same id have two videos: neither is stored, nor counted as stored, as the other's."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from aiohttp import web

from services.scraper.engines import ytdlp
from services.scraper.engines.values import Downloaded, ListedVideo, Served, SourceRules
from services.scraper.engines.ytdlp.identity import check_identity, id_at, identified
from services.scraper.failures import Evidence

HONEST, EVIL = "https://honest.example", "https://evil.example"
WATCH = "https://www.youtube.com/watch?v=AAAAvictim1"
RULES = SourceRules(0, ("default",), private_hosts=True)


@pytest.mark.parametrize(
    ("extractor", "source_id", "path"),
    [
        ("Generic", "talk1", "/x/talk1.mp3"),
        ("Generic", "talk1", "/talk1"),
        ("HTML5MediaEmbed", "page-1", "/page"),
        ("WordpressPlaylistEmbed", "song", "/song.mp3"),
        ("Mediasite", "2db6c271681e4f199af3c60d1f82869b1d", "/Mediasite/Play/2db6c271681e4f199af3c60d1f82869b1d"),
        ("Vimeo", "76979871", "/76979871"),
        ("Youtube", "AAAAvictim1", "/watch?v=AAAAvictim1"),
        ("NoSuchExtractor", "1", "/1"),
    ],
)
def test_an_id_that_any_site_can_tell_is_bound_to_its_address(extractor: str, source_id: str, path: str) -> None:
    honest, evil = (id_at(extractor, source_id, site + path) for site in (HONEST, EVIL))
    assert honest != evil
    assert f"{extractor.lower()}:{source_id}" not in (honest, evil)
    assert honest == id_at(extractor.lower(), source_id, HONEST.upper().replace("HTTPS", "https") + f":443{path}#t=1")
    assert honest != id_at(extractor, source_id, f"{HONEST}{path}{'&' if '?' in path else '?'}other=1")


@pytest.mark.parametrize(
    ("extractor", "source_id", "address"),
    [
        ("Youtube", "AAAAvictim1", WATCH),
        ("Youtube", "AAAAvictim1", f"{WATCH}&list=PLAAAAvictim1"),
        ("Youtube", "AAAAvictim1", "AAAAvictim1"),
        ("Youtube", "AAAAvictim1", "https://www.youtube.com/embed/AAAAvictim1"),
        ("Vimeo", "76979871", "https://vimeo.com/76979871"),
        ("Soundcloud", "62986583", "https://soundcloud.com/ethmusic/lostin-powers-she-so-heavy"),
    ],
)
def test_an_id_of_a_sites_own_stays_as_it_is(extractor: str, source_id: str, address: str) -> None:
    assert id_at(extractor, source_id, address) == f"{extractor.lower()}:{source_id}"
    found = {"extractor_key": extractor, "id": source_id, "webpage_url": address}
    assert identified(found, f"{EVIL}/page") == (f"{extractor.lower()}:{source_id}", address)


@pytest.mark.parametrize("former", ["youtube AAAAvictim1", "vimeo 76979871", "generic talk1"])
def test_a_page_cannot_say_that_it_was_another_sites_video(former: str) -> None:
    info = {"extractor_key": "Generic", "id": "x", "webpage_url": f"{EVIL}/x", "_old_archive_ids": [former]}
    name, _, source_id = former.partition(" ")
    asked = {f"{name}:{source_id}", id_at(name, source_id, f"{HONEST}/talk1.mp3")}
    for each in asked:
        with pytest.raises(Exception, match="instead"):
            check_identity(info, each, f"{EVIL}/x")
    check_identity(info, id_at(name, source_id, f"{EVIL}/x"), f"{EVIL}/x")


class Site:
    """A site on loopback: a file, a page that embeds it, a feed of it, and a way to it that is new each time."""

    def __init__(self) -> None:
        self.base = ""
        self._numbers = itertools.count()

    async def file(self, _: web.Request) -> web.Response:
        return web.Response(body=b"ID3" + bytes(40_000), content_type="audio/mpeg")

    async def page(self, _: web.Request) -> web.Response:
        text = f'<html><title>x</title><body><audio src="{self.base}/talk1.mp3"></audio></body></html>'
        return web.Response(text=text, content_type="text/html")

    async def feed(self, _: web.Request) -> web.Response:
        items = "".join(
            f'<item><title>t</title><enclosure url="{self.base}{path}" type="audio/mpeg"/></item>'
            for path in ("/talk1.mp3", "/way/talk1.mp3")
        )
        text = f'<?xml version="1.0"?><rss version="2.0"><channel><title>f</title>{items}</channel></rss>'
        return web.Response(text=text, content_type="application/rss+xml")

    async def way(self, _: web.Request) -> web.Response:
        raise web.HTTPFound(f"/talk1.mp3?token={next(self._numbers)}")


@pytest.fixture
async def sites(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Site, Site]]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    both, runners = (Site(), Site()), []
    for site in both:
        app = web.Application()
        app.router.add_get("/talk1.mp3", site.file)
        app.router.add_get("/page/talk1", site.page)
        app.router.add_get("/feed", site.feed)
        app.router.add_get("/way/talk1.mp3", site.way)
        runners.append(runner := web.AppRunner(app))
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        site.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield both
    for runner in runners:
        await runner.cleanup()


def _all_listed(address: str) -> list[ListedVideo]:
    return [item for item in ytdlp.list_videos(address, RULES) if isinstance(item, ListedVideo)]


@pytest.mark.parametrize("path", ["/talk1.mp3", "/page/talk1", "/feed", "/way/talk1.mp3"])
async def test_listing_download_and_witness_tell_one_id_for_one_address(
    sites: tuple[Site, Site], tmp_path: Path, path: str
) -> None:
    honest, evil = [await asyncio.to_thread(_all_listed, site.base + path) for site in sites]
    again = await asyncio.to_thread(_all_listed, sites[0].base + path)
    assert [each.video_id for each in honest] == [each.video_id for each in again]
    assert len({each.video_id for each in (*honest, *evil)}) == 2 * len(honest) > 0
    for number, entry in enumerate(honest):
        assert urlsplit(entry.url).query == ""
        rules = replace(RULES, video_id=entry.video_id)
        for call, kind in ((ytdlp.fetch, Downloaded), (ytdlp.try_out, Served)):
            (folder := tmp_path / f"{number}{kind.__name__}").mkdir()
            result = await asyncio.to_thread(call, entry.url, folder, rules)
            assert isinstance(result, kind), result
        (folder := tmp_path / f"{number}").mkdir()
        plain = await asyncio.to_thread(ytdlp.fetch, entry.url, folder, RULES)
        assert isinstance(plain, Downloaded), plain
        assert plain.found_id == entry.video_id
        (folder := tmp_path / f"{number}evil").mkdir()
        other = await asyncio.to_thread(ytdlp.fetch, evil[number].url, folder, rules)
        assert isinstance(other, Evidence), other
        assert other.other_id == evil[number].video_id


def test_an_address_alone_names_the_same_id() -> None:
    path = "/Mediasite/Play/2db6c271681e4f199af3c60d1f82869b1d"
    for site in (HONEST, EVIL):
        [entry] = _all_listed(site + path)
        assert entry.video_id == ytdlp.video_named_by(site + path, RULES)
        assert entry.video_id == id_at("Mediasite", path.rpartition("/")[2], site + path)
