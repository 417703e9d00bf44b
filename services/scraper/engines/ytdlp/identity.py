"""The id of a video as yt-dlp tells it: one way for listings, downloads and addresses, so that they can be compared.

An id is the word of the site whose extractor tells it. Some extractors take an address at any host (`generic`, whose
ids are the last step of a path, and programs that many sites run), or what any page embeds: there two sites can tell
the same id, so it is bound to the address that was listed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from yt_dlp.extractor import gen_extractor_classes
from yt_dlp.utils import unsmuggle_url

from shared.addresses.normal_form import normal_form
from shared.addresses.video_ids import video_id as id_of

#: Hexadecimal digits of an address's SHA-256 that bind an id: 96 bits, more than anybody can search through.
_DIGITS = 24
#: A host that no site has (RFC 2606).
_ANY_HOST = "any-host.invalid"


class FoundOther(Exception):
    """The source led to another video than the one that was asked for."""

    def __init__(self, found_id: str) -> None:
        super().__init__(f"The source has {found_id} in its place")
        self.found_id = found_id


def id_at(extractor: str, source_id: str, address: str) -> str:
    """The id of the video that an extractor, by its key in any case, calls `source_id` at an address."""
    name = extractor.lower()
    return id_of(name, source_id if _is_own(name, address) else f"{source_id}-{_digest(address)}")


def identified(info: dict[str, Any], asked: str) -> tuple[str, str]:
    """Id and address of a video that yt-dlp describes, found when the address `asked` was looked into.

    The page that the extractor names stands for it if it lies at the extractor's own site. Else the address is the one
    that was asked, not the end of its redirections: that may be a new one each time.
    """
    address = _address_of(info, _name_of(info), asked)
    return id_at(_name_of(info), str(info["id"]), address), address


def check_identity(info: dict[str, Any], asked: str | None, address: str) -> None:
    """Raise FoundOther unless this is the video with the id `asked`, or was until yt-dlp changed its ids.

    None: whatever is there was asked for. `address`: where it was looked for.
    """
    if asked is not None and asked not in {found := identified(info, address)[0], *_former(info, address)}:
        raise FoundOther(found)


def _former(info: dict[str, Any], asked: str) -> Iterator[str]:
    for each in info.get("_old_archive_ids") or ():
        name, _, source_id = str(each).partition(" ")
        yield id_at(name, source_id, _address_of(info, name.lower(), asked))


def _name_of(info: dict[str, Any]) -> str:
    return str(info.get("extractor_key") or info.get("extractor") or "unknown").lower()


def _address_of(info: dict[str, Any], name: str, asked: str) -> str:
    page = str(info.get("webpage_url") or asked)
    return page if _is_own(name, page) else asked


def _is_own(name: str, address: str) -> bool:
    """Whether an address is one of the extractor's own site: it takes this one, and not its like at any host."""
    extractor = _extractors().get(name)
    if extractor is None:
        return False
    # Not `suitable`, which tells lists from videos too.
    takes = extractor._match_valid_url  # noqa: SLF001  # the public `suitable` gives no match
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return takes(address) is not None and (not parts.netloc or takes(parts._replace(netloc=_ANY_HOST).geturl()) is None)


@cache
def _extractors() -> dict[str, Any]:
    return {each.ie_key().lower(): each for each in gen_extractor_classes()}


def _digest(address: str) -> str:
    plain = str(unsmuggle_url(address)[0])
    with suppress(ValueError):
        # A fragment is never sent: it changes nothing of what is there.
        plain = normal_form(urlsplit(plain)._replace(fragment=""))
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
