"""Addresses as people write them: of the API, of playlists, of videos. No other module of the commands parses one."""

from __future__ import annotations

import re
from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit

from shared.addresses.parse import BadAddress, playlist_address
from shared.addresses.video_addresses import YOUTUBE, source_ids_in
from shared.setting_rules.text import check_text
from shared.setting_rules.urls import http_address
from shared.untrusted.text import printable

#: What people write before the host, right or wrong: http://, https:/, ftp://, //
_SCHEME = re.compile(r"^(?:(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):(?=/)/*|//+)?(?P<rest>.*)$", re.DOTALL)
#: Paths that follow the API's address in a browser or in this project's pages.
_PATHS_OF_THE_API = re.compile(r"/(?:v1|readyz|livez|metrics|index\.html)(?:/.*)?$|/*[?#].*$")


def api_address(text: str) -> str:
    """Return the API's address without blanks around it. Raises ValueError with the rule and what to write instead."""
    text = text.strip()
    meant = _meant(text)
    try:
        check_text(text)
        http_address(text, path=True)
        if meant is not None and _PATHS_OF_THE_API.search(text.rstrip("/")):
            raise ValueError("it must not contain a path of the API")
    except ValueError as error:
        right = f"Write {meant}" if meant is not None else "Write it as http://127.0.0.1:8000"
        raise ValueError(f"{error}. {right}") from None
    return text


def is_on_this_machine(url: str) -> bool:
    """Whether an address is on this machine: loopback or localhost."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def with_other_scheme(url: str) -> str:
    """Return the same address with http for https, or https for http."""
    parts = urlsplit(url)
    return parts._replace(scheme="http" if parts.scheme == "https" else "https").geturl()


def host_and_port(url: str) -> tuple[str, int]:
    """Return the host and port of a valid address."""
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def playlist_id(text: str | None) -> str | None:
    """Return the id of a playlist that is named by its id or its address; other texts unchanged."""
    if text is None or text.startswith(("youtube:", "url:")):
        return text
    try:
        return playlist_address(text).playlist_id
    except BadAddress:
        return text


def video_id(text: str) -> str:
    """Return the id of a video that is named by its id, with or without `youtube:`, or by a YouTube address."""
    if "/" in text:
        meant = source_ids_in(text if "://" in text else f"https://{text}")
        if meant is not None and len(meant) == 1:
            return f"{YOUTUBE}:{next(iter(meant))}"
    return text if ":" in text or text in ("", ".", "..") else f"{YOUTUBE}:{text}"


def playlist_problem(text: str) -> str | None:
    """Return what is wrong with a playlist's address and what to write instead; None if it is right."""
    try:
        playlist_address(text)
    except BadAddress as error:
        return str(error)
    return None


def shown(url: str) -> str:
    """Return an address on one line, without terminal control characters."""
    return str(printable(url))


def _meant(text: str) -> str | None:
    """Return the address that `text` probably means, without a password; None if that is unclear."""
    found = _SCHEME.match(text)
    if found is None:
        return None
    rest = _PATHS_OF_THE_API.sub("", found["rest"]).rpartition("@")[2].strip().rstrip("/")
    place, slash, path = rest.partition("/")
    place = _bracketed(place)
    scheme = (found["scheme"] or "").lower()
    try:
        if scheme not in ("http", "https"):
            has_port = ":" in place.rpartition("]")[2] and not place.endswith(":443")
            scheme = "http" if has_port or is_on_this_machine(f"http://{place}") else "https"
        return http_address(f"{scheme}://{place}{slash}{path}", path=True)
    except ValueError:
        return None


def _bracketed(place: str) -> str:
    """Return an IPv6 address in brackets, with its port if it has one; other texts unchanged."""
    if place.startswith("[") or place.count(":") < 2:
        return place
    host, _, port = place.rpartition(":")
    for address, behind in ((host, f":{port}"), (place, "")):
        try:
            # In ::1:8000 the last part is meant as a port: few addresses end in four digits.
            if behind and not (port.isdigit() and len(port) > 1):
                continue
            IPv6Address(address)
        except ValueError:
            continue
        return f"[{address}]{behind}"
    return place
