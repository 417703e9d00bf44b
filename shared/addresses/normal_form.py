"""Normalizes web addresses, so that equivalent requests have equal addresses. Pure functions.

Every step is safe for every server (RFC 3986, 6.2.2 and 6.2.3), and clients take it before they send a request. The
order of query parameters, a trailing slash, and http instead of https can be significant, so they are kept.
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import SplitResult, quote, urlunsplit

#: Characters left unquoted, besides letters, digits and `_.-~`; yt-dlp and requests leave the same ones.
_IN_PLACE = "%/;:@&=+$,!*'()?#[]"
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = re.compile(r"[0-9A-Za-z_.~-]")
_DEFAULT_PORTS = {"http": 80, "https": 443}


def host_of(parts: SplitResult) -> str:
    """The host as resolvers receive it: lower-case ASCII without a trailing dot; "" if there is none.

    A host that cannot be encoded is returned unchanged.
    """
    host = (parts.hostname or "").rstrip(".\u3002\uff0e\uff61")
    try:
        # IDNA 2003, as in yt-dlp's requests; UnicodeError is a ValueError.
        return ipaddress.IPv6Address(host).compressed if ":" in host else host.encode("idna").decode("ascii").lower()
    except ValueError:
        return host


def normal_form(parts: SplitResult, *, escaped: bool = True) -> str:
    """The normal form of an http(s) address; `escaped=False` leaves everything after the host unchanged."""
    host, port = host_of(parts), parts.port
    authority = f"[{host}]" if ":" in host else host
    if port is not None and port != _DEFAULT_PORTS.get(parts.scheme):
        authority += f":{port}"
    path, query, fragment = parts.path, parts.query, parts.fragment
    if escaped:
        path, query, fragment = _without_dots(_escapes(path)), _escapes(query), _escapes(fragment)
    return urlunsplit((parts.scheme, authority, path, query, fragment))


def _escapes(text: str) -> str:
    """Percent-encode exactly the characters that need it, with upper-case digits."""
    return _ESCAPE.sub(_normal_escape, quote(text, safe=_IN_PLACE))


def _normal_escape(found: re.Match[str]) -> str:
    character = chr(int(found[1], 16))
    return character if _UNRESERVED.fullmatch(character) else found[0].upper()


def _without_dots(path: str) -> str:
    """Remove `.` and `..` segments from a path (RFC 3986, 5.2.4)."""
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
