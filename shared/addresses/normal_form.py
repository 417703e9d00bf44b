"""Web addresses in one form each: those that ask a server for the same become the same. Pure functions.

What is done is safe for every server (RFC 3986, 6.2.2 and 6.2.3), and clients do it before they ask; the order of a
query, a slash at the end and http for https may mean something, and stay.
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import SplitResult, quote, urlunsplit

#: What an address may hold unquoted, beside letters, digits and `_.-~`; yt-dlp and requests leave the same.
_IN_PLACE = "%/;:@&=+$,!*'()?#[]"
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = re.compile(r"[0-9A-Za-z_.~-]")
_DEFAULT_PORTS = {"http": 80, "https": 443}


def host_of(parts: SplitResult) -> str:
    """The host as it is looked up: lower-case ASCII, without a dot at its end. What no resolver can take stays."""
    host = (parts.hostname or "").rstrip(".\u3002\uff0e\uff61")
    try:
        # IDNA 2003, as yt-dlp asks; UnicodeError is a ValueError.
        return ipaddress.IPv6Address(host).compressed if ":" in host else host.encode("idna").decode("ascii").lower()
    except ValueError:
        return host


def normal_form(parts: SplitResult, *, escaped: bool = True) -> str:
    """The one form of an http(s) address; `escaped=False` leaves all after the host as it is written."""
    host, port = host_of(parts), parts.port
    place = f"[{host}]" if ":" in host else host
    if port is not None and port != _DEFAULT_PORTS.get(parts.scheme):
        place += f":{port}"
    path, query, fragment = parts.path, parts.query, parts.fragment
    if escaped:
        path, query, fragment = _without_dots(_escapes(path)), _escapes(query), _escapes(fragment)
    return urlunsplit((parts.scheme, place, path, query, fragment))


def _escapes(text: str) -> str:
    """A part of an address with everything percent-encoded that has to be, in capitals, and nothing else."""
    return _ESCAPE.sub(_escape, quote(text, safe=_IN_PLACE))


def _escape(found: re.Match[str]) -> str:
    character = chr(int(found[1], 16))
    return character if _UNRESERVED.fullmatch(character) else found[0].upper()


def _without_dots(path: str) -> str:
    """A path without `.` and `..` (RFC 3986, 5.2.4)."""
    kept: list[str] = []
    steps = path.split("/")[1:]
    for step in steps:
        if step == "..":
            del kept[-1:]
        elif step != ".":
            kept.append(step)
    if steps and steps[-1] in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)
