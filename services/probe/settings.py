"""The probe service's own settings."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.settings import DAY, HOUR, Group


class ProbeSettings(Group):
    """How long measurements are kept, and how often they are rolled up."""

    model_config = SettingsConfigDict(env_prefix="PROBE_")

    keep_days: int = Field(
        30, ge=1, le=36_600, description="Days for which single measurements are kept. Roll-ups by the hour stay."
    )
    as_file: Path | None = Field(
        None,
        description="A table of the networks of the internet (autonomous systems) in MaxMind's format, such as "
        "GeoLite2-ASN.mmdb or dbip-asn-lite.mmdb. Measurements then name the network of each server.",
    )
    as_online: bool = Field(
        False,
        description="Ask Team Cymru's DNS service for networks that PROBE_AS_FILE does not have. It learns which "
        "servers are measured, once for each prefix.",
    )
    crawl_poll_seconds: float = Field(
        1, ge=0.02, le=HOUR, description="Seconds between two rounds of planning crawls, if no answer comes earlier."
    )
    answer_seconds: float = Field(
        600,
        ge=1,
        le=DAY,
        description="Seconds for which the answer to a task of a crawl is waited for before it is requested again. "
        "Scrapers prolong that while they work on it, or put it off.",
    )
    round_seconds: float = Field(
        60, ge=0.1, le=DAY, description="Seconds between two rounds of roll-ups and of deletions."
    )
