"""Settings of the egress: the network identity for requests to sources, and how long it rests after a refusal."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from shared.setting_rules.urls import http_address
from shared.settings import DAY, HOUR, YEAR, Group, check_order_of_given


class EgressSettings(Group):
    """Scraper: the network identity it uses, and how long it rests after a refusal."""

    model_config = SettingsConfigDict(env_prefix="SCRAPER_")

    egress: str = Field(
        default_factory=socket.gethostname,
        pattern=r"^[A-Za-z0-9._-]{1,64}$",
        description="Name of the address or proxy that this scraper uses. Scrapers behind one address must have the "
        "same name, under which they share pace, request budget and rests.",
    )
    proxy: SecretStr | None = Field(
        None,
        description="HTTP proxy for requests to sources only: http:// or https:// with host and port, and user and "
        "password if it needs them. Unset: the proxy in https_proxy, or none.",
    )
    cookies_file: Path | None = Field(
        None,
        description="Cookies of an account, as a Netscape cookies.txt. Refreshed cookies are written back to it, so "
        "each scraper needs its own file. Accounts that collect may be banned: leave it unset unless you must.",
    )
    po_token_provider: str | None = Field(
        None,
        pattern=r"^https?://[^\s/]+/?$",
        description="Address of a bgutil PO-token provider, e.g. http://127.0.0.1:4416, one for each egress; needs the "
        "Python package bgutil-ytdlp-pot-provider. Unset: no PO tokens are used.",
    )
    country: str | None = Field(
        None,
        pattern=r"^[A-Z]{2}$",
        description="Country of this egress (ISO 3166, e.g. BJ). It is shown with videos that are not available there.",
    )
    egress_rest_seconds: float = Field(
        1800,
        ge=1,
        le=YEAR,
        description="Rest after a source refused this address (bot check, 429): a random time between this and twice "
        "this. Then one video is tried; if it is refused too, the rest doubles. "
        "Retry-After replaces the first rest, and lengthens later ones.",
    )
    egress_rest_max_seconds: float = Field(86_400, ge=1, le=YEAR, description="Maximum length of such a rest (24 h).")
    rate_limit_rest_seconds: float = Field(
        3600, ge=1, le=YEAR, description="Rest after a source reported a rate limit without naming a time."
    )
    retry_after_max_seconds: float = Field(
        DAY,
        ge=1,
        le=7 * DAY,
        description="Maximum Retry-After (24 h) of a source other than YouTube; longer ones are cut to it. For "
        "YouTube, the maximum is 7 days.",
    )
    witness_interval_seconds: float = Field(
        30,
        ge=0,
        le=HOUR,
        description="Minimum pause between two requests of a witness: a stored video that shows whether a source "
        "refuses this address or only one video. Each costs the requests for one video.",
    )

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

    @field_validator("cookies_file")
    @classmethod
    def _is_cookies_file(cls, value: Path | None) -> Path | None:
        if value is not None and _is_folder(value):
            raise ValueError("it is a folder; name the file cookies.txt in it")
        return value

    @model_validator(mode="after")
    def _fit(self) -> Self:
        check_order_of_given(self, "egress_rest_seconds", "egress_rest_max_seconds")
        return self


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False
