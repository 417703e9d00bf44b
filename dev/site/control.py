"""The site's control port: add playlists, read what was requested. Plain HTTP on loopback, for tests and the demo.

POST /playlists   {"id": "PL…", "title": "…", "videos": [{"id": "…", "title": "…", …}]}
                      other ids: @name/videos (a channel's tab; "playlists": [ids] for @name/playlists), search:words
                      with "prepare": true the sounds are made before the answer, not at their first request
GET  /requests    {"counts": {"page": {"<id>": 2}, …}, "media_open_peak": 4, "log": [[time, kind, id], …]}
                      the log has the latest 100 000 requests, the counts include all
GET  /requests/{kind}/{id}   {"count": 2}
POST /feeds       {"id": "PL…", "status": 404} answers for a list's or channel's feed with a status ("*": for all);
                      "status": null: with the feed
POST /feed-hubs   {"id": "PL…", "hub": "http://…", "in_header": false} names a hub in a list's or channel's feed, or in
                      its Link header; "hub": null: none
POST /latency     {"seconds": 0.05}
POST /clock       {"ahead_seconds": 3600} sets the site's clock ahead of the machine's
POST /budget      {"requests": 3, "retry_after": 60} answers three more pages and calls, and then each with a 429, until
                      {"requests": null}; without "retry_after" the 429 has no such header
POST /speed       {"bytes_per_second": 50000} limits each connection for media, including open ones; 0: no limit
POST /listing     {"list": "PL…", "page": 3, "how": "half", "times": 1} breaks a page of a list, counted from 1 (0: the
                      list with its unavailable entries); `dev.site.broken_listing` lists the ways
POST /trouble     {"trouble": "bot-check"} puts every video in that trouble, until {"trouble": null} gives each its own
                      again; media addresses that were handed out before are not affected
"""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web

from dev.site.broken_listing import HOWS, BrokenPage
from dev.site.library import Library, SitePlaylist, SiteVideo
from dev.site.media.media import SoundMaker
from dev.site.trouble import trouble_named


class Control:
    """Handlers of the control port."""

    def __init__(self, library: Library, sounds: SoundMaker) -> None:
        self._library = library
        self._sounds = sounds

    def application(self) -> web.Application:
        """Return the aiohttp application of the control port."""
        app = web.Application(client_max_size=64 * 2**20)
        app.router.add_get("/", self.health)
        app.router.add_post("/playlists", self.add_playlist)
        app.router.add_get("/requests", self.requests)
        app.router.add_get("/requests/{kind}/{id}", self.requests_of)
        app.router.add_post("/latency", self.latency)
        app.router.add_post("/feeds", self.feeds)
        app.router.add_post("/feed-hubs", self.feed_hubs)
        app.router.add_post("/clock", self.clock)
        app.router.add_post("/budget", self.budget)
        app.router.add_post("/speed", self.speed)
        app.router.add_post("/trouble", self.trouble)
        app.router.add_post("/listing", self.listing)
        return app

    async def health(self, _: web.Request) -> web.Response:
        """GET /"""
        return web.json_response({"videos": len(self._library.videos), "playlists": len(self._library.playlists)})

    async def add_playlist(self, request: web.Request) -> web.Response:
        """POST /playlists: 400 names what is wrong."""
        body = await request.json()
        try:
            videos = [SiteVideo.from_json(video) for video in body["videos"]]
            ids = tuple(video.id for video in videos)
            lists = tuple(body.get("playlists", ()))
            playlist = SitePlaylist(body["id"], body.get("title", body["id"]), ids, playlist_ids=lists)
        except (KeyError, TypeError, ValueError) as error:
            raise web.HTTPBadRequest(text=f"{type(error).__name__}: {error}") from error
        self._library.add(playlist, videos)
        if body.get("prepare"):
            await asyncio.gather(*(self._sounds.file(video, codec) for video in videos for codec in video.codecs))
        return web.json_response({"url": f"https://www.youtube.com/playlist?list={playlist.id}"}, status=201)

    async def requests(self, _: web.Request) -> web.Response:
        """GET /requests"""
        counts: dict[str, dict[str, int]] = {}
        for (kind, id_), number in self._library.requests.items():
            counts.setdefault(kind, {})[id_] = number
        answer: dict[str, Any] = {
            "counts": counts,
            "media_open_peak": self._library.media_open_peak,
            "log": list(self._library.log),
        }
        return web.json_response(answer)

    async def requests_of(self, request: web.Request) -> web.Response:
        """GET /requests/{kind}/{id}"""
        asked = (request.match_info["kind"], request.match_info["id"])
        return web.json_response({"count": self._library.requests[asked]})

    async def feeds(self, request: web.Request) -> web.Response:
        """POST /feeds"""
        body = await request.json()
        self._library.feed_status.pop(body["id"], None)
        if body["status"] is not None:
            self._library.feed_status[body["id"]] = int(body["status"])
        return web.json_response({"failing": len(self._library.feed_status)})

    async def feed_hubs(self, request: web.Request) -> web.Response:
        """POST /feed-hubs"""
        body = await request.json()
        self._library.feed_hubs.pop(body["id"], None)
        if body["hub"] is not None:
            self._library.feed_hubs[body["id"]] = (str(body["hub"]), bool(body.get("in_header")))
        return web.json_response({"feeds": len(self._library.feed_hubs)})

    async def latency(self, request: web.Request) -> web.Response:
        """POST /latency"""
        self._library.conditions.latency = float((await request.json())["seconds"])
        return web.json_response({"seconds": self._library.conditions.latency})

    async def clock(self, request: web.Request) -> web.Response:
        """POST /clock: answers with the site's new time."""
        self._library.conditions.clock_ahead = float((await request.json())["ahead_seconds"])
        return web.json_response({"now": self._library.conditions.now()})

    async def budget(self, request: web.Request) -> web.Response:
        """POST /budget"""
        body = await request.json()
        conditions = self._library.conditions
        conditions.requests_left = None if body["requests"] is None else int(body["requests"])
        conditions.retry_after = int(body.get("retry_after", 0))
        return web.json_response({"requests": conditions.requests_left, "retry_after": conditions.retry_after})

    async def speed(self, request: web.Request) -> web.Response:
        """POST /speed"""
        self._library.conditions.bytes_per_second = int((await request.json())["bytes_per_second"])
        return web.json_response({"bytes_per_second": self._library.conditions.bytes_per_second})

    async def listing(self, request: web.Request) -> web.Response:
        """POST /listing: 400 names the possible ways. It replaces an earlier setting for that page."""
        body = await request.json()
        if body["how"] not in HOWS:
            raise web.HTTPBadRequest(text=f"there is no {body['how']!r}; there are {', '.join(HOWS)}")
        page = BrokenPage(body["list"], int(body["page"]), body["how"], int(body.get("times", 1)))
        others = [b for b in self._library.broken_pages if (b.list_id, b.page) != (page.list_id, page.page)]
        self._library.broken_pages = [*others, page]
        return web.json_response({"broken": len(self._library.broken_pages)})

    async def trouble(self, request: web.Request) -> web.Response:
        """POST /trouble: 400 names the possible troubles."""
        named = (await request.json())["trouble"]
        try:
            self._library.conditions.trouble = None if named is None else trouble_named(named)
        except ValueError as error:
            raise web.HTTPBadRequest(text=str(error)) from error
        return web.json_response({"trouble": self._library.conditions.trouble})
