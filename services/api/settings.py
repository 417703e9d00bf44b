"""The API's own settings."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.settings import Group, ListeningHost, VisibleSecret

#: Requests of the last minute are remembered one by one.
MAX_PER_MINUTE = 10_000_000


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
        description="Wrong keys that one address may send in a minute before it has to wait.",
    )
