"""Lists the videos of a playlist while its pages arrive."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import yt_dlp

from services.scraper.cookies import borrow, give_back
from services.scraper.failures import Evidence
from services.scraper.ytdlp.client import CountingYtdlp, Words, load_plugins, options_of
from services.scraper.ytdlp.evidence import evidence_of
from services.scraper.ytdlp_values import Listed, ListedPlaylist, ListedVideo, ListingEnded, SourceRules
from shared.contracts import youtube

#: How many lists deep a listing goes: a channel, its tab of playlists, a playlist.
NESTED_LISTS = 2


def list_videos(url: str, rules: SourceRules, limit: int | None = None) -> Iterator[Listed]:
    """A playlist's head, then its videos as pages arrive. The last item says what it took, or what went wrong.

    A single video's address is a playlist of one. Lists in a list, as in a channel's tab of playlists, are followed.
    `limit`: only so many of the first ones; None: all.
    """
    words = Words()
    options = options_of(words, rules) | {"extract_flat": "in_playlist", "lazy_playlist": True}
    address, wanted = youtube.wanted_of(url)
    wanted = min((number for number in (wanted, limit) if number is not None), default=None)
    load_plugins(rules)
    with tempfile.TemporaryDirectory(prefix="fonoteca-listing-") as folder:
        if rules.cookies_file is None:
            yield from _listed(CountingYtdlp(options), address, wanted, words)
            return
        copy = borrow(rules.cookies_file, Path(folder))
        yield from _listed(CountingYtdlp(options | {"cookiefile": str(copy)}), address, wanted, words)
        with suppress(OSError):
            give_back(copy, rules.cookies_file)


def _listed(ydl: CountingYtdlp, address: str, wanted: int | None, words: Words) -> Iterator[Listed]:
    try:
        with ydl:
            info = _found(ydl, address)
            if info is None:
                yield Evidence("Nothing found at this address; please report this issue", requests=ydl.asked)
                return
            if (single := _single(info, address)) is not None:
                yield ListedPlaylist(single.title, info.get("channel"))
                yield single
            else:
                yield ListedPlaylist(info.get("title"), info.get("channel") or info.get("uploader"))
                yield from itertools.islice(_videos(ydl, info, NESTED_LISTS), wanted)
    except Exception as error:
        yield replace(evidence_of(error, words), requests=ydl.asked)
        return
    yield ListingEnded(ydl.asked)


def _found(ydl: yt_dlp.YoutubeDL, url: str, ie_key: str | None = None) -> dict[str, Any] | None:
    """What is at an address, which may lead to another, a few times. Entries are fetched when they are looked at."""
    info: dict[str, Any] | None = ydl.extract_info(url, download=False, process=False, ie_key=ie_key)
    for _ in range(5):
        if info is None or info.get("_type") not in ("url", "url_transparent") or _flat_video(info) is not None:
            break
        info = ydl.extract_info(info["url"], download=False, process=False, ie_key=info.get("ie_key"))
    return info


def _single(info: dict[str, Any], url: str) -> ListedVideo | None:
    """The video that an address leads to; None if it leads to a list."""
    if info.get("_type") in ("url", "url_transparent"):
        return _flat_video(info)
    if info.get("_type", "video") == "video":
        return ListedVideo(_video_id(info), info.get("webpage_url") or url, info.get("title"), _duration(info))
    return None


def _videos(ydl: yt_dlp.YoutubeDL, info: dict[str, Any], deeper: int) -> Iterator[ListedVideo]:
    for entry in info.get("entries") or ():
        if entry is None:
            continue
        if (video := _flat_video(entry)) is not None:
            yield video
        elif deeper > 0 and (inner := _nested(ydl, entry)) is not None:
            yield from _videos(ydl, inner, deeper - 1)


def _nested(ydl: yt_dlp.YoutubeDL, entry: dict[str, Any]) -> dict[str, Any] | None:
    """A list in a list; None if it is none."""
    if entry.get("_type") == "playlist":
        return entry
    return _found(ydl, entry["url"], entry.get("ie_key")) if entry.get("url") else None


def _flat_video(entry: dict[str, Any]) -> ListedVideo | None:
    """A flat entry as a video; None if it is none (a nested playlist, say)."""
    key = (entry.get("ie_key") or "").lower()
    if not entry.get("id") or not entry.get("url") or not key or "tab" in key or "playlist" in key:
        return None
    return ListedVideo(f"{key}:{entry['id']}", entry["url"], entry.get("title"), _duration(entry))


def _duration(info: dict[str, Any]) -> float | None:
    """Seconds; sources also say 0 or nothing."""
    seconds = info.get("duration")
    return float(seconds) if isinstance(seconds, int | float) and seconds > 0 else None


def _video_id(info: dict[str, Any]) -> str:
    return f"{str(info.get('extractor_key') or info.get('extractor') or 'unknown').lower()}:{info['id']}"
