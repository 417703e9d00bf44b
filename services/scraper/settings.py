"""The scraper's own settings."""

from __future__ import annotations

import re
import socket
import tempfile
from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from services.scraper.engines.values import BESIDE, CHANNEL_TABS, ENGINES
from services.scraper.workspace import cgroup
from shared.profiles import DEFAULT_PROFILE, parse_profiles
from shared.setting_rules.urls import http_address
from shared.settings import DAY, HOUR, YEAR, Group, check_order, check_order_of_given

#: A thousand million of whatever it is: beyond all there is, and what becomes of it in bytes still fits 64 bits.
MAX_NUMBER = 10**9


class ScraperSettings(Group):
    """How much at once, how fast, how long, and where."""

    model_config = SettingsConfigDict(env_prefix="SCRAPER_")

    download_slots: int = Field(
        4, ge=1, le=64, description="Videos downloaded at once. More is impolite to one source before it is faster."
    )
    encode_slots: int = Field(
        default_factory=cgroup.cores,
        ge=1,
        le=256,
        description="Videos encoded at once; unset: one for each core, of the machine or of the container's limit.",
    )
    request_interval_seconds: float = Field(
        0.75,
        ge=0,
        le=HOUR,
        description="Pause between two requests of one extraction or listing. 0 for a local site only.",
    )
    download_interval_seconds: float = Field(
        5,
        ge=0,
        le=DAY,
        description="Least pause between the starts of two downloads; up to as much again is added at random.",
    )
    other_interval_seconds: float = Field(
        2, ge=0, le=DAY, description="The same between two downloads from a source other than YouTube."
    )
    requests_per_hour: int = Field(
        1000,
        ge=0,
        le=MAX_NUMBER,
        description="Budget of this egress for pages and calls asked of each source, media not counted: all scrapers "
        "of one SCRAPER_EGRESS share it, also over restarts. What comes later waits uncharged. YouTube lets a guest "
        "ask about so much, for some 300 videos. 0: no budget.",
    )
    key_share_percent: int = Field(
        15,
        ge=1,
        le=100,
        description="What one key of scope submit may use of that budget, whoever else is there, and of the starts of "
        "downloads while others wait. Below a sixth, so that others take at most 1.2 times as long.",
    )
    kilobytes_per_second: int = Field(
        0,
        ge=0,
        le=MAX_NUMBER,
        description="What all downloads together may take of the network, 1 kB = 1000 bytes; 0: no limit.",
    )
    egress: str = Field(
        default_factory=socket.gethostname,
        pattern=r"^[A-Za-z0-9._-]{1,64}$",
        description="Name of the address or proxy this scraper works through. Scrapers behind one address must have "
        "one name: under it they share their pace, their budget of requests and their rests.",
    )
    proxy: SecretStr | None = Field(
        None,
        description="HTTP proxy through which sources are asked, and nothing else: http:// or https:// with host and "
        "port, user and password where it wants them. Unset: as https_proxy says, else directly.",
    )
    cookies_file: Path | None = Field(
        None,
        description="Cookies of an account, as a Netscape cookies.txt; written back as the source renews them, so each "
        "scraper needs one of its own. Accounts that collect may be banned: leave it unset unless you must.",
    )
    po_token_provider: str | None = Field(
        None,
        pattern=r"^https?://[^\s/]+/?$",
        description="Address of a bgutil PO-token provider, e.g. http://127.0.0.1:4416, one for each egress; needs the "
        "Python package bgutil-ytdlp-pot-provider. Unset: none is asked.",
    )
    country: str | None = Field(
        None,
        pattern=r"^[A-Z]{2}$",
        description="Country of this egress (ISO 3166, e.g. BJ); told with videos that are not available from there.",
    )
    engines: str = Field(
        "yt-dlp",
        description="What fetches videos, comma-separated, tried in this order while the one before fails for a reason "
        "of the tool: yt-dlp, you-get (needs that Python package), converter.",
    )
    converter_url: str | None = Field(
        None,
        pattern=r"^https?://\S+$",
        description="Base address of an HTTP converter of the SaveTube kind, for the engine converter.",
    )
    egress_rest_seconds: float = Field(
        1800,
        ge=1,
        le=YEAR,
        description="Rest after the source refused this address (bot check, 429): between this and twice this, then "
        "one video is tried; if that is refused too, the rest doubles. Retry-After wins.",
    )
    egress_rest_max_seconds: float = Field(86_400, ge=1, le=YEAR, description="The longest such rest (24 h).")
    rate_limit_rest_seconds: float = Field(
        3600, ge=1, le=YEAR, description="Rest after the source said that it limits our rate, if it named no time."
    )
    retry_after_max_seconds: float = Field(
        DAY,
        ge=1,
        le=7 * DAY,
        description="The longest time (24 h) that a source other than YouTube may tell us to leave it alone "
        "(Retry-After); more is taken for this much. YouTube is believed up to 7 days.",
    )
    witness_interval_seconds: float = Field(
        30,
        ge=0,
        le=HOUR,
        description="Least pause between two questions to a witness: a stored video that is asked for once more, to "
        "tell whether a source refuses this address or one video alone. A question costs the pages of a video.",
    )
    storage_rest_seconds: float = Field(
        15,
        ge=1,
        le=DAY,
        description="Pause after the object store or the disk took nothing; then it is probed, and the pause doubles, "
        "up to 5 min, until it works.",
    )
    free_megabytes: int = Field(
        500,
        ge=0,
        le=MAX_NUMBER,
        description="Free space the work folder must have beside what scrapers hold there; while something else leaves "
        "less, no video is taken.",
    )
    longest_video_seconds: float = Field(
        43_200, ge=0, le=YEAR, description="Videos that last longer are not taken (12 h); 0: any length."
    )
    largest_megabytes: int = Field(
        4000,
        ge=0,
        le=MAX_NUMBER,
        description="Videos whose sound takes more at the source are not taken, and no file of a download grows "
        "beyond it; 0: any size.",
    )
    channel_tabs: str = Field(
        ",".join(CHANNEL_TABS),
        description="What a channel's own address means, comma-separated: videos, streams (live recordings), shorts. "
        "What is left out is told with the playlist.",
    )
    longest_playlist: int = Field(
        100_000,
        ge=0,
        le=MAX_NUMBER,
        description="Videos taken of one playlist; the rest is left, and the playlist says so. 0: all.",
    )
    profiles: str = Field(
        DEFAULT_PROFILE,
        description="What is stored of each new video, comma-separated, the main one first: mp3-320, original (not "
        "encoded again), wav-16k-mono, flac, or <codec>[-<kbit/s>][-<kHz>k][-mono or -stereo] with mp3, opus, aac, "
        "flac, wav. All come from one download.",
    )
    beside: str = Field(
        "",
        description="What else is stored of each video, comma-separated: info, thumbnail, subtitles, "
        "automatic-subtitles, chapters.",
    )
    tags: bool = Field(True, description="Write title, channel, date, address, licence and language into the files.")
    cover: bool = Field(False, description="Put the video's picture into MP3, M4A and FLAC files.")
    subtitle_interval_seconds: float = Field(
        5, ge=0, le=HOUR, description="Pause before each request for subtitles. 0 for a local site only."
    )
    language: str = Field(
        "original",
        pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$",
        description="Track taken of videos that have several: original (never a dub), or a language's code such as en.",
    )
    video_seconds: float = Field(
        1500,
        ge=10,
        le=DAY,
        description="Wall time of a download, then of an encoding. Keep both below RabbitMQ's consumer_timeout.",
    )
    listing_seconds: float = Field(
        1500, ge=10, le=DAY, description="Wall time the listing of one playlist may take; same limit as above."
    )
    lease_seconds: float = Field(
        60,
        ge=3,
        le=DAY,
        description="How long a claim on a video lasts unless renewed; it is renewed every third of that.",
    )
    extractors: str = Field(
        "youtube.*",
        description="yt-dlp extractors that may be used, comma-separated patterns, e.g. youtube.*,soundcloud.*. "
        "'generic' opens any address. A playlist of another site is refused, and its reason names "
        "the value that allows it.",
    )
    work_folder: Path = Field(
        default_factory=lambda: Path(tempfile.gettempdir()) / "fonoteca",
        description="Where media lies while it is worked on: the source and all files made of it at once. Room for "
        "them is promised before a download; what does not fit yet waits, what never could is larger-than-disk.",
    )
    work_folder_megabytes: int = Field(
        0,
        ge=0,
        le=MAX_NUMBER,
        description="What all scrapers together may hold in the work folder, where its volume has a limit that its "
        "disk does not show, such as Kubernetes' sizeLimit, beyond which the scraper would be ended. 0: no limit.",
    )
    tasks_per_worker: int = Field(
        50,
        ge=1,
        le=MAX_NUMBER,
        description="Downloads after which a worker process is replaced, since long-lived yt-dlp objects grow.",
    )
    worker_megabytes: int | None = Field(
        None,
        ge=0,
        le=MAX_NUMBER,
        description="Memory that one worker process may have for its data; a source that sends without end meets this. "
        "The JavaScript runtime needs about 600. Unset: 1000, or what the container's limit leaves one while the "
        "others need as much as usual. 0: no limit.",
    )

    @field_validator("profiles")
    @classmethod
    def _are_profiles(cls, value: str) -> str:
        parse_profiles(value)
        return value

    @field_validator("proxy")
    @classmethod
    def _is_proxy(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            http_address(value.get_secret_value(), user=True)
        return value

    @field_validator("po_token_provider")
    @classmethod
    def _is_server(cls, value: str | None) -> str | None:
        return http_address(value) if value is not None else None

    @field_validator("converter_url")
    @classmethod
    def _is_base(cls, value: str | None) -> str | None:
        return http_address(value, path=True) if value is not None else None

    @field_validator("cookies_file")
    @classmethod
    def _is_cookies_file(cls, value: Path | None) -> Path | None:
        if value is not None and _is_folder(value):
            raise ValueError("it is a folder; name the file cookies.txt in it")
        return value

    @field_validator("work_folder")
    @classmethod
    def _is_work_folder(cls, value: Path) -> Path:
        if any(_is_file(path) for path in (value, *value.parents)):
            raise ValueError("it is, or lies in, a file; name a folder")
        return value

    @field_validator("extractors")
    @classmethod
    def _are_patterns(cls, value: str) -> str:
        patterns = listed(value)
        if not patterns:
            raise ValueError("there is no pattern in it; the usual one is youtube.*")
        for pattern in patterns:
            try:
                re.compile(pattern.removeprefix("-"))
            except (re.error, OverflowError, RecursionError) as error:
                raise ValueError(f"one of its patterns is no regular expression: {error}") from None
        return value

    @field_validator("engines")
    @classmethod
    def _are_engines(cls, value: str) -> str:
        names = listed(value)
        if not names or (wrong := set(names) - set(ENGINES)):
            raise ValueError(
                f"there is no {', '.join(sorted(wrong)) if names else 'engine in it'}; there are {', '.join(ENGINES)}"
            )
        return value

    @field_validator("channel_tabs")
    @classmethod
    def _are_tabs(cls, value: str) -> str:
        names = listed(value)
        if not names or (wrong := set(names) - set(CHANNEL_TABS)):
            raise ValueError(
                f"there is no {', '.join(sorted(wrong)) if names else 'tab in it'}; there are {', '.join(CHANNEL_TABS)}"
            )
        return value

    @field_validator("beside")
    @classmethod
    def _are_kinds(cls, value: str) -> str:
        if wrong := set(listed(value)) - set(BESIDE):
            raise ValueError(f"there is no {', '.join(sorted(wrong))}; there are {', '.join(BESIDE)}")
        return value

    @model_validator(mode="after")
    def _fit(self) -> Self:
        check_order_of_given(self, "egress_rest_seconds", "egress_rest_max_seconds")
        if self.work_folder_megabytes:
            check_order(self, "free_megabytes", "work_folder_megabytes")
        # With a longer pause every download and listing would end for lack of time.
        check_order(self, "request_interval_seconds", "video_seconds")
        check_order(self, "request_interval_seconds", "listing_seconds")
        return self


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False


def _is_file(path: Path) -> bool:
    try:
        return path.exists() and not path.is_dir()
    except OSError:
        return False


def listed(text: str) -> tuple[str, ...]:
    """The parts of a comma-separated setting."""
    return tuple(part.strip() for part in text.split(",") if part.strip())
