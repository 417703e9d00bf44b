"""The retry service's own settings."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.settings import Group


class RetrySettings(Group):
    """Limits and delays by failure class. docs/decisions/0003-retry-policy.md works through the numbers."""

    model_config = SettingsConfigDict(env_prefix="RETRY_")

    max_attempts: int = Field(
        8, ge=1, le=50, description="Transient failures after which a video or playlist is given up."
    )
    backoff_seconds: float = Field(
        30, ge=1, description="Delay after the first transient failure; it doubles with each further one."
    )
    backoff_max_seconds: float = Field(21_600, ge=1, description="The longest delay between two attempts (6 h).")
    media_attempts: int = Field(
        3, ge=1, le=50, description="Attempts for media that arrives cut short or damaged: the same again helps little."
    )
    egress_seconds: float = Field(
        1800, ge=1, description="Wait after the source refused our address, if it named no time. Uncharged."
    )
    tool_seconds: float = Field(
        3600,
        ge=1,
        description="First wait after a failure of our own tools; it doubles. Uncharged: a person has to mend them.",
    )
    tool_attempts: int = Field(
        24,
        ge=1,
        description="Failures in a row for one reason of our tools after which the item is given up.",
    )
    wait_seconds: float = Field(
        3600, ge=1, description="Wait for a premiere or live event whose time nobody told; it doubles."
    )
    wait_margin_seconds: float = Field(
        600, ge=0, description="Added to the time a source names: premieres begin late, and Retry-After is a minimum."
    )
    wait_max_days: float = Field(
        60, gt=0, description="Age of its first failure at which a video that keeps waiting is given up."
    )
