"""Turns a message of the stream into an event for listeners. Pure functions."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from services.api.schemas.events import HappeningOut
from shared.catalog.videos.lookup import Membership
from shared.contracts import AudioMirrored, AudioStored, Message, PlaylistFailed, VideoAbandoned, VideoFailed, unwrap
from shared.errors import Unprocessable
from shared.messaging.consuming.stream import StreamMessage

#: The messages that listeners hear of.
FACTS = (VideoFailed, AudioStored, AudioMirrored, VideoAbandoned, PlaylistFailed)
#: Characters of a message id's hash that distinguish messages at the same offset of different streams.
CHECK_CHARACTERS = 8


class StreamPosition(NamedTuple):
    """A position in the stream: the last message that was read."""

    offset: int
    #: A hash of the message's id: a broker that lost its data counts from 0 again.
    check: str

    def event_id(self) -> str:
        """The position as an event's id, which clients send back in Last-Event-ID."""
        return f"{self.offset}-{self.check}"

    @classmethod
    def parse(cls, text: str) -> StreamPosition | None:
        """The position that an event's id names; None if no event ever had such an id."""
        offset, _, check = text.partition("-")
        return cls(int(offset), check) if offset.isascii() and offset.isdigit() and len(offset) < 20 else None


class LiveEvent(NamedTuple):
    """An event, ready to be sent."""

    position: StreamPosition
    #: Ids of the playlists it concerns.
    playlists: Collection[str]
    #: A HappeningOut as JSON; empty for a message that listeners do not hear of.
    data: str
    at: datetime | None = None


class StreamFact(NamedTuple):
    """The content of a message. `fact` is None if listeners do not hear of it."""

    position: StreamPosition
    fact: Message | None
    at: datetime | None

    @property
    def video_id(self) -> str | None:
        """The video that the fact is about; None if there is none."""
        return None if isinstance(self.fact, PlaylistFailed) else getattr(self.fact, "video_id", None)


#: Stands for a video that the catalog does not know.
UNKNOWN_VIDEO = Membership(None, ())


def read_message(message: StreamMessage) -> StreamFact:
    """Read a message of the stream. A message that cannot be read still has its position."""
    try:
        received = unwrap(message.body, FACTS)
    except Unprocessable:
        return StreamFact(StreamPosition(message.offset, ""), None, None)
    position = StreamPosition(message.offset, _check(received.id or ""))
    return StreamFact(position, received.message, received.sent_at)


def _check(message_id: str) -> str:
    """A hash, since an id may hold characters that no header may."""
    return hashlib.sha256(message_id.encode(errors="replace")).hexdigest()[:CHECK_CHARACTERS]


def live_event(read: StreamFact, video: Membership) -> LiveEvent:
    """The event for a message."""
    fact = read.fact
    if fact is None:
        return LiveEvent(read.position, (), "")
    playlist_id = fact.playlist_id if isinstance(fact, PlaylistFailed) else None
    playlists = [playlist_id] if playlist_id is not None else list(video.playlists)
    failure = getattr(fact, "failure", None)
    event = HappeningOut(
        type=fact.type,
        at=read.at,
        video=read.video_id,
        playlist=playlist_id,
        playlists=playlists,
        title=getattr(fact, "title", None) or video.title,
        reason=failure.reason if failure is not None else None,
    )
    return LiveEvent(read.position, frozenset(playlists), event.model_dump_json(), read.at)
