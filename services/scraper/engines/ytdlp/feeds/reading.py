"""Reads a feed (Atom, RSS) by yt-dlp's network layer: under the same guard, pace, proxy and count as all else."""

from __future__ import annotations

import calendar
import io
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from typing import Any

import feedparser
from yt_dlp.networking import Request
from yt_dlp.networking.exceptions import HTTPError

from services.scraper.engines.foreign_code import ForeignError, foreign_code
from services.scraper.engines.values import FeedRead, ListedVideo, SourceRules
from services.scraper.engines.ytdlp.client import TOO_MANY, CountingYtdlp, Words, options_of
from services.scraper.engines.ytdlp.evidence import evidence_of, witnessed
from services.scraper.engines.ytdlp.feeds.hubs import named_hub
from services.scraper.failures import Evidence, classify
from services.scraper.failures.reason_groups import OF_EGRESS
from shared.untrusted.bounds import LAST_MOMENT

#: Bytes and entries of a feed that are read at most.
MAX_BYTES, MAX_ENTRIES = 4 * 2**20, 500
NOT_MODIFIED = 304
#: Characters of the ETag and date of a feed; longer ones are not sent back.
MAX_ETAG, MAX_DATE = 500, 100


def read_feed(url: str, rules: SourceRules, etag: str | None, modified: str | None) -> FeedRead | Evidence:
    """Read a feed, if it has changed since its server sent `etag` or `modified`.

    Returns evidence only if the source refuses this egress, or nothing may be asked now. Everything else that goes
    wrong says nothing of the list: it is the `unknown` of the result.
    """
    words = Words()
    ydl = CountingYtdlp(options_of(words, rules), rules)
    headers = {name: said for name, said in (("If-None-Match", etag), ("If-Modified-Since", modified)) if said}
    try:
        with foreign_code(HTTPError), ydl, ydl.urlopen(Request(url, headers=headers)) as answer:
            body = answer.read(MAX_BYTES)
            head = _Head.of(url, answer.headers)
            # Within the block: whatever a feed does to its parser says nothing of the list.
            return _parsed(body, ydl, head)
    except HTTPError as error:
        if error.status == NOT_MODIFIED:
            return FeedRead(unchanged=True, etag=etag, modified=modified, requests=ydl.asked)
        if error.status != TOO_MANY:
            return FeedRead(requests=ydl.asked, unknown=f"The feed answered HTTP {error.status}")
        return witnessed(evidence_of(error, words), ydl)
    except ForeignError as failed:
        evidence = witnessed(evidence_of(failed.error, words), ydl)
        refused = evidence.not_permitted is not None
        if refused or classify(evidence, datetime.now(UTC)).failure_class in OF_EGRESS:
            return evidence
        return FeedRead(requests=ydl.asked, unknown=f"The feed could not be read: {evidence.text}")


@dataclass(frozen=True)
class _Head:
    """What is known of a feed besides its content: its address, and what its headers say."""

    url: str
    etag: str | None = None
    modified: str | None = None
    links: tuple[str, ...] = ()

    @classmethod
    def of(cls, url: str, headers: Message) -> _Head:
        etag, modified = _short(headers.get("ETag"), MAX_ETAG), _short(headers.get("Last-Modified"), MAX_DATE)
        return cls(url, etag, modified, tuple(headers.get_all("Link") or ()))


def _parsed(body: bytes, ydl: CountingYtdlp, head: _Head) -> FeedRead:
    # As a stream: it would take bytes that are a path or an address for that, and open it.
    found = feedparser.parse(io.BytesIO(body), sanitize_html=False, resolve_relative_uris=False)
    # Also of a feed that says nothing of the list: a push is worth a look at that.
    hub = named_hub(head.url, head.links, found.feed.get("links") or ())
    entries = []
    for item in found.entries[:MAX_ENTRIES]:
        if (entry := _entry(item, ydl)) is None:
            # An entry that does not name its video may be the new one.
            unknown = f"An entry of the feed names no video: {item.get('link')}"
            return FeedRead(requests=ydl.asked, unknown=unknown, named_hub=hub)
        entries.append(entry)
    if not entries:
        return FeedRead(requests=ydl.asked, unknown="The feed has no entries", named_hub=hub)
    return FeedRead(False, tuple(entries), head.etag, head.modified, ydl.asked, named_hub=hub)


def _short(value: str | None, longest: int) -> str | None:
    return value if value is not None and len(value) <= longest else None


def _entry(item: Any, ydl: CountingYtdlp) -> ListedVideo | None:
    link = item.get("link")
    video_id = ydl.single_video_of(link) if isinstance(link, str) else None
    if video_id is None or not isinstance(link, str):
        return None
    return ListedVideo(video_id, link, item.get("title"), None, item.get("author"), _published(item))


def _published(item: Any) -> datetime | None:
    parts = item.get("published_parsed")
    if not isinstance(parts, time.struct_time):
        return None
    try:
        seconds = calendar.timegm(parts)
    except (ValueError, OverflowError):
        return None
    return datetime.fromtimestamp(seconds, UTC) if 0 < seconds < LAST_MOMENT.timestamp() else None
