"""Parses what people enter for a playlist into a canonical address and a stable id. Pure functions."""

from __future__ import annotations

import hashlib
from urllib.parse import SplitResult, urlsplit

from shared.addresses import youtube
from shared.addresses.hosts import is_inner_host
from shared.addresses.normal_form import host_of, normal_form
from shared.addresses.youtube import PlaylistAddress
from shared.untrusted.bounds import MAX_ADDRESS
from shared.untrusted.text import is_encodable

#: Invisible characters around pasted text: white space, the byte order mark, zero-width and direction marks.
_BLANKS = "".join(chr(code) for code in range(0x3001) if chr(code).isspace()) + (
    "\ufeff\u200b\u200e\u200f\u2060\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)


class BadAddress(ValueError):
    """The text names no playlist; the message describes valid input."""


def playlist_address(text: str) -> PlaylistAddress:
    """Parse a web address, or a YouTube id, handle or search (`youtube.from_text`), into a playlist's address.

    The command line, the API and messages all use this one parser. Addresses of the same list give the same id, so that
    nothing is collected twice. Raises BadAddress.
    """
    text = text.strip(_BLANKS)
    if len(text) > MAX_ADDRESS:
        raise BadAddress(f"The address has {len(text)} characters; at most {MAX_ADDRESS} are allowed.")
    shown = repr(text[:100])
    if not is_encodable(text):
        raise BadAddress(
            f"{shown} contains an incomplete character (lone surrogate): write it as UTF-8, or percent-encode it."
        )
    try:
        found = youtube.from_text(text) or _from_url(text, shown)
    except youtube.NamesNothing as error:
        raise BadAddress(f"{shown} {error}") from error
    if len(found.url) > MAX_ADDRESS:
        raise BadAddress(
            f"The address has {len(found.url)} characters when percent-encoded; at most {MAX_ADDRESS} are allowed."
        )
    return found


def canonical_url(text: str) -> str:
    """The canonical address of the playlist that `text` names. Raises BadAddress."""
    return playlist_address(text).url


def _from_url(text: str, shown: str) -> PlaylistAddress:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError as error:
        raise BadAddress(
            f"{shown} is not a web address: {error}. Give a full one, such as https://host/page."
        ) from error
    _check_parts(parts, shown, text)
    host, url = host_of(parts), normal_form(parts)
    if youtube.is_youtube(host):
        parts = urlsplit(url)
        if (found := youtube.from_url(parts, host)) is not None:
            return found
        url = youtube.other_page(parts, host)
    id_ = f"url:{hashlib.sha256(url.encode()).hexdigest()[:24]}"
    # Percent-encoding can turn one character into nine. If the result is too long, the id still comes from the full
    # normal form, but the address is kept unescaped.
    return PlaylistAddress(id_, url if len(url) <= MAX_ADDRESS else normal_form(urlsplit(text), escaped=False))


def refuse_inner_host(url: str) -> None:
    """Raise BadAddress if the host of a web address is recognizably not on the public internet."""
    host = urlsplit(url).hostname or ""
    if is_inner_host(host):
        raise not_public(host)


def not_public(host: str) -> BadAddress:
    """The error for a host that is not on the public internet, by its name or by the address it resolves to."""
    return BadAddress(f"{host} is not on the public internet: only public addresses are accepted.")


def _check_parts(parts: SplitResult, shown: str, text: str) -> None:
    """Raise BadAddress unless this is an http(s) address with a host, no credentials and no control characters."""
    has_path = bool(parts.netloc) or parts.path.startswith("/")
    if parts.scheme and parts.scheme not in ("http", "https") and has_path:
        raise BadAddress(f"{shown} begins with {parts.scheme}: only http and https addresses are accepted.")
    if parts.scheme not in ("http", "https") or not host_of(parts):
        raise BadAddress(
            f"{shown} is neither a web address nor a playlist id. "
            "Give a full address such as https://www.youtube.com/playlist?list=PL…, a playlist or video id, or @name."
        )
    if any(c.isspace() or not c.isprintable() for c in text):
        raise BadAddress(f"{shown} contains a space or control character; percent-encode it.")
    if parts.username or parts.password:
        raise BadAddress(f"The address of {parts.hostname} contains a user name or password; leave it out.")
