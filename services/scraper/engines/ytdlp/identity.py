"""Computes a video's id from yt-dlp's description, in the same way for listings, downloads and addresses.

The site of an extractor assigns the ids. But some extractors accept addresses at any host (`generic`, whose ids are the
last segment of a path, and those of software that many sites run) or media that any page embeds. There, two sites can
have the same id, so the id also contains a part of the hash of the listed address.
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

from services.scraper.sites.routes import site_named_in
from shared.addresses.normal_form import normal_form
from shared.addresses.video_ids import video_id as id_of

#: Hexadecimal digits of the address's SHA-256 in such an id: 96 bits, more than anybody can search through.
_DIGITS = 24
#: A host that no site has (RFC 2606).
_ANY_HOST = "any-host.invalid"


class FoundOther(Exception):
    """The source led to another video than the requested one."""

    def __init__(self, found_id: str) -> None:
        super().__init__(f"The source has {found_id} instead")
        self.found_id = found_id


def id_at(extractor: str, source_id: str, address: str) -> str:
    """The id of the video that an extractor (its key, in any case) calls `source_id` at an address."""
    name = extractor.lower()
    return id_of(name, source_id if _is_own(name, address) else f"{source_id}-{_digest(address)}")


def identified(info: dict[str, Any], asked: str) -> tuple[str, str]:
    """Return id and address of a video that yt-dlp found at the address `asked`.

    The address is the page that the extractor names, if that is at the extractor's own site. Otherwise it is `asked`,
    not the end of its redirects, which may differ each time.
    """
    address = _address_of(info, _name_of(info), asked)
    return id_at(_name_of(info), str(info["id"]), address), address


def check_identity(info: dict[str, Any], asked: str | None, address: str) -> None:
    """Raise FoundOther unless this is the video with the id `asked`; ids of earlier versions of yt-dlp count too.

    `asked`: None accepts any video. `address`: the requested address.
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
    """Whether an address is at the extractor's own site: it accepts the address, but not the same one at any host."""
    if site_named_in(f"{name}:") is not None:
        # Its addresses are at its hosts: the code that runs it checks that.
        return True
    extractor = _extractors().get(name)
    if extractor is None:
        return False
    # Not `suitable`, which also distinguishes lists from videos.
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
        # A fragment is never sent, so it does not change the answer.
        plain = normal_form(urlsplit(plain)._replace(fragment=""))
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
