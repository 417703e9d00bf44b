"""A message of the stream → what is told of it."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from services.api.schemas.events import HappeningOut
from shared.contracts import AudioMirrored, AudioStored, Message, PlaylistFailed, VideoAbandoned, VideoFailed, unwrap
from shared.errors import Unprocessable
from shared.messaging.stream import StreamMessage

#: The facts that are told.
FACTS = (VideoFailed, AudioStored, AudioMirrored, VideoAbandoned, PlaylistFailed)
#: Letters that tell a message from another at the same place of another stream.
CHECK_CHARACTERS = 8


class Place(NamedTuple):
    """Where somebody is in the stream: the last message that was seen there."""

    offset: int
    #: Made of its id: a broker that lost its data counts from 0 again.
    check: str

    def text(self) -> str:
        """For the header Last-Event-ID."""
        return f"{self.offset}-{self.check}"

    @classmethod
    def parse(cls, text: str) -> Place | None:
        """What `text` says; None if it was never given out."""
        offset, _, check = text.partition("-")
        return cls(int(offset), check) if offset.isascii() and offset.isdigit() and len(offset) < 20 else None


class LiveEvent(NamedTuple):
    """Something that happened, ready to be told."""

    place: Place
    #: The playlists it is about.
    playlists: Collection[str]
    #: A HappeningOut as JSON; empty for a message that is nobody's business.
    data: str
    at: datetime | None = None


def video_of(fact: Message) -> str | None:
    """The video that a fact is about."""
    return None if isinstance(fact, PlaylistFailed) else getattr(fact, "video_id", None)


class Read(NamedTuple):
    """A message as it was read; without a fact if it is none that is told."""

    place: Place
    fact: Message | None
    at: datetime | None


def read(message: StreamMessage) -> Read:
    """A message of the stream. What nobody can read still has its place."""
    try:
        received = unwrap(message.body, FACTS)
    except Unprocessable:
        return Read(Place(message.offset, ""), None, None)
    return Read(Place(message.offset, _check(received.id or "")), received.message, received.sent_at)


class Concerned(NamedTuple):
    """What the catalog knows of the video that a message is about."""

    title: str | None
    playlists: Collection[str]


NOBODY = Concerned(None, ())


def _check(message_id: str) -> str:
    """A few letters that hold nothing but what a header may."""
    return hashlib.sha256(message_id.encode(errors="replace")).hexdigest()[:CHECK_CHARACTERS]


def happening(found: Read, video: Concerned) -> LiveEvent:
    """What is told of a message."""
    fact = found.fact
    if fact is None:
        return LiveEvent(found.place, (), "")
    of_playlist = fact.playlist_id if isinstance(fact, PlaylistFailed) else None
    concerned = [of_playlist] if of_playlist is not None else list(video.playlists)
    failure = getattr(fact, "failure", None)
    told = HappeningOut(
        type=fact.type,
        at=found.at,
        video=video_of(fact),
        playlist=of_playlist,
        playlists=concerned,
        title=getattr(fact, "title", None) or video.title,
        reason=failure.reason if failure is not None else None,
    )
    return LiveEvent(found.place, frozenset(concerned), told.model_dump_json(), found.at)
