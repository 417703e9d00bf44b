"""What people write to name a playlist, turned into one canonical address and a stable id. Pure functions."""

from __future__ import annotations

import hashlib
from urllib.parse import SplitResult, urlsplit

from shared.contracts import youtube
from shared.contracts.hosts import is_inner_host
from shared.contracts.youtube import PlaylistAddress

LONGEST_ADDRESS = 2048


class BadAddress(ValueError):
    """The text names no playlist; the message says what would."""


def playlist_address(text: str) -> PlaylistAddress:
    """The playlist that `text` names: a web address, or what stands for one at YouTube (`youtube.from_text`).

    Addresses that lead to one list give one id, so that nothing is collected twice. Raises BadAddress.
    """
    text = text.strip()
    if (known := youtube.from_text(text)) is not None:
        return known
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
    if youtube.is_youtube(host):
        try:
            found = youtube.from_url(parts)
        except youtube.NamesNothing as error:
            raise BadAddress(f"{shown} {error}") from error
        if found is not None:
            return found
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
            "Give a full address such as https://www.youtube.com/playlist?list=PL…, an id of a list or video, or @name."
        )
    if any(c.isspace() or not c.isprintable() for c in text):
        raise BadAddress(f"{shown} contains a space or control character; percent-encode it.")
    if parts.username or parts.password:
        raise BadAddress(f"The address of {host} contains a user name or password; leave it out.")
