"""Finds the video or playlist that a request names."""

from __future__ import annotations

from services.api.http.problems import Problem
from shared.catalog.connection import Catalog
from shared.catalog.documents import Playlist, Video
from shared.catalog.playlists.lookup import get_playlist
from shared.catalog.videos.lookup import get_video


async def find_video(catalog: Catalog, video_id: str) -> Video:
    """The video without its description. Raises a Problem (404) if there is none."""
    video = await get_video(catalog, video_id, with_description=False)
    if video is None:
        raise no_such_video(video_id)
    return video


async def find_playlist(catalog: Catalog, playlist_id: str) -> Playlist:
    """The playlist. Raises a Problem (404) if there is none."""
    playlist = await get_playlist(catalog, playlist_id)
    if playlist is None:
        raise no_such_playlist(playlist_id)
    return playlist


def no_such_video(video_id: str) -> Problem:
    """The problem of a request that names an unknown video."""
    return Problem(
        404,
        f"There is no video {video_id!r}. Ids look like youtube:dQw4w9WgXcQ.",
        code="no-such-video",
        see="/v1/videos",
    )


def no_such_playlist(playlist_id: str) -> Problem:
    """The problem of a request that names an unknown playlist."""
    return Problem(
        404,
        f"There is no playlist {playlist_id!r}. Submit its address first.",
        code="no-such-playlist",
        see="/v1/playlists",
    )
