"""Which recordings of a followed source are kept no longer, and their deletion.

A recording is deleted only if every list that it is in lets it go: a submitted playlist keeps it until a person ends
that, and a followed one keeps it as the retention of each of its sources says.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from shared.catalog.connection import Catalog
from shared.catalog.documents import Source, VideoState
from shared.catalog.operator.decisions import expire_video
from shared.catalog.operator.playlist_endings import wanting
from shared.catalog.sources.definitions import all_sources, definition_of, get_source
from shared.catalog.videos.lookup import get_video
from shared.following.retention import Recording, Retention, expired

#: Deletions between two checks whether a person has changed or paused the source.
_CHECK_EVERY = 20


class Expired(NamedTuple):
    """A recording that is kept no longer, with the lists that it was in when that was found."""

    recording: Recording
    lists: list[str]


@dataclass(frozen=True)
class Followers:
    """All followed sources as they were at one moment."""

    sources: Sequence[Source]
    #: Sources whose definition changed later keep everything; None: it does not matter.
    settled_before: datetime | None

    def of(self, playlist_id: str) -> list[Source]:
        """Return the sources of a list, under whatever address they name it."""
        identities = {each["identity_id"] for each in self.sources if each["playlist_id"] == playlist_id}
        return [
            each for each in self.sources if each["playlist_id"] == playlist_id or each["identity_id"] in identities
        ]

    def retention_of(self, source: Source) -> Retention:
        """Return what a source keeps; everything if its definition is new, or cannot be read by this version."""
        if self.settled_before is not None and source["updated_at"] > self.settled_before:
            return Retention()
        try:
            return definition_of(source).retention
        except ValueError:
            return Retention()


async def followers(catalog: Catalog, settled_before: datetime | None = None) -> Followers:
    """Return all followed sources as they are now."""
    return Followers([source async for source in all_sources(catalog)], settled_before)


async def expired_recordings(catalog: Catalog, source: Source, known: Followers) -> list[Expired]:
    """Return what is kept no longer of a source, the oldest first. Memory grows with the source's recordings."""
    now = await catalog.now()
    playlist_id = source["playlist_id"]
    if await _is_submitted(catalog, playlist_id):
        return []
    own = await _expired_of(catalog, source, playlist_id, known, now)
    lists = await _lists_of(catalog, [recording.video_id for recording in own])
    wanted = await _wanted_elsewhere(catalog, source, lists, known, now)
    # What is no longer in `lists` was deleted meanwhile.
    return [
        Expired(each, lists[each.video_id]) for each in own if each.video_id in lists and each.video_id not in wanted
    ]


async def delete_expired(catalog: Catalog, source: Source, found: Sequence[Expired]) -> list[str]:
    """Delete recordings that are kept no longer. Returns the ids of those it deleted.

    It stops when a person changes or removes the source. A recording that another list has taken in meanwhile stays. If
    the process dies in between, the next run goes on.
    """
    detail = f"The source {source['_id']} keeps {definition_of(source).keep}, and this recording no longer."
    deleted: list[str] = []
    for number, (recording, lists) in enumerate(found):
        if number % _CHECK_EVERY == 0:
            present = await get_source(catalog, source["_id"])
            if present is None or present["version"] != source["version"]:
                break
        video = await get_video(catalog, recording.video_id)
        if video is None or video["state"] != VideoState.STORED or video["playlists"] != lists:
            continue
        if await expire_video(catalog, video, detail) is not None:
            deleted.append(recording.video_id)
    return deleted


def deleting_by_themselves(known: Followers) -> Iterator[Source]:
    """Yield the sources that delete by themselves: not paused, and with a settled definition that does not keep all."""
    for source in known.sources:
        if source["enabled"] and not known.retention_of(source).keeps_all:
            yield source


async def count_stored(catalog: Catalog, source: Source) -> int:
    """Count the stored recordings of a source."""
    return await catalog.videos.count_documents({"playlists": source["playlist_id"], "state": VideoState.STORED})


async def _is_submitted(catalog: Catalog, playlist_id: str) -> bool:
    """Whether a person has submitted a list, beside following it."""
    submitted = {"_id": playlist_id, "followed_only": {"$exists": False}}
    if await catalog.playlists.find_one(submitted, {"_id": 1}) is None:
        return False
    return bool(await wanting(catalog, {playlist_id}))


async def _expired_of(
    catalog: Catalog, source: Source, playlist_id: str, known: Followers, now: datetime
) -> list[Recording]:
    retention = known.retention_of(source)
    if retention.keeps_all:
        return []
    query = {"playlists": playlist_id, "state": VideoState.STORED, "audio.stored_at": {"$exists": True}}
    fields = {"metadata.upload_date": 1, "audio.stored_at": 1}
    found = [
        Recording(video["_id"], video.get("metadata", {}).get("upload_date"), video["audio"]["stored_at"])
        async for video in catalog.videos.find(query, fields)
    ]
    return expired(found, retention, now)


async def _lists_of(catalog: Catalog, ids: Sequence[str]) -> dict[str, list[str]]:
    lists: dict[str, list[str]] = {}
    async for video in catalog.videos.with_ids(ids, {"playlists": 1}):
        lists[video["_id"]] = video["playlists"]
    return lists


async def _wanted_elsewhere(
    catalog: Catalog, source: Source, lists: Mapping[str, Sequence[str]], known: Followers, now: datetime
) -> set[str]:
    """Return those videos of `lists` that another list, or another source of the same list, keeps."""
    members: dict[str, set[str]] = {source["playlist_id"]: set(lists)}
    for video_id, playlists in lists.items():
        for playlist_id in playlists:
            members.setdefault(playlist_id, set()).add(video_id)
    wanted: set[str] = set()
    for playlist_id, ids in members.items():
        others = [each for each in known.of(playlist_id) if each["_id"] != source["_id"]]
        is_own = playlist_id == source["playlist_id"]
        if not is_own and await (_is_submitted(catalog, playlist_id) if others else wanting(catalog, {playlist_id})):
            wanted |= ids
        wanted |= await _kept_by(catalog, others, playlist_id, ids, known, now)
    return wanted


async def _kept_by(
    catalog: Catalog,
    sources: Sequence[Source],
    playlist_id: str,
    members: Collection[str],
    known: Followers,
    now: datetime,
) -> set[str]:
    """Return those of `members`, which are in a list, that some source of the list keeps."""
    kept: set[str] = set()
    for each in sources:
        gone = {recording.video_id for recording in await _expired_of(catalog, each, playlist_id, known, now)}
        kept |= set(members) - gone
    return kept
