"""Messages about playlists."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from shared.contracts.base import Message, PlaylistId, Time, WebUrl
from shared.contracts.failure import Failure


class PlaylistSubmitted(Message):
    """Somebody wants the videos of a playlist. The only message that outsiders publish; `url` alone is enough."""

    type: ClassVar[str] = "playlist.submitted.v1"

    url: WebUrl = Field(description="The playlist's address: http or https.")
    playlist_id: PlaylistId | None = Field(None, description="Set by our own senders; derived from `url` when absent.")
    submitted_at: Time | None = Field(
        None, description="Set by our own senders: a listing that began later has answered it already."
    )

    def identity(self) -> tuple[Any, ...]:
        return (self.url,)


class PlaylistFailed(Message):
    """A playlist could not be listed to its end."""

    type: ClassVar[str] = "playlist.failed.v1"

    playlist_id: PlaylistId
    url: WebUrl
    failure: Failure
    #: Listings that failed since the last one that succeeded, this one included.
    attempt: int = Field(ge=1)
    #: How many of them were charged, this one included.
    charged: int = Field(0, ge=0)
    failed_at: Time

    def identity(self) -> tuple[Any, ...]:
        return (self.playlist_id, self.attempt)
