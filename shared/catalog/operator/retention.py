"""Which recordings of a followed source are kept no longer, and their deletion.

A recording is deleted only if every list that it is in lets it go: a list that is not followed, such as a submitted
playlist, keeps it for ever; a followed one keeps it as its own retention says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from shared.catalog.connection import Catalog
from shared.catalog.documents import Source, VideoState
from shared.catalog.operator.decisions import expire_video
from shared.catalog.sources.definitions import definition_of
from shared.catalog.videos.lookup import get_video
from shared.following.retention import Recording, expired

#: Ids asked for in one query.
_AT_ONCE = 1000


async def expired_recordings(catalog: Catalog, source: Source) -> list[Recording]:
    """Return what the next run deletes of a source, the oldest first. Memory grows with the source's recordings."""
    return [recording for recording, _ in await _expired_with_lists(catalog, source)]


async def delete_expired(catalog: Catalog, source: Source, limit: int) -> list[str]:
    """Delete up to `limit` recordings that are kept no longer, the oldest first. Returns the ids of those it deleted.

    A recording that another list has taken in meanwhile stays. If the process dies in between, the next run goes on.
    """
    detail = f"The source {source['_id']} keeps {definition_of(source).keep}; newer recordings took its place."
    deleted: list[str] = []
    for recording, lists in (await _expired_with_lists(catalog, source))[:limit]:
        video = await get_video(catalog, recording.video_id)
        if video is None or video["state"] != VideoState.STORED or video["playlists"] != lists:
            continue
        if await expire_video(catalog, video, detail) is not None:
            deleted.append(recording.video_id)
    return deleted


async def sources_with_retention(catalog: Catalog, unchanged_since: datetime) -> list[Source]:
    """Return the sources that delete by themselves: not paused, and with a definition that has not changed since."""
    query = {"definition.keep": {"$exists": True}, "enabled": True, "updated_at": {"$lte": unchanged_since}}
    return await catalog.sources.find(query).sort("_id", 1).to_list()


async def count_stored(catalog: Catalog, source: Source) -> int:
    """Count the stored recordings of a source."""
    return await catalog.videos.count_documents({"playlists": source["playlist_id"], "state": VideoState.STORED})


async def _expired_of(catalog: Catalog, source: Source, playlist_id: str, now: datetime) -> list[Recording]:
    retention = definition_of(source).retention
    if retention.keeps_all:
        return []
    query = {"playlists": playlist_id, "state": VideoState.STORED, "audio.stored_at": {"$exists": True}}
    fields = {"metadata.upload_date": 1, "audio.stored_at": 1}
    found = [
        Recording(video["_id"], video.get("metadata", {}).get("upload_date"), video["audio"]["stored_at"])
        async for video in catalog.videos.find(query, fields)
    ]
    return expired(found, retention, now)


async def _expired_with_lists(catalog: Catalog, source: Source) -> list[tuple[Recording, list[str]]]:
    """Return what expires of a source, the oldest first, each with the lists that it is in."""
    now = await catalog.now()
    own = await _expired_of(catalog, source, source["playlist_id"], now)
    lists = await _lists_of(catalog, [recording.video_id for recording in own])
    wanted = await _wanted_elsewhere(catalog, source, lists, now)
    # What is no longer in `lists` was deleted meanwhile.
    return [(each, lists[each.video_id]) for each in own if each.video_id in lists and each.video_id not in wanted]


async def _lists_of(catalog: Catalog, ids: Sequence[str]) -> dict[str, list[str]]:
    lists: dict[str, list[str]] = {}
    for start in range(0, len(ids), _AT_ONCE):
        query = {"_id": {"$in": ids[start : start + _AT_ONCE]}}
        async for video in catalog.videos.find(query, {"playlists": 1}):
            lists[video["_id"]] = video["playlists"]
    return lists


async def _wanted_elsewhere(
    catalog: Catalog, source: Source, lists: Mapping[str, Sequence[str]], now: datetime
) -> set[str]:
    """Return those videos of `lists` that another list, or another source of the same list, keeps."""
    members: dict[str, set[str]] = {}
    for video_id, playlists in lists.items():
        for playlist_id in playlists:
            members.setdefault(playlist_id, set()).add(video_id)
    members.pop(source["playlist_id"], None)
    wanted: set[str] = set()
    for playlist_id, ids in members.items():
        followers = await catalog.sources.find({"playlist_id": playlist_id}).to_list()
        wanted |= ids if not followers else await _kept_by(catalog, followers, playlist_id, ids, now)
    # The same list under another address: its videos are found under the first one's id.
    same_list = {"identity_id": source["identity_id"], "_id": {"$ne": source["_id"]}}
    same = await catalog.sources.find(same_list).to_list()
    return wanted | await _kept_by(catalog, same, source["playlist_id"], set(lists), now)


async def _kept_by(
    catalog: Catalog, followers: Sequence[Source], playlist_id: str, members: set[str], now: datetime
) -> set[str]:
    """Return those of `members`, which are in a list, that some follower of the list keeps."""
    kept: set[str] = set()
    for follower in followers:
        gone = {recording.video_id for recording in await _expired_of(catalog, follower, playlist_id, now)}
        kept |= members - gone
    return kept
