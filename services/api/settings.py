"""The API's own settings."""

from __future__ import annotations

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from shared.settings import Group


class ApiSettings(Group):
    """Where the API listens and who may use it."""

    model_config = SettingsConfigDict(env_prefix="API_")

    host: str = Field("127.0.0.1", description="Address the API listens on.")
    port: int = Field(8000, ge=0, le=65535, description="Port the API listens on.")
    key: SecretStr = Field(
        description="The key that clients send as 'Authorization: Bearer …'. Make one with: openssl rand -hex 32.",
        min_length=16,
    )
