"""What people write to name a playlist, turned into one canonical address and a stable id. Pure functions."""

from __future__ import annotations

import hashlib
import re
from typing import NamedTuple
from urllib.parse import SplitResult, parse_qs, urlsplit

from shared.contracts.hosts import is_inner_host

#: Ids of YouTube's lists: a known prefix and at least ten characters (yt-dlp's own pattern).
_LIST_ID = re.compile(r"(?:PL|LL|EC|UU|FL|RD|UL|TL|PU|OLAK5uy_)[0-9A-Za-z_-]{10,200}")
_YOUTUBE_HOSTS = {"youtube.com", "www.youtube.com", "m.youtube.com", "music.youtube.com"}
LONGEST_ADDRESS = 2048


class BadAddress(ValueError):
    """The text names no playlist; the message says what would."""


class PlaylistAddress(NamedTuple):
    """A playlist's stable id and the one address under which it is known here."""

    playlist_id: str
    url: str


def playlist_address(text: str) -> PlaylistAddress:
    """The playlist that `text` names: a web address, or the bare id of a YouTube list.

    Addresses that lead to one list give one id, so that nothing is collected twice. Raises BadAddress.
    """
    text = text.strip()
    if _LIST_ID.fullmatch(text):
        return _youtube_list(text)
    if len(text) > LONGEST_ADDRESS:
        raise BadAddress(f"The address has {len(text)} characters; at most {LONGEST_ADDRESS} are taken.")
    shown = repr(text[:100])
    try:
        parts = urlsplit(text)
        host = (parts.hostname or "").lower()
        _ = parts.port
    except ValueError as error:
        raise BadAddress(f"{shown} is not a web address: {error}.") from error
    _check_parts(parts, host, shown, text)
    if host in _YOUTUBE_HOSTS:
        list_id = parse_qs(parts.query).get("list", [""])[0]
        if _LIST_ID.fullmatch(list_id) and not (parts.path == "/watch" and list_id.startswith("RD")):
            return _youtube_list(list_id)
        if parts.path == "/playlist":
            raise BadAddress(
                f"{shown} names no playlist: after list= comes an id such as PL…, with at least 12 characters."
            )
    return PlaylistAddress(f"url:{hashlib.sha256(text.encode()).hexdigest()[:24]}", text)


def refuse_inner_host(url: str) -> None:
    """Raise BadAddress if the host of a web address can be seen not to be on the public internet."""
    host = urlsplit(url).hostname or ""
    if is_inner_host(host):
        raise BadAddress(f"{host} is not on the public internet: only what anybody can reach is taken.")


def _check_parts(parts: SplitResult, host: str, shown: str, text: str) -> None:
    """Raise BadAddress unless this is an http(s) address with a host and nothing that has no place in it."""
    has_place = bool(parts.netloc) or parts.path.startswith("/")
    if parts.scheme and parts.scheme not in ("http", "https") and has_place:
        raise BadAddress(f"{shown} begins with {parts.scheme}: only http and https addresses are taken.")
    if parts.scheme not in ("http", "https") or not host:
        raise BadAddress(
            f"{shown} is neither a web address nor a playlist id. "
            "Give a full address such as https://www.youtube.com/playlist?list=PL…, or the id beginning with PL."
        )
    if any(c.isspace() or not c.isprintable() for c in text):
        raise BadAddress(f"{shown} contains a space or control character; percent-encode it.")
    if parts.username or parts.password:
        raise BadAddress(f"The address of {host} contains a user name or password; leave it out.")


def _youtube_list(list_id: str) -> PlaylistAddress:
    return PlaylistAddress(f"youtube:{list_id}", f"https://www.youtube.com/playlist?list={list_id}")
