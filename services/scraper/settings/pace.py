"""Settings of the scraper's pace: how much at once, how fast, for how long."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator
from pydantic_settings import SettingsConfigDict

from services.scraper.workspace import cgroup
from shared.settings import DAY, HOUR, Group, check_order

#: 10**9 of any unit: beyond every sensible value, and its product with a megabyte still fits 64 bits.
MAX_NUMBER = 10**9


class PaceSettings(Group):
    """Scraper: how much it does at once, how fast, and for how long."""

    model_config = SettingsConfigDict(env_prefix="SCRAPER_")

    download_slots: int = Field(
        4,
        ge=1,
        le=64,
        description="Videos downloaded at once. More are impolite to a source before they make the work faster.",
    )
    encode_slots: int = Field(
        default_factory=cgroup.cores,
        ge=1,
        le=256,
        description="Videos encoded at once. Unset: one per core of the machine, or of the container's limit.",
    )
    request_interval_seconds: float = Field(
        0.75,
        ge=0,
        le=HOUR,
        description="Pause between two requests of one extraction or listing. Use 0 for a local site only.",
    )
    download_interval_seconds: float = Field(
        5,
        ge=0,
        le=DAY,
        description="Minimum pause between the starts of two downloads; up to the same again is added at random.",
    )
    other_interval_seconds: float = Field(2, ge=0, le=DAY, description="The same pause for sources other than YouTube.")
    subtitle_interval_seconds: float = Field(
        5, ge=0, le=HOUR, description="Pause before each request for subtitles. Use 0 for a local site only."
    )
    requests_per_hour: int = Field(
        1000,
        ge=0,
        le=MAX_NUMBER,
        description="Hourly budget of this egress for pages and calls at each source, not counting media. All scrapers "
        "of one SCRAPER_EGRESS share it, and it survives restarts. Work beyond it waits uncharged. YouTube allows a "
        "guest about this many, enough for some 300 videos. 0: no limit.",
    )
    key_share_percent: int = Field(
        15,
        ge=1,
        le=100,
        description="Percent of that budget that each key of scope submit may use, and of the download starts while "
        "others wait. Below a sixth (16), the work of others takes at most 1.2 times as long.",
    )
    kilobytes_per_second: int = Field(
        0,
        ge=0,
        le=MAX_NUMBER,
        description="Maximum bandwidth of all downloads together, 1 kB = 1000 bytes. 0: no limit.",
    )
    video_seconds: float = Field(
        1500,
        ge=10,
        le=DAY,
        description="Time limit of a download, and of an encoding after it. Keep both below RabbitMQ's "
        "consumer_timeout.",
    )
    listing_seconds: float = Field(
        1500,
        ge=10,
        le=DAY,
        description="Time limit of the listing of one playlist. Keep it below RabbitMQ's consumer_timeout.",
    )
    lease_seconds: float = Field(
        60,
        ge=3,
        le=DAY,
        description="How long a claim on a video lasts unless renewed; it is renewed after each third of that time.",
    )

    @model_validator(mode="after")
    def _fit(self) -> Self:
        # With a longer pause every download and listing would reach its time limit.
        check_order(self, "request_interval_seconds", "video_seconds")
        check_order(self, "request_interval_seconds", "listing_seconds")
        return self
