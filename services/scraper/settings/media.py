"""Settings of the media: the files stored of a video, and the engines that fetch it."""

from __future__ import annotations

from pydantic import Field, field_validator
from pydantic_settings import SettingsConfigDict

from services.scraper.engines.values import BESIDE, ENGINES
from services.scraper.settings.lists import check_names
from shared.profiles import DEFAULT_PROFILE, parse_profiles
from shared.setting_rules.urls import http_address
from shared.settings import Group


class MediaSettings(Group):
    """Scraper: what it fetches and stores of each video."""

    model_config = SettingsConfigDict(env_prefix="SCRAPER_")

    profiles: str = Field(
        DEFAULT_PROFILE,
        description="Audio profiles stored of each new video, comma-separated, the main one first: mp3-320, original "
        "(not encoded again), wav-16k-mono, flac, or <codec>[-<kbit/s>][-<kHz>k][-mono or -stereo] with mp3, opus, "
        "aac, flac, wav. All are made from one download.",
    )
    beside: str = Field(
        "",
        description="Sidecar files stored of each video, comma-separated: info, thumbnail, subtitles, "
        "automatic-subtitles, chapters.",
    )
    tags: bool = Field(True, description="Write title, channel, date, address, licence and language into the files.")
    cover: bool = Field(False, description="Embed the video's thumbnail in MP3, M4A and FLAC files.")
    language: str = Field(
        "original",
        pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$",
        description="Audio track of videos that have several: original (never a dub), or a language code such as en.",
    )
    engines: str = Field(
        "yt-dlp",
        description="Programs that fetch videos, comma-separated: yt-dlp, you-get (needs that Python package), "
        "converter. If one fails because of a fault of its own, the next one is tried.",
    )
    converter_url: str | None = Field(
        None,
        pattern=r"^https?://\S+$",
        description="Base address of an HTTP converter of the SaveTube kind, for the engine converter.",
    )

    @property
    def profile_names(self) -> tuple[str, ...]:
        """The names of the profiles, the main one first."""
        return tuple(profile.name for profile in parse_profiles(self.profiles))

    @field_validator("profiles")
    @classmethod
    def _are_profiles(cls, value: str) -> str:
        parse_profiles(value)
        return value

    @field_validator("beside")
    @classmethod
    def _are_kinds(cls, value: str) -> str:
        return check_names(value, BESIDE)

    @field_validator("engines")
    @classmethod
    def _are_engines(cls, value: str) -> str:
        return check_names(value, ENGINES, "engine")

    @field_validator("converter_url")
    @classmethod
    def _is_base(cls, value: str | None) -> str | None:
        return http_address(value, path=True) if value is not None else None
