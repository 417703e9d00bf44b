"""Finds the document that waits for a given message.

A defect counts against a document only if it waits for that message: neither a stranger's message nor an old one may
harm it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from shared.addresses.parse import playlist_address
from shared.catalog.connection import Catalog
from shared.catalog.delivery.outbox import failed_message, submission_of
from shared.catalog.documents import Playlist, PlaylistState, Video, VideoState
from shared.catalog.playlists.acceptance import stored_filters
from shared.contracts import (
    AudioStored,
    Failure,
    Message,
    PlaylistFailed,
    PlaylistSubmitted,
    VideoFailed,
    VideoRequested,
)


async def video_that_expects(catalog: Catalog, message: Message) -> Video | None:
    """Return the video that waits for this message; None if none does."""
    if not isinstance(message, VideoRequested | VideoFailed | AudioStored):
        return None
    video = await catalog.videos.find_one({"_id": message.video_id})
    if video is None:
        return None
    match message:
        case VideoRequested():
            expected = _waits_for_request(video, message, await catalog.now())
        case VideoFailed():
            expected = _waits_for_decision(video) and _as_made(lambda: failed_message(video), message)
        case AudioStored():
            expected = _waits_for_copy(video, message)
    return video if expected else None


async def playlist_that_expects(catalog: Catalog, message: Message) -> Playlist | None:
    """Return the playlist that waits for this message; None if none does."""
    match message:
        case PlaylistSubmitted():
            playlist_id = message.playlist_id or playlist_address(message.url).playlist_id
        case PlaylistFailed():
            playlist_id = message.playlist_id
        case _:
            return None
    playlist = await catalog.playlists.find_one({"_id": playlist_id})
    if playlist is None:
        return None
    if isinstance(message, PlaylistFailed):
        waits = playlist["state"] == PlaylistState.WAITING and playlist["state_since"] == message.failed_at
        made = _as_made(lambda: Failure.model_validate(playlist.get("retry", {}).get("failure")), message.failure)
        return playlist if waits and made else None
    unfinished = playlist["state"] in (PlaylistState.ACCEPTED, PlaylistState.WAITING, PlaylistState.EXPANDING)
    held = _is_held(playlist, await catalog.now())
    return playlist if unfinished and not held and _is_its_submission(playlist, message) else None


def _waits_for_request(video: Video, message: VideoRequested, now: datetime) -> bool:
    unfinished = video["state"] in (VideoState.QUEUED, VideoState.WAITING, VideoState.RUNNING)
    return unfinished and not _is_held(video, now) and video.get("attempts") == message.attempts


def _waits_for_decision(video: Video) -> bool:
    retry: Any = video.get("retry")
    decided = retry.get("decided") is True if isinstance(retry, dict) else False
    return video["state"] == VideoState.WAITING and not decided


def _waits_for_copy(video: Video, message: AudioStored) -> bool:
    mirror: Any = video.get("mirror")
    copied = isinstance(mirror, dict) and mirror.get("sha256") == message.sha256
    audio: Any = video.get("audio")
    named = isinstance(audio, dict) and audio.get("sha256") == message.sha256
    return video["state"] == VideoState.STORED and not copied and named


def _is_its_submission(playlist: Playlist, message: PlaylistSubmitted) -> bool:
    if message.submitted_at is not None:
        return _as_made(lambda: submission_of(playlist), message)
    # Published by somebody else: it is the submission with which the playlist was last accepted.
    profiles = list(message.profiles) if message.profiles is not None else None
    asked = (playlist.get("profiles"), playlist.get("limit"), playlist.get("priority", "normal"))
    rules = stored_filters(message.filters)
    return (*asked, playlist.get("filters")) == (profiles, message.limit, message.priority, rules)


def _as_made(make: Callable[[], object], message: object) -> bool:
    """Return whether this is the message built from a document. A document that cannot build one waits for any."""
    try:
        return make() == message
    except (ValueError, TypeError, KeyError, AttributeError):
        return True


def _is_held(work: Video | Playlist, now: datetime) -> bool:
    """Return whether a scraper works on it now."""
    lease: Any = work.get("lease")
    until = lease.get("expires_at") if isinstance(lease, dict) else None
    return isinstance(until, datetime) and until > now
