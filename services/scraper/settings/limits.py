"""Settings of the scraper's limits: allowed sites, and the length, size and number of videos."""

from __future__ import annotations

import re

from pydantic import Field, field_validator
from pydantic_settings import SettingsConfigDict

from services.scraper.engines.values import CHANNEL_TABS
from services.scraper.settings.lists import check_names, listed
from services.scraper.settings.pace import MAX_NUMBER
from services.scraper.sites.routes import ALL, NAME, NONE
from shared.settings import YEAR, Group


class LimitsSettings(Group):
    """Scraper: which sites it uses, and how long, how large and how many videos may be."""

    model_config = SettingsConfigDict(env_prefix="SCRAPER_")

    extractors: str = Field(
        "youtube.*",
        description="yt-dlp extractors that may be used, as comma-separated patterns, e.g. youtube.*,soundcloud.*. "
        "'generic' opens any address. A playlist of another site is refused; the reason names the value that would "
        "allow it.",
    )
    sites: str = Field(
        ALL,
        description="Installed packages of sites that may be used (docs/sites.md): all, none, or names, "
        "comma-separated. Their hosts are taken whatever SCRAPER_EXTRACTORS says.",
    )
    channel_tabs: str = Field(
        ",".join(CHANNEL_TABS),
        description="Tabs that are listed for the address of a channel, comma-separated: videos, streams (recordings "
        "of live events), shorts. The playlist names the tabs that are left out.",
    )
    longest_playlist: int = Field(
        100_000,
        ge=0,
        le=MAX_NUMBER,
        description="Maximum number of videos accepted from one playlist; a longer playlist shows it as a failure. "
        "0: all.",
    )
    longest_video_seconds: float = Field(
        43_200, ge=0, le=YEAR, description="Maximum duration of a video (12 h); longer ones are not fetched. 0: any."
    )
    largest_megabytes: int = Field(
        4000,
        ge=0,
        le=MAX_NUMBER,
        description="Maximum size of a video's audio at its source, and of every file of a download. 0: any.",
    )

    @field_validator("extractors")
    @classmethod
    def _are_patterns(cls, value: str) -> str:
        patterns = listed(value)
        if not patterns:
            raise ValueError("it contains no pattern; the usual one is youtube.*")
        for pattern in patterns:
            try:
                re.compile(pattern.removeprefix("-"))
            except (re.error, OverflowError, RecursionError) as error:
                raise ValueError(f"one of its patterns is not a regular expression: {error}") from None
        return value

    @field_validator("sites")
    @classmethod
    def _are_sites(cls, value: str) -> str:
        if value in (ALL, NONE):
            return value
        names = listed(value)
        if not names or not all(NAME.fullmatch(name) for name in names) or {ALL, NONE} & set(names):
            raise ValueError(f"write {ALL}, {NONE}, or names of small letters, digits and hyphens, comma-separated")
        return value

    @field_validator("channel_tabs")
    @classmethod
    def _are_tabs(cls, value: str) -> str:
        return check_names(value, CHANNEL_TABS, "tab")
