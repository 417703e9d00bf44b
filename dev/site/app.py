"""The site's addresses, and its HTTP handlers for pages and the player's calls."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aiohttp import web

from dev.site import pages
from dev.site.broken_listing import How
from dev.site.companions import Companions
from dev.site.feeds import Feeds
from dev.site.library import Library, SitePlaylist, SiteVideo
from dev.site.media.covers import Covers
from dev.site.media.fragments import FragmentMaker
from dev.site.media.media import SoundMaker
from dev.site.playback import Playback, reset, retry_after
from dev.site.player.answer import player
from dev.site.player.broadcast import LIVE_MANIFEST
from dev.site.player.challenge import SOLVABLE, SOLVABLE_PATH, UNSOLVABLE, UNSOLVABLE_PATH
from dev.site.trouble import Trouble

#: Beginnings of the paths of pages and of the player's calls, to which a budget of the site applies.
BUDGETED = ("/watch", "/playlist", "/youtubei/", "/@", "/feeds/")
#: Where Google redirects suspected robots.
SORRY = "https://www.google.com/sorry/index"
#: Number of the extra page of a list, which includes its unavailable entries.
RELOAD = 0
JSON_TYPE = "application/json"


class Site:
    """The emulated hosts, all in one application, since their paths do not collide."""

    def __init__(self, library: Library, sounds: SoundMaker, fragments: FragmentMaker, covers: Covers) -> None:
        self._library = library
        self._playback = Playback(library, sounds, fragments)
        self._companions = Companions(library, covers)
        self._feeds = Feeds(library)

    def application(self) -> web.Application:
        """Return the aiohttp application to serve behind TLS."""
        app = web.Application(middlewares=[self._slow_down, self._keep_budget])
        app.router.add_get("/playlist", self.playlist_page)
        app.router.add_get("/watch", self.watch_page)
        app.router.add_get("/feeds/videos.xml", self._feeds.feed)
        app.router.add_get("/embed/{id}", self.embed_page)
        app.router.add_get("/iframe_api", self.player_address)
        app.router.add_get("/videoplayback", self._playback.media)
        app.router.add_get("/api/timedtext", self._companions.captions)
        app.router.add_get("/{folder:vi|vi_webp}/{id}/{name}", self._companions.thumbnail)
        app.router.add_get("/api/manifest/hls_variant/{rest:.*}", self.live_manifest)
        app.router.add_get("/s/player/{rest:.*}", self.player_script)
        app.router.add_get("/sorry/index", self.sorry)
        app.router.add_post("/youtubei/v1/browse", self.browse)
        app.router.add_post("/youtubei/v1/navigation/resolve_url", self.resolve)
        app.router.add_post("/youtubei/v1/next", self.next)
        app.router.add_post("/youtubei/v1/player", self.player)
        app.router.add_get("/", self.front_page)
        app.router.add_post("/youtubei/v1/search", self.search)
        app.router.add_get("/{name:@[^/]+}/{tab}", self.channel_tab)
        app.router.add_get("/fragments/{id}/{name}", self._playback.fragment)
        return app

    @web.middleware
    async def _slow_down(self, request: web.Request, handler: Any) -> web.StreamResponse:
        if self._library.conditions.latency:
            await asyncio.sleep(self._library.conditions.latency)
        response: web.StreamResponse = await handler(request)
        return response

    @web.middleware
    async def _keep_budget(self, request: web.Request, handler: Any) -> web.StreamResponse:
        conditions = self._library.conditions
        if request.path.startswith(BUDGETED):
            self._library.count("asked", "pages")
        if request.path.startswith(BUDGETED) and not conditions.spend():
            self._library.count("over-budget", request.path)
            raise web.HTTPTooManyRequests(headers=retry_after(conditions.retry_after))
        response: web.StreamResponse = await handler(request)
        return response

    async def playlist_page(self, request: web.Request) -> web.Response:
        """GET /playlist?list=ID"""
        id_ = request.query.get("list", "")
        self._library.count("playlist", id_)
        how = self._library.broken(id_, 1)
        _raise_if_unwell(how)
        return _html(None, {} if how in ("nothing", "garbled") else self._playlist_data(id_, how))

    async def browse(self, request: web.Request) -> web.Response:
        """POST /youtubei/v1/browse: the list again with its unavailable entries, or another page of it."""
        body = await request.json()
        if "continuation" in body:
            id_, start = str(body["continuation"]).rsplit(":", 1)
            self._library.count("continuation", id_)
            how = self._library.broken(id_, int(start) // pages.PAGE_SIZE + 1)
            _raise_if_unwell(how)
            answer = pages.continuation(self._library.playlists[id_], self._library.videos, int(start), how)
            text = json.dumps(answer)
            return web.Response(text=text[: len(text) // 2] if how == "garbled" else text, content_type=JSON_TYPE)
        id_ = str(body.get("browseId", "")).removeprefix("VL")
        how = self._library.broken(id_, RELOAD)
        _raise_if_unwell(how)
        return web.json_response({"responseContext": {}} if how is not None else self._playlist_data(id_))

    async def resolve(self, request: web.Request) -> web.Response:
        """POST /youtubei/v1/navigation/resolve_url: the other way to a list, for clients that did not get its page."""
        query = urlsplit(str((await request.json()).get("url", ""))).query
        id_ = parse_qs(query).get("list", [""])[0]
        if self._library.broken(id_, 1) == "refused":
            raise web.HTTPTooManyRequests
        raise web.HTTPNotFound

    def _playlist_data(self, id_: str, how: How | None = None) -> dict[str, Any]:
        playlist = self._library.playlists.get(id_)
        return pages.playlist_data(playlist, self._library.videos, how) if playlist else pages.no_such_playlist()

    async def watch_page(self, request: web.Request) -> web.Response:
        """GET /watch?v=ID: an attempt to get the video begins here."""
        id_ = request.query.get("v", "")
        self._library.count("page", id_)
        video = self._library.video(id_)
        if self._library.trouble_of(video) == "page-429":
            raise web.HTTPTooManyRequests(headers=retry_after(video.retry_after))
        beside = self._beside(video, request.query.get("list"))
        unsolvable = self._library.trouble_of(video) == "js-challenge"
        return _html(self._player_answer(request, video), beside, UNSOLVABLE_PATH if unsolvable else SOLVABLE_PATH)

    def _beside(self, video: SiteVideo, list_id: object) -> dict[str, Any]:
        """Return the suggestions beside a video, with the mix in which it is watched."""
        data = pages.watch_data(video)
        if isinstance(list_id, str) and (mix := self._library.playlists.get(list_id)) is not None:
            panel = pages.mix_panel(mix, self._library.videos)
            data["contents"]["twoColumnWatchNextResults"]["playlist"] = {"playlist": panel}
        return data

    async def front_page(self, _: web.Request) -> web.Response:
        """GET /: a search reads its settings here."""
        return _html(None, {})

    async def search(self, request: web.Request) -> web.Response:
        """POST /youtubei/v1/search"""
        words = str((await request.json()).get("query", ""))
        self._library.count("search", words)
        return web.json_response(pages.found_data(self._library.playlists.get(f"search:{words}"), self._library.videos))

    async def channel_tab(self, request: web.Request) -> web.Response:
        """GET /@name/videos and its other tabs"""
        id_ = f"{request.match_info['name']}/{request.match_info['tab']}"
        self._library.count("playlist", id_)
        if self._library.broken(id_, 1) is not None:
            raise web.HTTPInternalServerError
        if (tab := self._library.playlists.get(id_)) is None:
            name = request.match_info["name"]
            if not any(other.startswith(f"{name}/") for other in self._library.playlists):
                raise web.HTTPNotFound
            # A channel without this tab shows its front page.
            tab = SitePlaylist(f"{name}/featured", name, ())
        return _html(None, pages.tab_data(tab, self._library.videos, self._library.playlists))

    async def embed_page(self, _: web.Request) -> web.Response:
        """GET /embed/ID: yt-dlp tries it for age-restricted videos."""
        return _html(None, {})

    async def next(self, request: web.Request) -> web.Response:
        """POST /youtubei/v1/next: the suggestions beside the video, for clients that did not get its page."""
        body = await request.json()
        video = self._library.video(str(body.get("videoId", "")))
        if self._library.trouble_of(video) == "sorry":
            raise web.HTTPFound(SORRY)
        return web.json_response(self._beside(video, body.get("playlistId")))

    async def player(self, request: web.Request) -> web.Response:
        """POST /youtubei/v1/player"""
        id_ = str((await request.json()).get("videoId", ""))
        self._library.count("player", id_)
        return web.json_response(self._player_answer(request, self._library.video(id_)))

    def _player_answer(self, request: web.Request, video: SiteVideo) -> dict[str, Any]:
        trouble = self._library.trouble_of(video)
        _refuse(request, video, trouble)
        return player(video, trouble, self._library.conditions.now())

    async def player_address(self, _: web.Request) -> web.Response:
        """GET /iframe_api: the path of the player's script, for clients that did not get the page that names it."""
        return web.Response(text=f"var scriptUrl = 'https:\\/\\/www.youtube.com{SOLVABLE_PATH}';")

    async def player_script(self, request: web.Request) -> web.Response:
        """GET /s/player/…"""
        script = UNSOLVABLE if request.path == UNSOLVABLE_PATH else SOLVABLE
        return web.Response(text=script, content_type="text/javascript")

    async def live_manifest(self, _: web.Request) -> web.Response:
        """GET /api/manifest/hls_variant/…"""
        return web.Response(text=LIVE_MANIFEST, content_type="application/vnd.apple.mpegurl")

    async def sorry(self, _: web.Request) -> web.Response:
        """GET /sorry/index: Google's page for robots is a 429."""
        raise web.HTTPTooManyRequests


def _refuse(request: web.Request, video: SiteVideo, trouble: Trouble) -> None:
    """Raise the answer that the trouble returns instead of a page or a player's answer, if any."""
    match trouble:
        case "player-429":
            raise web.HTTPTooManyRequests(headers=retry_after(video.retry_after))
        case "player-503":
            raise web.HTTPServiceUnavailable
        case "player-reset":
            reset(request)
        case "sorry":
            raise web.HTTPFound(SORRY)


def _raise_if_unwell(how: How | None) -> None:
    """Raise the error status of a page of a list that is broken in this way."""
    if how == "error":
        raise web.HTTPInternalServerError
    if how == "refused":
        raise web.HTTPTooManyRequests


def _html(player_answer: dict[str, Any] | None, initial: dict[str, Any], script: str = SOLVABLE_PATH) -> web.Response:
    return web.Response(text=pages.html(player_answer, initial, script), content_type="text/html")
