"""Parses YouTube's addresses and ids into a canonical address and a stable id. Pure functions."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import NamedTuple
from urllib.parse import SplitResult, parse_qs, quote, unquote, urldefrag, urlencode, urlsplit

from shared.addresses.video_ids import MAX_ID, bounded
from shared.untrusted.text import clean_text

#: Ids of lists that have their own page: a known prefix and at least ten characters (yt-dlp's own pattern).
#: RDCLAK: lists by YouTube Music's editors.
_LIST_ID = re.compile(r"(?:PL|LL|EC|UU|FL|UL|TL|PU|OLAK5uy_|RDCLAK)[0-9A-Za-z_-]{10,150}")
_MIX_ID = re.compile(r"RD[0-9A-Za-z_-]{10,150}")
#: Mixes whose id ends with the id of their first video.
_MIX_OF_VIDEO = re.compile(r"RD(?:MM|AMVM)?([0-9A-Za-z_-]{11})")
_VIDEO_ID = re.compile(r"[0-9A-Za-z_-]{11}")
_CHANNEL_ID = re.compile(r"UC[0-9A-Za-z_-]{22}")
_HANDLE = re.compile(r"@[^\s/?#&@:%]{3,30}")
_SEARCH = re.compile(r"ytsearch(\d{1,6}|all)?:(.+)", re.DOTALL)
_SHORT_HOSTS = {"youtu.be", "www.youtu.be"}
_MUSIC_HOST = "music.youtube.com"
_HOSTS = {"youtube.com", "www.youtube.com", "m.youtube.com", "gaming.youtube.com", _MUSIC_HOST} | _SHORT_HOSTS
_HOSTS |= {"youtube-nocookie.com", "www.youtube-nocookie.com"}
#: First path segments that precede a video's id.
_BEFORE_VIDEO = {"shorts", "live", "embed", "v", "e"}
#: Tabs of a channel that have their own list.
TABS = {"videos", "shorts", "streams", "podcasts", "releases", "playlists"}
_TAB_ALIASES = {"live": "streams"}
#: Tabs that stand for the whole channel.
_WHOLE = {"", "featured"}
#: Characters of a channel's quoted name in an id; a tab can follow it.
_MAX_NAME = MAX_ID - max(len(tab) for tab in TABS) - 1
#: Parameters that record where a link came from or where playback starts, not what is listed.
_TRACKING = {"si", "feature", "pp", "t", "ab_channel", "app", "fbclid", "gclid", "sub_confirmation"}
_FIRST = "first="
_SITE = "https://www.youtube.com"


class PlaylistAddress(NamedTuple):
    """A playlist's stable id and its canonical address."""

    playlist_id: str
    url: str


class NamesNothing(ValueError):
    """A YouTube address that names no videos; the text describes a valid one and follows the quoted address."""


def is_youtube(host: str) -> bool:
    """Whether a host is YouTube's own."""
    return host in _HOSTS


def is_video_id(text: str) -> bool:
    """Whether a text has the form of a video id."""
    return _VIDEO_ID.fullmatch(text) is not None


def watch_url(video_id: str) -> str:
    """The canonical address of a video."""
    return f"{_SITE}/watch?v={video_id}"


def mix_url(video_id: str) -> str:
    """The address of the mix that begins with a video: what YouTube plays after it."""
    return f"{_SITE}/watch?v={video_id}&list=RD{video_id}"


def from_text(text: str) -> PlaylistAddress | None:
    """Parse a list, video or channel id, a handle such as @name, or a search such as ytsearch20:words.

    Returns None if `text` is none of these. Raises NamesNothing.
    """
    if _LIST_ID.fullmatch(text):
        return _list(text)
    if _CHANNEL_ID.fullmatch(text):
        return _channel(f"channel/{text}", text, "")
    if text.startswith("@"):
        steps = _steps(text)
        return _channel_in(steps[0], steps[1:]) if steps else None
    if (wanted := _SEARCH.fullmatch(text)) is not None:
        number, words = wanted.groups()
        return _search(words, "", None if number == "all" else int(number or 1))
    if _VIDEO_ID.fullmatch(text):
        return _video(text)
    return _mix(text, "") if _MIX_ID.fullmatch(text) else None


def from_url(parts: SplitResult, host: str) -> PlaylistAddress | None:
    """Parse a YouTube address; None if its form is unknown here. Raises NamesNothing."""
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    steps = _steps(parts.path)
    first, rest = (steps[0], steps[1:]) if steps else ("", [])
    listed = query.get("list", "") if first != "browse" else "".join(rest[:1])
    if _LIST_ID.fullmatch(listed := listed.removeprefix("VL")):
        return _list(listed)
    video = _video_in(host, first, rest, query.get("v", ""))
    if _MIX_ID.fullmatch(listed):
        return _mix(listed, video or query.get("v", ""))
    if first == "playlist":
        raise NamesNothing(
            "names no playlist: list= must be followed by an id such as PL…, with at least 12 characters."
        )
    if first == "feeds":
        return _feed(query)
    if first == "results" and (words := query.get("search_query") or query.get("q")):
        return _search(words, query.get("sp", ""), _first(parts.fragment))
    return _video(video) if video is not None else _channel_in(first, rest)


def other_page(parts: SplitResult, host: str) -> str:
    """The canonical address of a YouTube page of unknown form, given in its normal form."""
    kept = (part for part in parts.query.split("&") if part.partition("=")[0] not in _TRACKING)
    query = "&".join(part for part in kept if part and not part.startswith("utm_"))
    site = f"https://{host.removeprefix('www.')}" if host == _MUSIC_HOST or host in _SHORT_HOSTS else _SITE
    number = _first(parts.fragment)
    end = "" if number is None else f"#{_FIRST}{number}"
    return f"{site}{parts.path.rstrip('/') or '/'}{'?' if query else ''}{query}{end}"


def is_whole_channel(url: str) -> bool:
    """Whether a canonical address is that of a channel itself, which stands for all its tabs with recordings."""
    parts = urlsplit(url)
    if parts.hostname != "www.youtube.com" or not re.fullmatch(r"/(?:@|channel/|c/|user/)[^/]+", parts.path):
        return False
    found = from_url(parts, parts.hostname)
    return found is not None and found.url == url


def wanted_of(url: str) -> tuple[str, int | None]:
    """The address to request, and how many of its first entries are wanted (None: all)."""
    bare, fragment = urldefrag(url)
    return (bare, number) if (number := _first(fragment)) is not None else (url, None)


def _list(list_id: str) -> PlaylistAddress:
    return PlaylistAddress(f"youtube:{list_id}", f"{_SITE}/playlist?list={list_id}")


def _video(video_id: str) -> PlaylistAddress:
    return PlaylistAddress(f"youtube:{video_id}", watch_url(video_id))


def _video_in(host: str, first: str, rest: list[str], watched: str) -> str | None:
    candidate = ""
    if first in ("watch", "watch_popup"):
        candidate = watched
    elif host in _SHORT_HOSTS:
        candidate = first
    elif first in _BEFORE_VIDEO and rest:
        candidate = rest[0]
    return candidate if _VIDEO_ID.fullmatch(candidate) else None


def _mix(mix_id: str, video_id: str) -> PlaylistAddress:
    """A mix is generated from its first video, and has no page of its own."""
    begin = video_id
    if not _VIDEO_ID.fullmatch(begin):
        of_video = _MIX_OF_VIDEO.fullmatch(mix_id)
        if of_video is None:
            raise NamesNothing("is a mix without its first video: give the address with watch?v=… and list=RD….")
        begin = of_video[1]
    return PlaylistAddress(f"youtube:{mix_id}", f"{_SITE}/watch?v={begin}&list={mix_id}")


def _feed(query: dict[str, str]) -> PlaylistAddress:
    """Replace a feed, which has only 15 videos and is often out of order, with the list it is made from."""
    channel, listed = query.get("channel_id", ""), query.get("playlist_id", "")
    if _CHANNEL_ID.fullmatch(channel):
        return _list(f"UU{channel.removeprefix('UC')}")
    if _LIST_ID.fullmatch(listed):
        return _list(listed)
    raise NamesNothing("is an unknown feed: it needs channel_id=UC… or playlist_id=PL….")


def _search(words: str, filters: str, number: int | None) -> PlaylistAddress | None:
    words = unicodedata.normalize("NFC", " ".join(clean_text(words).split()))
    if not words:
        return None
    asked = {"search_query": words} | ({"sp": filters} if filters else {})
    name = hashlib.sha256("\n".join(asked.values()).encode()).hexdigest()[:16]
    suffix = "" if number is None else f"#{_FIRST}{number}"
    limit = "all" if number is None else str(number)
    url = f"{_SITE}/results?{urlencode(asked, quote_via=quote)}{suffix}"
    return PlaylistAddress(f"youtube:search-{name}-{limit}", url)


def _first(fragment: str) -> int | None:
    number = fragment.removeprefix(_FIRST)
    return int(number) if fragment.startswith(_FIRST) and number.isdecimal() and len(number) < 7 else None


def _steps(path: str) -> list[str]:
    """The decoded segments of a path; none if one is not UTF-8."""
    try:
        return [unicodedata.normalize("NFC", unquote(step, errors="strict")) for step in path.split("/") if step]
    except UnicodeDecodeError:
        return []


def _channel_in(first: str, rest: list[str]) -> PlaylistAddress | None:
    if _HANDLE.fullmatch(first):
        return _channel(quote(first, safe="@"), quote(_without_case(first), safe="@"), "".join(rest[:1]))
    name, tab = "".join(rest[:1]), "".join(rest[1:2])
    if first == "channel" and _CHANNEL_ID.fullmatch(name):
        return _channel(f"channel/{name}", name, tab)
    if first in ("c", "user") and name:
        return _channel(f"{first}/{quote(name, safe='')}", f"{first}:{quote(_without_case(name), safe='')}", tab)
    return None


def _without_case(name: str) -> str:
    """Fold the case of a channel's name, which is insignificant; NFC joins letters that `lower` takes apart."""
    return unicodedata.normalize("NFC", name.lower())


def _channel(path: str, name: str, tab: str) -> PlaylistAddress | None:
    tab = _TAB_ALIASES.get(tab.lower(), tab.lower())
    # A quoted name never contains `%%`, which marks one that is cut.
    id_ = bounded(name, _MAX_NAME, "%")
    if tab in _WHOLE:
        return PlaylistAddress(f"youtube:{id_}", f"{_SITE}/{path}")
    return PlaylistAddress(f"youtube:{id_}:{tab}", f"{_SITE}/{path}/{tab}") if tab in TABS else None
