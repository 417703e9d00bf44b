"""The retry service's own settings."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.settings import Group

#: Comma-separated numbers of days, or the word none.
DAYS = r"^(none|\d+(\.\d+)?(,\d+(\.\d+)?)*)$"


class RetrySettings(Group):
    """Limits and delays by failure class. docs/decisions/0003-retry-policy.md works through the numbers."""

    model_config = SettingsConfigDict(env_prefix="RETRY_")

    max_attempts: int = Field(
        8, ge=1, le=50, description="Transient failures after which a video or playlist is given up."
    )
    max_age_days: float = Field(
        30,
        gt=0,
        description="Age of its first failure at which a video is given up, if the failures are transient or our "
        "tools'.",
    )
    backoff_seconds: float = Field(
        30,
        ge=1,
        description="The delay after the first transient failure lies between 0 and this; it doubles with each further "
        "one.",
    )
    backoff_max_seconds: float = Field(21_600, ge=1, description="The longest such delay (6 h).")
    egress_seconds: float = Field(
        300,
        ge=1,
        description="Wait of a video whose source refused our address, if it named no time; the scraper itself rests "
        "longer, but another one may take it. Uncharged.",
    )
    storage_seconds: float = Field(30, ge=1, description="Wait after a failure of our own storage. Uncharged.")
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
    refused_attempts: int = Field(
        3,
        ge=1,
        description="How often in a row a source may refuse one video or playlist, while it serves others to the same "
        "address, before that one is given up. The waits between are those of RETRY_WAIT_SECONDS.",
    )
    wait_seconds: float = Field(
        3600, ge=1, description="Wait for a premiere or live event whose time nobody told; it doubles."
    )
    wait_max_seconds: float = Field(
        86_400, ge=1, description="The longest such wait, and the longest for tools (24 h)."
    )
    wait_margin_seconds: float = Field(
        600, ge=0, description="Added to the time a source names: premieres begin late, and Retry-After is a minimum."
    )
    wait_max_days: float = Field(
        60, gt=0, description="Age of its first failure at which a video that keeps waiting is given up."
    )
    private_recheck_days: str = Field(
        "7,30,90",
        pattern=DAYS,
        description="Days after which a private video is looked at again, each after the one before; then it is given "
        "up. none: it is given up at once.",
    )
    members_recheck_days: str = Field(
        "7,7,7,7,7,7,7,7",
        pattern=DAYS,
        description="The same for videos that are for a channel's members only, which is often early access.",
    )
    sweep_seconds: float = Field(
        30, ge=0.5, description="How often to look for what should have moved on and did not (lost messages)."
    )
    sweep_grace_seconds: float = Field(
        60, ge=0, description="How long overdue something must be before it is published again."
    )
