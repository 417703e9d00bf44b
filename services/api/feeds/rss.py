"""A podcast feed: RSS 2.0 with iTunes tags, in pages (RFC 5005). Pure functions.

Sources: the RSS 2.0 specification, Apple's "A podcaster's guide to RSS".
"""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import format_datetime
from typing import NamedTuple
from xml.etree import ElementTree

from services.api.feeds.addresses import Addresses
from services.api.feeds.recording import Recording, line
from shared.catalog.documents import Playlist

_ITUNES = "http://www.itunes.com/dtds/podcast-1.0.dtd"
_ATOM = "http://www.w3.org/2005/Atom"
ElementTree.register_namespace("itunes", _ITUNES)
ElementTree.register_namespace("atom", _ATOM)


class Feed(NamedTuple):
    """One page of a playlist's feed."""

    playlist: Playlist
    #: The latest first.
    recordings: list[Recording]
    addresses: Addresses
    #: The query of this page, and of the next one; None if this is the last.
    query: Mapping[str, str | None]
    next_query: Mapping[str, str | None] | None


def rss(feed: Feed) -> bytes:
    """The page as XML in UTF-8."""
    root = ElementTree.Element("rss", version="2.0")
    channel = ElementTree.SubElement(root, "channel")
    playlist = feed.playlist
    title, author = line(playlist.get("title")) or playlist["_id"], line(playlist.get("channel"))
    _add(channel, "title", title)
    _add(channel, "link", line(playlist["url"]))
    _add(channel, "description", f"{title}{f', by {author}' if author else ''}: recordings archived with Fonoteca.")
    _add(channel, "generator", "Fonoteca")
    _link(channel, "self", feed.addresses.feed(playlist["_id"], feed.query))
    if feed.next_query is not None:
        _link(channel, "next", feed.addresses.feed(playlist["_id"], feed.next_query))
    _add(channel, f"{{{_ITUNES}}}author", author or title)
    # The feed needs a key, so public directories must not list it.
    _add(channel, f"{{{_ITUNES}}}block", "Yes")
    _add(channel, f"{{{_ITUNES}}}explicit", "false")
    for recording in feed.recordings:
        _add_item(channel, recording, feed.addresses)
    found: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return found


def _add_item(channel: ElementTree.Element, recording: Recording, addresses: Addresses) -> None:
    item = ElementTree.SubElement(channel, "item")
    _add(item, "title", recording.title)
    _add(item, "link", recording.url)
    details = (recording.channel, recording.url, recording.licence)
    _add(item, "description", " · ".join(text for text in details if text))
    _add(item, "guid", recording.video_id).set("isPermaLink", "false")
    _add(item, "pubDate", format_datetime(recording.published_at))
    ElementTree.SubElement(
        item,
        "enclosure",
        url=addresses.file(recording.video_id, recording.file_name),
        length=str(recording.size_bytes),
        type=recording.content_type,
    )
    _add(item, f"{{{_ITUNES}}}duration", str(round(recording.seconds)))
    if recording.channel:
        _add(item, f"{{{_ITUNES}}}author", recording.channel)


def _add(parent: ElementTree.Element, tag: str, text: str) -> ElementTree.Element:
    element = ElementTree.SubElement(parent, tag)
    element.text = text
    return element


def _link(channel: ElementTree.Element, relation: str, address: str) -> None:
    ElementTree.SubElement(channel, f"{{{_ATOM}}}link", rel=relation, href=address, type="application/rss+xml")
