"""The API's own settings."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_settings import SettingsConfigDict

from shared.setting_rules import hosts, urls
from shared.settings import DAY, Group, ListeningHost, VisibleSecret

#: Requests of the last minute are remembered one by one.
MAX_PER_MINUTE = 10_000_000


def _base_address(text: str) -> str:
    return urls.http_address(text, path=True)


class ApiSettings(Group):
    """Where the API listens and who may use it."""

    model_config = SettingsConfigDict(env_prefix="API_")

    host: ListeningHost = Field("127.0.0.1", description="Address the API listens on.")
    port: int = Field(8000, ge=0, le=65535, description="Port the API listens on.")
    key: VisibleSecret = Field(
        description="The first key, which may do everything; others are made with it (fonoteca keys create). Make it "
        "with: openssl rand -hex 32.",
        min_length=16,
        # The dashboard takes no longer one.
        max_length=300,
    )
    requests_per_minute: int = Field(
        3000,
        ge=1,
        le=MAX_PER_MINUTE,
        description="What one key may ask of one replica of the API; beyond it answers 429 with Retry-After.",
    )
    session_hours: float = Field(
        12, gt=0, le=24 * 30, description="How long somebody stays signed in to the dashboard. A revoked key ends it."
    )
    cookie_secure: bool = Field(
        True,
        description="Whether browsers send the dashboard's cookie over HTTPS and to this machine alone. Off, it also "
        "goes over plain HTTP, where others on the network can read it.",
    )
    wrong_keys_per_minute: int = Field(
        30,
        ge=1,
        le=MAX_PER_MINUTE,
        description="Wrong keys that one address (of IPv6: one network of 64 bits) may send in a minute before it has "
        "to wait, and is answered slowly.",
    )
    connections: int = Field(
        2000,
        ge=16,
        le=100_000,
        description="Connections that one replica of the API holds at once; fewer if the process may open few files. "
        "Beyond it a new one takes the place of one that sends no request.",
    )
    trusted_proxies: Annotated[str, AfterValidator(hosts.networks_text)] | None = Field(
        None,
        max_length=2000,
        description="Proxies before the API whose X-Forwarded-For is believed: IP addresses and networks with commas "
        "between them, e.g. 10.42.0.0/16. Unset: none, and a client has the address that its connection comes from.",
    )

    public_url: Annotated[str, AfterValidator(_base_address)] | None = Field(
        None,
        max_length=500,
        description="Where clients reach the API, e.g. https://fonoteca.example.org: addresses in feeds and playlists "
        "for players begin with it. Unset: as the request says, which is http:// behind a proxy that ends TLS and is "
        "not among API_TRUSTED_PROXIES.",
    )
    link_seconds: int = Field(
        3600,
        ge=0,
        # Signatures of version 4 end after a week.
        le=7 * DAY,
        description="How long a presigned address (fonoteca get --link) is valid: whoever has it reads one file at the "
        "object store until then, even if the key that asked for it is revoked. 0: none are made.",
    )
    link_url: Annotated[str, AfterValidator(urls.http_address)] | None = Field(
        None,
        max_length=500,
        description="Where clients reach the object store, e.g. https://s3.example.org: presigned addresses begin with "
        "it. Unset: MINIO_ENDPOINT, which may be a name that only the services know.",
    )

    @property
    def proxies(self) -> tuple[str, ...]:
        """The networks of the trusted proxies, as the server is to compare them."""
        return hosts.networks(self.trusted_proxies) if self.trusted_proxies is not None else ()
