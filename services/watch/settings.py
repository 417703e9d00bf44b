"""The watch service's own settings."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.settings import YEAR, Group


class WatchSettings(Group):
    """How often due looks are requested, and how many at once."""

    model_config = SettingsConfigDict(env_prefix="WATCH_")

    poll_seconds: float = Field(
        5, ge=0.1, le=3600, description="Seconds between two checks for followed sources whose look is due."
    )
    at_once: int = Field(
        50,
        ge=1,
        le=10_000,
        description="Looks that are requested and not answered yet. The scrapers' pace and budgets decide how fast "
        "they are made; this only bounds how many wait in the broker.",
    )
    answer_seconds: float = Field(
        1800,
        ge=1,
        le=YEAR,
        description="Seconds within which a look is answered. After that it is requested again, since its scraper died "
        "or its message was lost.",
    )
    list_seconds: float = Field(
        86_400,
        ge=60,
        le=YEAR,
        description="Seconds after which a source's list is read although its feed says that nothing is new (a day): "
        "feeds hold few entries and lag behind.",
    )
    full_seconds: float = Field(
        604_800,
        ge=60,
        le=YEAR,
        description="Seconds after which a list is read to its end (a week): it finds what was published late, and "
        "what is gone.",
    )
    retention_seconds: float = Field(
        3600,
        ge=1,
        le=YEAR,
        description="Seconds between two deletions of recordings that their sources keep no longer.",
    )
    retention_grace_seconds: float = Field(
        86_400,
        ge=0,
        le=YEAR,
        description="Seconds for which a source's definition must be unchanged before its `keep` deletes anything (a "
        "day): `fonoteca sources retention` shows in between what it will delete.",
    )
    sources_file: Path | None = Field(
        None,
        description="A file of followed sources, as `fonoteca sources apply` takes it; it is applied at the start. "
        "Sources that are not in it stay.",
    )
