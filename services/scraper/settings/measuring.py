"""Settings of what the scraper measures of its downloads."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, StringConstraints, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from services.scraper.settings.lists import listed
from shared.addresses.resolvers import resolver_of
from shared.settings import HOUR, Group, check_order


class MeasuringSettings(Group):
    """Scraper: what it measures of its downloads. Measuring costs no request."""

    model_config = SettingsConfigDict(env_prefix="SCRAPER_")

    measure: bool = Field(
        True, description="Measure every download: servers, times, rates, and how it would have played."
    )
    no_ip: bool = Field(
        True,
        description="Keep this machine's public address out of every record and log. False: measurements have the "
        "address at which a source sees the egress, where the source tells it.",
    )
    provider: Annotated[str, StringConstraints(max_length=100)] = Field(
        "", description="The internet provider of this egress, as you call it, to compare providers."
    )
    play_start_seconds: float = Field(
        2.0, ge=0, le=HOUR, description="Seconds of media that a player buffers before it starts (in the model)."
    )
    play_stall_seconds: float = Field(
        0.1, ge=0, le=HOUR, description="Seconds of media that are left when a player stalls (in the model)."
    )
    play_resume_seconds: float = Field(
        1.0, ge=0, le=HOUR, description="Seconds of media above which a stalled player plays again (in the model)."
    )

    probe_share_percent: int = Field(
        5,
        ge=1,
        le=100,
        description="Percent of SCRAPER_REQUESTS_PER_HOUR that all crawls together may use (`fonoteca probe crawl`).",
    )
    resolvers: str = Field(
        "",
        description="Resolvers that crawls may ask although they are not on the public internet, such as that of your "
        "network: IP addresses, comma-separated.",
    )

    @field_validator("resolvers")
    @classmethod
    def _are_resolvers(cls, value: str) -> str:
        return ",".join(resolver_of(part) for part in listed(value))

    @property
    def own_resolvers(self) -> tuple[str, ...]:
        """The resolvers in their normal form."""
        return listed(self.resolvers)

    @model_validator(mode="after")
    def _fit(self) -> Self:
        # With less than it stalls at, a player would stall again at once.
        check_order(self, "play_stall_seconds", "play_resume_seconds")
        check_order(self, "play_stall_seconds", "play_start_seconds")
        return self
