"""Messages about playlists."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field, StringConstraints

from shared.addresses.parse import canonical_url
from shared.contracts.base import Message, PlaylistId, Time, WebUrl
from shared.contracts.failure import Failure
from shared.filters import Filters
from shared.profiles import parse_profile
from shared.untrusted.bounds import MAX_ADDRESS, MAX_COUNT, MAX_ENTRIES
from shared.untrusted.text import TRIMMED


def _profile(name: str) -> str:
    return parse_profile(name).name


#: The name of a profile, as `profiles` parses it.
ProfileName = Annotated[str, AfterValidator(_profile)]

#: Text that names a playlist, as `addresses.parse` reads it; the message has its canonical address.
PlaylistText = Annotated[
    str, StringConstraints(min_length=1, max_length=MAX_ADDRESS), TRIMMED, AfterValidator(canonical_url)
]


class PlaylistSubmitted(Message):
    """Submits a playlist. The only message that outsiders publish; `url` alone is enough."""

    type: ClassVar[str] = "playlist.submitted.v1"

    url: PlaylistText = Field(
        description="Address or id of a playlist, channel or video, @name, or ytsearch20:words.",
        examples=["https://www.youtube.com/playlist?list=PLxxxxxxxxxxxx", "@name"],
    )
    playlist_id: PlaylistId | None = Field(None, description="Set by our own senders; derived from `url` when absent.")
    submitted_at: Time | None = Field(
        None, description="Set by our own senders: a listing that began later answers the submission."
    )

    profiles: tuple[ProfileName, ...] | None = Field(
        None,
        min_length=1,
        max_length=8,
        description="Profiles stored of each new video; absent: those that the scrapers are set to.",
    )
    limit: int | None = Field(
        None, ge=1, le=MAX_ENTRIES, description="Maximum number of entries, from the first; absent: all."
    )
    priority: Literal["normal", "high"] = Field(
        "normal", description="high: fetched alongside the queue of other videos, not after it."
    )
    filters: Filters | None = Field(None, description="Which entries are taken; absent: all.")

    def identity(self) -> tuple[Any, ...]:
        return (self.url,)


class PlaylistFailed(Message):
    """A listing of a playlist failed before its end."""

    type: ClassVar[str] = "playlist.failed.v1"

    playlist_id: PlaylistId
    url: WebUrl
    failure: Failure
    #: Listings that failed since the last one that succeeded, this one included.
    attempt: int = Field(ge=1, le=MAX_COUNT)
    #: Charged ones among them, this one included.
    charged: int = Field(0, ge=0, le=MAX_COUNT)
    failed_at: Time

    def identity(self) -> tuple[Any, ...]:
        return (self.playlist_id, self.attempt)
