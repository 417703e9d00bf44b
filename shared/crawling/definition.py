"""What a person says of a crawl: where it begins, how far it goes, and how each download is measured."""

from __future__ import annotations

from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from shared.addresses.hosts import is_inner_host
from shared.addresses.normal_form import host_of
from shared.addresses.parse import playlist_address
from shared.addresses.resolvers import SYSTEM
from shared.addresses.youtube import PlaylistAddress
from shared.contracts.crawl import MAX_FOUND, MAX_PINGS, MAX_PROBE_SECONDS, MAX_RESOLVERS, CrawlName, Resolver
from shared.contracts.playlist import PlaylistText
from shared.untrusted.bounds import MAX_COUNT
from shared.untrusted.text import Encodable

#: Addresses of one crawl: with usual ones its definition fits into a request to the API (64 KiB).
MAX_ADDRESSES = 1000
DAY = 86_400


class CrawlDefinition(BaseModel):
    """A crawl: downloads that are made to measure them. Nothing of them is kept."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: CrawlName = Field(
        description="Its name here: lower-case letters, digits and hyphens.", examples=["cotonou-evening"]
    )
    addresses: Annotated[tuple[PlaylistText, ...], Field(min_length=1, max_length=MAX_ADDRESSES)] = Field(
        description="Where it begins: everything that can be submitted, videos, playlists and searches alike.",
        examples=[["https://www.youtube.com/watch?v=dQw4w9WgXcQ", "ytsearch20:fon"]],
    )
    videos: int = Field(
        100,
        ge=0,
        le=MAX_COUNT,
        description="Videos that are measured in all, in each loop. 0: as many as are found; needs `unlimited`.",
    )
    unlimited: bool = Field(False, description="That a crawl without a limit of videos is meant.")
    rounds: int = Field(
        1, ge=1, le=1000, description="The first measures the addresses, each further one what is related to the last."
    )
    related: bool = Field(False, description="Whether videos related to measured ones are measured in the next round.")
    per_list: int = Field(20, ge=1, le=MAX_FOUND, description="Videos taken of each playlist or search.")
    per_video: int = Field(20, ge=1, le=MAX_FOUND, description="Related videos taken of each video.")
    loops: int = Field(
        1, ge=0, le=MAX_COUNT, description="How often all is measured. A video once in each. 0: until it is stopped."
    )
    seconds: float = Field(
        30, gt=0, le=MAX_PROBE_SECONDS, description="After so many seconds of download each measurement ends."
    )
    full_every: int = Field(
        0,
        ge=0,
        le=MAX_COUNT,
        description="Every n-th video is downloaded to its end, whatever `seconds` says. 0: none.",
    )
    resolvers: Annotated[tuple[Resolver, ...], Field(min_length=1, max_length=MAX_RESOLVERS)] = Field(
        (SYSTEM,),
        description="Who names the servers of media: system, or IP addresses. Each video is downloaded once for each.",
        examples=[["system", "8.8.8.8", "208.67.222.222"]],
    )
    pings: int = Field(10, ge=0, le=MAX_PINGS, description="Round trips that are measured to each server.")
    delay_seconds: float = Field(1, ge=0, le=DAY, description="Pause after each video and list.")
    egress: Annotated[Encodable, StringConstraints(min_length=1, max_length=300)] | None = Field(
        None, description="The egress that measures (SCRAPER_EGRESS); null: any."
    )

    @model_validator(mode="after")
    def _rules(self) -> Self:
        if self.videos == 0 and not self.unlimited:
            raise ValueError(
                "videos: 0 has no limit: it may ask a source for days. If you mean that, write unlimited: true"
            )
        if self.rounds > 1 and not self.related:
            raise ValueError(
                f"rounds: {self.rounds} needs related: true, since further rounds measure what is related to the last"
            )
        if len(self.resolvers) * self.seconds > MAX_PROBE_SECONDS:
            raise ValueError(
                f"resolvers times seconds is over {MAX_PROBE_SECONDS}: each video is downloaded once for each resolver"
            )
        if len(set(self.resolvers)) < len(self.resolvers):
            raise ValueError("resolvers names one twice")
        _ = self.seeds
        return self

    @property
    def seeds(self) -> list[PlaylistAddress]:
        """Ids and canonical addresses of where it begins, each once. Raises BadAddress, a ValueError."""
        return list(dict.fromkeys(playlist_address(text) for text in self.addresses))

    def stored(self) -> dict[str, Any]:
        """The definition in the form for a document: only what differs from the defaults."""
        return self.model_dump(mode="json", exclude_defaults=True)

    def inner_host(self) -> str | None:
        """The first host in it that is recognizably not on the public internet; None if there is none."""
        hosts = (host_of(urlsplit(seed.url)) for seed in self.seeds)
        return next((host for host in hosts if is_inner_host(host)), None)
