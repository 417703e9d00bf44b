"""What a person says of a followed source."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from shared.addresses.hosts import is_inner_host
from shared.addresses.normal_form import host_of
from shared.addresses.parse import playlist_address
from shared.addresses.youtube import PlaylistAddress
from shared.contracts.base import WebUrl
from shared.contracts.playlist import PlaylistText, ProfileName
from shared.contracts.source import SourceName
from shared.filters import Filters
from shared.following.retention import ALL, FLOOR, Retention, parse_keep
from shared.following.schedule import AUTO, Schedule, parse_schedule
from shared.untrusted.bounds import MAX_ENTRIES
from shared.untrusted.text import Encodable

MAX_LABELS = 20


def _schedule(text: str) -> str:
    parse_schedule(text)
    return " ".join(text.split())


def _keep(value: object) -> object:
    # YAML and JSON have numbers.
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if isinstance(value, str):
        parse_keep(value)
        return value.strip()
    return value


Keep = Annotated[Encodable, BeforeValidator(_keep, json_schema_input_type=int | str), StringConstraints(max_length=20)]
Every = Annotated[Encodable, StringConstraints(min_length=1, max_length=200), AfterValidator(_schedule)]
LabelName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,39}$")]
LabelValue = Annotated[Encodable, StringConstraints(max_length=100)]


class SourceDefinition(BaseModel):
    """A followed source."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: SourceName = Field(
        description="Its name here: lower-case letters, digits and hyphens.", examples=["radio-zou"]
    )
    address: PlaylistText = Field(
        description="Everything that can be submitted: the address of a channel, playlist or feed, an id, @name.",
        examples=["@radio-zou", "https://www.youtube.com/playlist?list=PLxxxxxxxxxxxx"],
    )
    every: Every = Field(AUTO, description="6h, 90m, 2d; auto; or cron 0 */2 * * * Africa/Porto-Novo.")
    first: Annotated[int, Field(ge=0, le=MAX_ENTRIES)] | Literal["all"] = Field(
        1, description="How many of the newest entries the first look takes; all: the back catalogue too."
    )
    profiles: Annotated[tuple[ProfileName, ...], Field(min_length=1, max_length=8)] | None = Field(
        None, description="What is stored of each new video; absent: the scrapers' setting."
    )
    priority: Literal["normal", "high"] = Field("normal", description="high: its videos do not wait behind the others.")
    filters: Filters = Field(Filters(), description="Which entries are taken.")
    feed: Literal["auto", "off"] | WebUrl = Field(
        "auto", description="The address of its feed; auto: the one that its site is known to have; off: none is read."
    )
    keep: Keep = Field(
        ALL,
        description="What stays of its recordings: all; the newest (200); or for some days after storing (90d). The "
        f"newest {FLOOR} always stay, and so does what another list has.",
        examples=["all", "200", "90d"],
    )
    labels: Annotated[dict[LabelName, LabelValue], Field(max_length=MAX_LABELS)] = Field(
        {}, description="Words of your own, by which sources are found and notifications chosen."
    )
    enabled: bool = Field(True, description="Whether it is looked at.")

    @model_validator(mode="after")
    def _rules(self) -> Self:
        if self.filters.published_to is not None:
            raise ValueError("filters.published_to would leave out all that is to come; a followed source has no end")
        retention = self.retention
        if retention.newest is not None and (self.first == "all" or self.first > retention.newest):
            raise ValueError(
                f"first: {self.first} would store what keep: {self.keep} deletes again; write first: {retention.newest}"
            )
        return self

    @property
    def retention(self) -> Retention:
        """What stays of its recordings."""
        return parse_keep(self.keep)

    @property
    def schedule(self) -> Schedule:
        """When it is looked at."""
        return parse_schedule(self.every)

    @property
    def playlist(self) -> PlaylistAddress:
        """The id and canonical address of its list."""
        return playlist_address(self.address)

    @property
    def addresses(self) -> list[str]:
        """Every address in it: that of its list, and that of its feed if it names one."""
        return [self.playlist.url, *([self.feed] if self.feed not in ("auto", "off") else [])]

    def stored(self) -> dict[str, Any]:
        """The definition in the form for a document: only what differs from the defaults."""
        return self.model_dump(mode="json", exclude_defaults=True)

    def inner_host(self) -> str | None:
        """The first host in it that is recognizably not on the public internet; None if there is none."""
        hosts = (host_of(urlsplit(address)) for address in self.addresses)
        return next((host for host in hosts if is_inner_host(host)), None)


def differing(before: SourceDefinition, after: SourceDefinition) -> list[str]:
    """Return the names of the fields that differ."""
    return [name for name in SourceDefinition.model_fields if getattr(before, name) != getattr(after, name)]
