"""The notify service's own settings."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.settings import DAY, YEAR, Group


class NotifySettings(Group):
    """Who is told of events, and how patiently."""

    model_config = SettingsConfigDict(env_prefix="NOTIFY_")

    endpoints_file: Path | None = Field(
        None,
        description="A file of endpoints that are told of events. It is applied at the start; endpoints that are not "
        "in it are removed. Unset: the endpoints stay as they are.",
    )
    private_hosts: bool = Field(
        False,
        description="Allow endpoints that are not on the public internet, and http. Whoever writes the file of "
        "endpoints can then reach every server that this service can reach.",
    )
    timeout_seconds: float = Field(10, ge=0.1, le=300, description="Seconds that an endpoint may take to answer.")
    pause_after: int = Field(
        5,
        ge=1,
        le=10_000,
        description="Deliveries in a row that failed for good, after which an endpoint is paused. A delivery fails "
        "for good after nine attempts in about two days.",
    )
    fails_after_seconds: float = Field(
        86_400,
        ge=0,
        le=YEAR,
        description="Seconds for which the looks at a followed source must have failed before people are told (a day).",
    )
    round_seconds: float = Field(
        60, ge=1, le=DAY, description="Seconds between two checks whether there is something to tell people."
    )
    hook_seconds: float = Field(60, ge=0.1, le=3600, description="Seconds that a hook may take for an event.")
    slots: int = Field(20, ge=1, le=1000, description="Deliveries that are made at once.")
