"""Single videos by id, and counts of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from shared.catalog.connection import Catalog
from shared.catalog.documents import Video, VideoState
from shared.catalog.reading.bounded import WITHOUT_DESCRIPTION
from shared.catalog.videos.stored_objects import OBJECT_FIELDS


class Membership(NamedTuple):
    """What a video is called and where it belongs."""

    title: str | None
    #: Ids of the playlists that contain it.
    playlists: Sequence[str]


async def get_video(catalog: Catalog, video_id: str, *, with_description: bool = True) -> Video | None:
    """Read one video. Returns None if the catalog does not know it.

    `with_description`: the description can be most of the document; leave it out where nobody shows it.
    """
    return await catalog.videos.find_one({"_id": video_id}, None if with_description else WITHOUT_DESCRIPTION)


async def get_videos(catalog: Catalog, video_ids: Collection[str]) -> dict[str, Video]:
    """Read several videos. Returns those that the catalog knows, by id."""
    return {video["_id"]: video async for video in catalog.videos.with_ids(video_ids)}


async def get_memberships(catalog: Catalog, video_ids: Collection[str]) -> dict[str, Membership]:
    """Read the titles and playlists of several videos. Returns those that the catalog knows, by id."""
    found = catalog.videos.with_ids(video_ids, {"playlists": 1, "title": 1})
    return {video["_id"]: Membership(video.get("title"), video.get("playlists", ())) async for video in found}


async def get_object_fields(catalog: Catalog, video_ids: Collection[str]) -> dict[str, Video]:
    """Read what tells which objects belong to several videos: state, object fields and tombstone, by id."""
    fields = dict.fromkeys(("state", *OBJECT_FIELDS, "tombstone.at", "tombstone.purged_at"), 1)
    return {video["_id"]: video async for video in catalog.videos.with_ids(video_ids, fields)}


async def count_by_state(catalog: Catalog) -> dict[VideoState, int]:
    """Count the videos in each state; every state is present."""
    return {state: await catalog.videos.count_documents({"state": state}) for state in VideoState}
