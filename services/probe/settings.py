"""The probe service's own settings."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.settings import DAY, Group


class ProbeSettings(Group):
    """How long measurements are kept, and how often they are rolled up."""

    model_config = SettingsConfigDict(env_prefix="PROBE_")

    keep_days: int = Field(
        30, ge=1, le=36_600, description="Days for which single measurements are kept. Roll-ups by the hour stay."
    )
    round_seconds: float = Field(
        60, ge=0.1, le=DAY, description="Seconds between two rounds of roll-ups and of deletions."
    )
