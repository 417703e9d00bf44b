"""Pages of videos, the newest accession first, through whatever filter.

Where an index holds just what is asked for, a page is read in windows of accession numbers: the first one as wide as
the page before let expect, the next ones wider while little is found. So no query has to sort or to look at more than
its window holds, and the millionth page costs what the first one costs. Other combinations are asked for once, since a
server might look at all that fits one part of them in every window.

Videos without such a number come at the end, by their ids: there should be none, and a list must not hide them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple

from pydantic import Field

from shared.catalog.connection import Catalog
from shared.catalog.documents import Video, VideoState
from shared.catalog.indexes import VIDEO_INDEXES
from shared.catalog.reading import ordered
from shared.catalog.reading.bounded import PAGE_BYTES, WITHOUT_DESCRIPTION, Page, page_of, weight_of
from shared.catalog.reading.ordered import HIGHEST, NOT_NUMBERED, Order, ordered_page
from shared.catalog.search.accessions import last_number
from shared.catalog.search.terms import all_of, words_asked

#: Fields that are there to be found by, and are no part of a page.
_LEFT_OUT = {"words": 0, "spelled": 0, "unannounced": 0, **WITHOUT_DESCRIPTION}
#: A window is so many times as wide as the page is long, if nothing is known.
FIRST_WIDTH = 2
#: The next window is at most so many times as wide as the last one.
MAX_STEP = 8
#: What indexes hold in the order of accession.
_IN_ORDER = {
    frozenset(fields[:-1]) for index in VIDEO_INDEXES if (fields := list(index.document["key"]))[-1] == "accession"
}


@dataclass(frozen=True)
class VideoFilter:
    """Which videos. All that is given must fit."""

    state: str | None = None
    reason: str | None = None
    playlist_id: str | None = None
    channel: str | None = None
    #: As the source says it, or `unknown`.
    licence: str | None = None
    #: Words of title and channel.
    text: str | None = None

    def query(self) -> dict[str, Any] | None:
        """As a query; None if nothing can fit. What selects most comes first."""
        query: dict[str, Any] = {}
        if self.text is not None:
            words = words_asked(self.text)
            if not words:
                return None
            query["words"] = words[0]
            if len(words) > 1:
                query["spelled"] = {"$regex": all_of(words[1:])}
        if self.reason is not None:
            query["retry.failure.reason"] = self.reason
        if self.playlist_id is not None:
            query["playlists"] = self.playlist_id
        if self.channel is not None:
            query["metadata.channel"] = self.channel
        if self.licence is not None:
            query["licence"] = self.licence
        if self.state is not None:
            query["state"] = self.state
        return query


class Place(NamedTuple):
    """Where a page begins."""

    #: Accession numbers below this one.
    below: Annotated[int | float, Field(ge=1, le=HIGHEST)]
    #: How many numbers the first window holds.
    width: Annotated[int, Field(ge=1, le=HIGHEST)]
    #: Of the videos without a number: those with ids after this one; None: from the first on.
    after: str | None = None


class VideoPage(NamedTuple):
    """Some videos, and where the next page begins; None if this is the last one."""

    videos: list[Video]
    next: Place | None


async def video_page(catalog: Catalog, wanted: VideoFilter, place: Place | None, limit: int) -> VideoPage:
    """Up to `limit` videos from a place on; None: from the newest."""
    query = wanted.query()
    if query is None:
        return VideoPage([], None)
    top, width, after = place or Place(await last_number(catalog) + 1, FIRST_WIDTH * limit)
    if frozenset(query) not in _IN_ORDER:
        width = math.ceil(top)
    found: list[Video] = []
    below = top
    room = PAGE_BYTES
    # One more than asked for, so that the last page is known as such.
    while below > 1 and len(found) <= limit and room > 0:
        lowest = max(1, below - width)
        window = {**query, "accession": {"$gte": lowest, "$lt": below}}
        part = await page_of(catalog.videos.find(window, _LEFT_OUT).sort("accession", -1), limit + 1 - len(found), room)
        found += part.items
        room -= weight_of(part.items)
        below = lowest
        width = _next_width(width, limit + 1, len(found), top - lowest)
    if len(found) <= limit and room > 0:
        return await _with_unnumbered(catalog, query, found, after, limit)
    page = found[:limit]
    last = page[-1]["accession"]
    page += await _twins(catalog, query, page, last)
    return VideoPage(page, Place(last, max(FIRST_WIDTH, math.ceil(top - last))))


async def _with_unnumbered(
    catalog: Catalog, query: dict[str, Any], found: list[Video], after: str | None, limit: int
) -> VideoPage:
    """The end of the list: after the videos with a number those without one."""
    rest = {**query, "accession": NOT_NUMBERED}
    if len(found) == limit:
        more = await catalog.videos.find_one(rest, {"_id": 1}) is not None
        return VideoPage(found, Place(1, 1) if more else None)
    if after is not None:
        rest["_id"] = {"$gt": after}
    part = await page_of(catalog.videos.find(rest, _LEFT_OUT).sort("_id", 1), limit - len(found))
    following = Place(1, 1, part.last["_id"]) if part.last is not None else None
    return VideoPage(found + part.items, following)


async def _twins(catalog: Catalog, query: dict[str, Any], page: list[Video], last: float) -> list[Video]:
    """Further videos with the last number of a page: there should be none, and the next page begins below it."""
    of_page = [video["_id"] for video in page if video["accession"] == last]
    return await catalog.videos.find({**query, "accession": last, "_id": {"$nin": of_page}}, _LEFT_OUT).to_list()


def _next_width(width: int, wanted: int, found: int, seen: float) -> int:
    """The numbers that should hold what is missing, as dense as it was so far."""
    if found == 0:
        return width * MAX_STEP
    return min(width * MAX_STEP, max(1, int((wanted - found) * seen // found)))


#: That of their acceptance: a playlist's own, as long as it only grew.
BY_ACCEPTANCE = Order("accession", "number", 1)


async def stored_in_order(catalog: Catalog, playlist_id: str, after: ordered.Place | None, limit: int) -> Page[Video]:
    """Up to `limit` stored videos of a playlist, fewer if they are large, from a place in `BY_ACCEPTANCE` on."""
    match = {"playlists": playlist_id, "state": VideoState.STORED}
    return await ordered_page(catalog.videos, match, BY_ACCEPTANCE, after, limit)
