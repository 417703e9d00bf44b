"""Which collections an archive holds: all except those named here, so that a new one is never forgotten."""

from __future__ import annotations

from shared.catalog.connection import Catalog

#: Archived in their own order, since the videos and their log must match.
VIDEOS, LOGS = "videos", "logs"
#: Counters of assigned numbers: a restored one replaces that of the fresh installation.
COUNTERS = "counters"
#: The collection with the progress of a restore: {_id, archive, began_at, after, finished_at}.
RESTORES = "restores"
#: Collection → why it is left out.
LEFT_OUT = {
    "notices": "what people were told of another installation",
    "sessions": "people sign in again",
    "turns": "which process holds a lock now",
    "sweeps": "where the reconciliation of one bucket continues",
    "submissions": "answers that are kept for a day for clients that ask again",
    "endpoints": "the file of endpoints defines them again, and an archive must not hold their secrets",
    "subscriptions": "made again at the hubs, and an archive must not hold their secrets",
    "measurements": "kept for a month only, in a time series, which would double what is restored twice; "
    "`measured_hours` are archived",
    "crawls": "crawls measure the network of one installation now; their measurements are left out too",
    "crawl_tasks": "the same",
    "measured_hours_due": "which hours of `measurements` are to be rolled up",
    "audits": "what was found in another installation",
    RESTORES: "how one installation was restored",
}
#: Collections that are empty in an empty catalog. A fresh installation may have locks, breakers and keys.
_WHAT_PEOPLE_COLLECT = (VIDEOS, "playlists", LOGS, "deleted_playlists", "sources")


async def archived_collections(catalog: Catalog) -> list[str]:
    """Return the collections to archive in the order in which they are read. The log is read with the videos.

    Playlists come before videos: the videos of a playlist that was completely listed are then read after it.
    """
    names = {*await catalog.collection_names(), VIDEOS, LOGS} - set(LEFT_OUT)
    return [*sorted(names - {VIDEOS, LOGS}), VIDEOS]


async def collections_in_use(catalog: Catalog) -> list[str]:
    """Return the collections that make a catalog not empty."""
    return [
        name
        for name in _WHAT_PEOPLE_COLLECT
        if await catalog.collection_as_it_is(name).find_one({}, {"_id": 1}) is not None
    ]
