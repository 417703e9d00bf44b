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
    """Limits and delays by failure class. docs/decisions/0003-retry-policy.md derives the numbers."""

    model_config = SettingsConfigDict(env_prefix="RETRY_")

    max_attempts: int = Field(
        8, ge=1, le=50, description="Transient failures after which a video or playlist is abandoned."
    )
    max_age_days: float = Field(
        30,
        gt=0,
        le=MAX_DAYS,
        description="Days after its first failure at which a video is abandoned, if its failures are transient or "
        "those of our tools.",
    )
    backoff_seconds: float = Field(
        30,
        ge=1,
        le=YEAR,
        description="Longest delay after the first transient failure; the shortest is 0. It doubles with each further "
        "failure.",
    )
    backoff_max_seconds: float = Field(
        21_600, ge=1, le=YEAR, description="Maximum delay after a transient failure (6 h)."
    )
    egress_seconds: float = Field(
        300,
        ge=1,
        le=YEAR,
        description="Wait of a video whose source refused our address, if it named no time. The scraper itself rests "
        "longer, but another one may fetch the video. Uncharged.",
    )
    storage_seconds: float = Field(30, ge=1, le=YEAR, description="Wait after a failure of our own storage. Uncharged.")
    tool_seconds: float = Field(
        3600,
        ge=1,
        le=YEAR,
        description="First wait after a failure of our own tools; it doubles. Uncharged: a person must repair them.",
    )
    tool_attempts: int = Field(
        24,
        ge=1,
        le=10_000,
        description="Failures in a row for one reason of our tools after which the item is abandoned.",
    )
    refused_attempts: int = Field(
        3,
        ge=1,
        le=1000,
        description="How often in a row a source may refuse one video or playlist, while it serves others to the same "
        "address, before that item is abandoned. The waits in between are those of RETRY_WAIT_SECONDS.",
    )
    wait_seconds: float = Field(
        3600, ge=1, le=YEAR, description="Wait for a premiere or live event whose time is unknown; it doubles."
    )
    wait_max_seconds: float = Field(
        86_400, ge=1, le=YEAR, description="Maximum of such a wait, also after failures of our tools (24 h)."
    )
    wait_margin_seconds: float = Field(
        600,
        ge=0,
        le=YEAR,
        description="Added to the time that a source names: premieres begin late, and Retry-After is a minimum.",
    )
    wait_max_days: float = Field(
        60,
        gt=0,
        le=MAX_DAYS,
        description="Days after its first failure at which a video that keeps waiting is abandoned.",
    )
    private_recheck_days: RecheckDays = Field(
        "7,30,90",
        pattern=DAYS,
        description="Days after which a private video is tried again, each after the previous attempt; then it is "
        "abandoned. none: it is abandoned at once.",
    )
    members_recheck_days: RecheckDays = Field(
        "7,7,7,7,7,7,7,7",
        pattern=DAYS,
        description="The same for videos that only members of a channel can see, which is often early access.",
    )
    sweep_seconds: float = Field(
        30,
        ge=0.5,
        le=YEAR,
        description="Seconds between two sweeps for overdue items, whose messages were lost.",
    )
    sweep_grace_seconds: float = Field(
        60, ge=0, le=YEAR, description="How long overdue an item must be before it is published again."
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
