"""Which collections an archive holds. All but those named here, so that a new one is never forgotten."""

from __future__ import annotations

from shared.catalog.connection import Catalog

#: Written in an order of their own, since the videos and their log must fit together.
VIDEOS, LOGS = "videos", "logs"
#: Given out numbers: a restored one takes the place of what a fresh installation has begun.
COUNTERS = "counters"
#: Where a restore notes how far it came: {_id, archive, began_at, after, finished_at}.
RESTORES = "restores"
#: Collection → why it is left out.
LEFT_OUT = {
    "sessions": "who was signed in signs in again",
    "turns": "which process does a thing now",
    "sweeps": "where a sweep of one bucket goes on",
    "submissions": "answers that are promised for a day to clients that ask again",
    "audits": "what was found in another place",
    RESTORES: "how one installation came about",
}
#: What an empty catalog has none of. Locks, breakers and keys of the API a fresh installation may have.
_WHAT_PEOPLE_COLLECT = (VIDEOS, "playlists", LOGS, "deleted_playlists")


async def archived_collections(catalog: Catalog) -> list[str]:
    """The collections to archive, in the order in which they are read; the log of attempts comes with the videos.

    Playlists come before videos: a list that was read to its end has its videos in what is read after it.
    """
    names = {*await catalog.collection_names(), VIDEOS, LOGS} - set(LEFT_OUT)
    return [*sorted(names - {VIDEOS, LOGS}), VIDEOS]


async def collections_in_use(catalog: Catalog) -> list[str]:
    """Those of a catalog that is not empty which hold something."""
    return [
        name
        for name in _WHAT_PEOPLE_COLLECT
        if await catalog.collection_as_it_is(name).find_one({}, {"_id": 1}) is not None
    ]
