"""The feeds of lists and channels: the 15 newest entries, with an ETag, and in the troubles that real feeds have."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from xml.etree import ElementTree

from aiohttp import web

from dev.site.library import Library, SitePlaylist, SiteVideo
from dev.site.pages import channel_id

#: Entries of a feed, as on YouTube.
FEED_SIZE = 15
_ATOM, _YT = "http://www.w3.org/2005/Atom", "http://www.youtube.com/xml/schemas/2015"


class Feeds:
    """GET /feeds/videos.xml?channel_id=UC… or playlist_id=PL…"""

    def __init__(self, library: Library) -> None:
        self._library = library

    async def feed(self, request: web.Request) -> web.Response:
        """The feed; 304 for who has it; the status that the control port says instead."""
        id_ = request.query.get("playlist_id") or request.query.get("channel_id", "")
        self._library.count("feed", id_)
        status = self._library.feed_status.get(id_, self._library.feed_status.get("*"))
        if status is not None:
            return web.Response(status=status)
        found = self._list(id_)
        if found is None:
            return web.Response(status=404)
        hub, in_header = self._library.feed_hubs.get(id_, (None, False))
        links = {"hub": hub, "self": str(request.url)} if hub is not None else {}
        videos = [self._library.videos[id_] for id_ in found.video_ids[:FEED_SIZE]]
        body = _atom(found, videos, {} if in_header else links)
        etag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
        if request.headers.get("If-None-Match") == etag:
            self._library.count("feed-unchanged", id_)
            return web.Response(status=304, headers={"ETag": etag})
        headers = {"ETag": etag}
        if links and in_header:
            headers["Link"] = ", ".join(f'<{href}>; rel="{rel}"' for rel, href in links.items())
        return web.Response(body=body, content_type="application/atom+xml", headers=headers)

    def _list(self, id_: str) -> SitePlaylist | None:
        if id_ in self._library.playlists:
            return self._library.playlists[id_]
        tabs = (found for found in self._library.playlists.values() if found.id.endswith("/videos"))
        return next((tab for tab in tabs if channel_id(tab.id.split("/")[0]) == id_), None)


def _atom(found: SitePlaylist, videos: list[SiteVideo], links: Mapping[str, str]) -> bytes:
    root = ElementTree.Element(f"{{{_ATOM}}}feed")
    ElementTree.SubElement(root, f"{{{_ATOM}}}title").text = found.title
    for rel, href in links.items():
        ElementTree.SubElement(root, f"{{{_ATOM}}}link", {"rel": rel, "href": href})
    for video in videos:
        entry = ElementTree.SubElement(root, f"{{{_ATOM}}}entry")
        ElementTree.SubElement(entry, f"{{{_ATOM}}}id").text = f"yt:video:{video.id}"
        ElementTree.SubElement(entry, f"{{{_YT}}}videoId").text = video.id
        ElementTree.SubElement(entry, f"{{{_ATOM}}}title").text = video.title
        link = f"https://www.youtube.com/watch?v={video.id}"
        ElementTree.SubElement(entry, f"{{{_ATOM}}}link", {"rel": "alternate", "href": link})
        author = ElementTree.SubElement(entry, f"{{{_ATOM}}}author")
        ElementTree.SubElement(author, f"{{{_ATOM}}}name").text = video.channel
        ElementTree.SubElement(entry, f"{{{_ATOM}}}published").text = _moment(video).isoformat()
    body: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return body


def _moment(video: SiteVideo) -> datetime:
    if video.published_at:
        return datetime.fromtimestamp(video.published_at, UTC)
    return datetime.fromisoformat(video.upload_date).replace(tzinfo=UTC)
