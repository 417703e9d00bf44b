"""The API's own settings."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_settings import SettingsConfigDict

from shared.setting_rules import hosts, urls
from shared.settings import DAY, Group, ListeningHost, VisibleSecret

#: Each request of the last minute takes memory.
MAX_PER_MINUTE = 10_000_000


def _base_address(text: str) -> str:
    return urls.http_address(text, path=True)


class ApiSettings(Group):
    """Where the API listens, and who may use it."""

    model_config = SettingsConfigDict(env_prefix="API_")

    host: ListeningHost = Field("127.0.0.1", description="Address the API listens on.")
    port: int = Field(8000, ge=0, le=65535, description="Port the API listens on.")
    key: VisibleSecret = Field(
        description="The first key, with every right; it makes the others (fonoteca keys create). Generate it with: "
        "openssl rand -hex 32.",
        min_length=16,
        # POST /v1/session accepts no longer one.
        max_length=300,
    )
    requests_per_minute: int = Field(
        3000,
        ge=1,
        le=MAX_PER_MINUTE,
        description="Requests that one key may make to one replica of the API in a minute; beyond that it answers 429 "
        "with Retry-After.",
    )
    session_hours: float = Field(
        12, gt=0, le=24 * 30, description="Hours that a session of the dashboard lasts. Revoking its key ends it."
    )
    cookie_secure: bool = Field(
        True,
        description="Whether browsers send the dashboard's cookie only over HTTPS, or to this machine. If off, they "
        "also send it over plain HTTP, where others on the network can read it.",
    )
    wrong_keys_per_minute: int = Field(
        30,
        ge=1,
        le=MAX_PER_MINUTE,
        description="Wrong keys that one address (IPv6: one /64 network) may send in a minute; beyond that, answers "
        "are delayed and are 429.",
    )
    connections: int = Field(
        2000,
        ge=16,
        le=100_000,
        description="Connections that one replica of the API holds at once; fewer if the process may open few files. "
        "Beyond that, a new one replaces one that sends no request.",
    )
    trusted_proxies: Annotated[str, AfterValidator(hosts.networks_text)] | None = Field(
        None,
        max_length=2000,
        description="Proxies in front of the API whose X-Forwarded-For is trusted: IP addresses and networks, "
        "separated by commas, e.g. 10.42.0.0/16. Unset: none; a client's address is that of its connection.",
    )

    public_url: Annotated[str, AfterValidator(_base_address)] | None = Field(
        None,
        max_length=500,
        description="Where clients reach the API, e.g. https://fonoteca.example.org: addresses in feeds and playlists "
        "for players begin with it. Unset: the address that the request names, which is http:// behind a proxy that "
        "ends TLS and is not among API_TRUSTED_PROXIES.",
    )
    link_seconds: int = Field(
        3600,
        ge=0,
        # AWS signatures of version 4 are valid for at most a week.
        le=7 * DAY,
        description="Seconds that a presigned address (fonoteca get --link) is valid: anyone who has it can read one "
        "file at the object store until then, even if the key that asked for it is revoked. 0: none are made.",
    )
    link_url: Annotated[str, AfterValidator(urls.http_address)] | None = Field(
        None,
        max_length=500,
        description="Where clients reach the object store, e.g. https://s3.example.org: presigned addresses begin with "
        "it. Unset: MINIO_ENDPOINT, which may be a name that only the services can resolve.",
    )

    @property
    def proxies(self) -> tuple[str, ...]:
        """The trusted proxies as networks, for the HTTP server."""
        return hosts.networks(self.trusted_proxies) if self.trusted_proxies is not None else ()
