"""The retry service's own settings."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_settings import SettingsConfigDict

from shared.settings import YEAR, Group, check_order_of_given

#: Comma-separated numbers of days, or the word none.
DAYS = r"^(none|\d+(\.\d+)?(,\d+(\.\d+)?)*)$"
#: Ten years: moments so far ahead are still within every calendar.
MAX_DAYS = 3650
MAX_RECHECKS = 100


def _recheck_days(text: str) -> str:
    days = [] if text == "none" else [float(part) for part in text.split(",")]
    if len(days) > MAX_RECHECKS or any(each > MAX_DAYS for each in days):
        raise ValueError(f"at most {MAX_RECHECKS} numbers, each at most {MAX_DAYS}")
    return text


RecheckDays = Annotated[str, AfterValidator(_recheck_days)]


class RetrySettings(Group):
    """Limits and delays by failure class. docs/decisions/0003-retry-policy.md works through the numbers."""

    model_config = SettingsConfigDict(env_prefix="RETRY_")

    max_attempts: int = Field(
        8, ge=1, le=50, description="Transient failures after which a video or playlist is given up."
    )
    max_age_days: float = Field(
        30,
        gt=0,
        le=MAX_DAYS,
        description="Age of its first failure at which a video is given up, if the failures are transient or our "
        "tools'.",
    )
    backoff_seconds: float = Field(
        30,
        ge=1,
        le=YEAR,
        description="The delay after the first transient failure lies between 0 and this; it doubles with each further "
        "one.",
    )
    backoff_max_seconds: float = Field(21_600, ge=1, le=YEAR, description="The longest such delay (6 h).")
    egress_seconds: float = Field(
        300,
        ge=1,
        le=YEAR,
        description="Wait of a video whose source refused our address, if it named no time; the scraper itself rests "
        "longer, but another one may take it. Uncharged.",
    )
    storage_seconds: float = Field(30, ge=1, le=YEAR, description="Wait after a failure of our own storage. Uncharged.")
    tool_seconds: float = Field(
        3600,
        ge=1,
        le=YEAR,
        description="First wait after a failure of our own tools; it doubles. Uncharged: a person has to repair them.",
    )
    tool_attempts: int = Field(
        24,
        ge=1,
        le=10_000,
        description="Failures in a row for one reason of our tools after which the item is given up.",
    )
    refused_attempts: int = Field(
        3,
        ge=1,
        le=1000,
        description="How often in a row a source may refuse one video or playlist, while it serves others to the same "
        "address, before that one is given up. The waits between are those of RETRY_WAIT_SECONDS.",
    )
    wait_seconds: float = Field(
        3600, ge=1, le=YEAR, description="Wait for a premiere or live event whose time nobody told; it doubles."
    )
    wait_max_seconds: float = Field(
        86_400, ge=1, le=YEAR, description="The longest such wait, and the longest for tools (24 h)."
    )
    wait_margin_seconds: float = Field(
        600,
        ge=0,
        le=YEAR,
        description="Added to the time a source names: premieres begin late, and Retry-After is a minimum.",
    )
    wait_max_days: float = Field(
        60, gt=0, le=MAX_DAYS, description="Age of its first failure at which a video that keeps waiting is given up."
    )
    private_recheck_days: RecheckDays = Field(
        "7,30,90",
        pattern=DAYS,
        description="Days after which a private video is looked at again, each after the one before; then it is given "
        "up. none: it is given up at once.",
    )
    members_recheck_days: RecheckDays = Field(
        "7,7,7,7,7,7,7,7",
        pattern=DAYS,
        description="The same for videos that are for a channel's members only, which is often early access.",
    )
    sweep_seconds: float = Field(
        30, ge=0.5, le=YEAR, description="How often to look for what should have moved on and did not (lost messages)."
    )
    sweep_grace_seconds: float = Field(
        60, ge=0, le=YEAR, description="How long overdue something must be before it is published again."
    )

    @model_validator(mode="after")
    def _fit(self) -> Self:
        for lower, upper in (
            ("backoff_seconds", "backoff_max_seconds"),
            ("wait_seconds", "wait_max_seconds"),
            ("tool_seconds", "wait_max_seconds"),
        ):
            check_order_of_given(self, lower, upper)
        return self
