"""YouTube's addresses and ids, each turned into one canonical address and a stable id. Pure functions."""

from __future__ import annotations

import hashlib
import re
from typing import NamedTuple
from urllib.parse import SplitResult, parse_qs, quote, unquote, urldefrag, urlencode

#: Ids of lists: a known prefix and at least ten characters (yt-dlp's own pattern).
_LIST_ID = re.compile(r"(?:PL|LL|EC|UU|FL|UL|TL|PU|OLAK5uy_)[0-9A-Za-z_-]{10,200}")
_MIX_ID = re.compile(r"RD[0-9A-Za-z_-]{10,200}")
_VIDEO_ID = re.compile(r"[0-9A-Za-z_-]{11}")
_CHANNEL_ID = re.compile(r"UC[0-9A-Za-z_-]{22}")
_HANDLE = re.compile(r"@[^\s/?#&@:]{3,30}")
_SEARCH = re.compile(r"ytsearch(\d{1,6}|all)?:(.+)", re.DOTALL)
_HOSTS = {"youtube.com", "www.youtube.com", "m.youtube.com", "music.youtube.com"}
#: Parts of a channel that have a list of their own; the one without a name is `videos`.
_TABS = {"videos", "shorts", "streams", "podcasts", "releases", "playlists"}
_TAB_ALIASES = {"": "videos", "featured": "videos", "live": "streams"}
_FIRST = "first="
_SITE = "https://www.youtube.com"


class PlaylistAddress(NamedTuple):
    """A playlist's stable id and the one address under which it is known here."""

    playlist_id: str
    url: str


class NamesNothing(ValueError):
    """An address of YouTube that leads to no videos; the text says what would."""


def is_youtube(host: str) -> bool:
    """Whether a host is YouTube's own."""
    return host in _HOSTS or host == "youtu.be"


def from_text(text: str) -> PlaylistAddress | None:
    """What a bare id names: a list, video, channel, a handle such as @name, or a search such as ytsearch20:words."""
    if _LIST_ID.fullmatch(text):
        return _list(text)
    if _CHANNEL_ID.fullmatch(text):
        return _channel(f"channel/{text}", text, "videos")
    if _HANDLE.fullmatch(text):
        return _channel(quote(text, safe="@"), text.lower(), "videos")
    if (wanted := _SEARCH.fullmatch(text)) is not None:
        number, words = wanted.groups()
        return _search(words, None if number == "all" else int(number or 1))
    return _video(text) if _VIDEO_ID.fullmatch(text) else None


def from_url(parts: SplitResult) -> PlaylistAddress | None:
    """What an address of YouTube names; None if it is of no form known here. Raises NamesNothing."""
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    steps = [unquote(step) for step in parts.path.split("/") if step]
    first, rest = (steps[0], steps[1:]) if steps else ("", [])
    listed, watched = query.get("list", ""), query.get("v", "")
    if _LIST_ID.fullmatch(listed):
        return _list(listed)
    if _MIX_ID.fullmatch(listed):
        return _mix(listed, watched)
    if first == "playlist":
        raise NamesNothing("names no playlist: after list= comes an id such as PL…, with at least 12 characters.")
    if first == "feeds":
        return _feed(query)
    if first == "results" and query.get("search_query"):
        return _search(query["search_query"], _first(parts.fragment))
    if (video := _video_in(parts, first, rest, watched)) is not None:
        return _video(video)
    return _channel_in(first, rest)


def wanted_of(url: str) -> tuple[str, int | None]:
    """The address to ask, and how many entries from its beginning are wanted; None: all."""
    bare, fragment = urldefrag(url)
    return (bare, number) if (number := _first(fragment)) is not None else (url, None)


def _list(list_id: str) -> PlaylistAddress:
    return PlaylistAddress(f"youtube:{list_id}", f"{_SITE}/playlist?list={list_id}")


def _video(video_id: str) -> PlaylistAddress:
    return PlaylistAddress(f"youtube:{video_id}", f"{_SITE}/watch?v={video_id}")


def _video_in(parts: SplitResult, first: str, rest: list[str], watched: str) -> str | None:
    candidate = ""
    if parts.hostname == "youtu.be":
        candidate = first
    elif first == "watch":
        candidate = watched
    elif first in ("shorts", "live", "embed", "v") and rest:
        candidate = rest[0]
    return candidate if _VIDEO_ID.fullmatch(candidate) else None


def _mix(mix_id: str, video_id: str) -> PlaylistAddress:
    """A mix is made for the video it begins with, and has no page of its own."""
    begin = video_id if _VIDEO_ID.fullmatch(video_id) else mix_id.removeprefix("RD")
    if not _VIDEO_ID.fullmatch(begin):
        raise NamesNothing("is a mix without its first video: give the address with watch?v=… and list=RD….")
    return PlaylistAddress(f"youtube:{mix_id}", f"{_SITE}/watch?v={begin}&list={mix_id}")


def _feed(query: dict[str, str]) -> PlaylistAddress:
    """A feed lists 15 videos and is often out of order; the list behind it has them all."""
    channel, listed = query.get("channel_id", ""), query.get("playlist_id", "")
    if _CHANNEL_ID.fullmatch(channel):
        return _list(f"UU{channel.removeprefix('UC')}")
    if _LIST_ID.fullmatch(listed):
        return _list(listed)
    raise NamesNothing("is a feed of nothing known: it needs channel_id=UC… or playlist_id=PL….")


def _search(words: str, number: int | None) -> PlaylistAddress:
    words = " ".join(words.split())
    name = hashlib.sha256(words.encode()).hexdigest()[:16]
    suffix = "" if number is None else f"#{_FIRST}{number}"
    limit = "all" if number is None else str(number)
    url = f"{_SITE}/results?{urlencode({'search_query': words}, quote_via=quote)}{suffix}"
    return PlaylistAddress(f"youtube:search-{name}-{limit}", url)


def _first(fragment: str) -> int | None:
    number = fragment.removeprefix(_FIRST)
    return int(number) if fragment.startswith(_FIRST) and number.isdecimal() and len(number) < 7 else None


def _channel_in(first: str, rest: list[str]) -> PlaylistAddress | None:
    if _HANDLE.fullmatch(first):
        return _channel(quote(first, safe="@"), first.lower(), rest[0] if rest else "")
    if first == "channel" and rest and _CHANNEL_ID.fullmatch(rest[0]):
        return _channel(f"channel/{rest[0]}", rest[0], rest[1] if len(rest) > 1 else "")
    if first in ("c", "user") and rest:
        path = f"{first}/{quote(rest[0], safe='')}"
        return _channel(path, f"{first}:{rest[0]}", rest[1] if len(rest) > 1 else "")
    return None


def _channel(path: str, name: str, tab: str) -> PlaylistAddress | None:
    tab = _TAB_ALIASES.get(tab, tab)
    if tab not in _TABS:
        return None
    id_ = quote(name, safe="@:")[:150]
    return PlaylistAddress(f"youtube:{id_}" + ("" if tab == "videos" else f":{tab}"), f"{_SITE}/{path}/{tab}")
