"""Where the API is: from a file, the environment, or a native stack in this folder."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values
from pydantic import Field, field_validator
from pydantic_settings import SettingsConfigDict

from cli.client import DEFAULT_ENV_FILE, REFUSED, WRONG_SETTING, Address, CliError
from cli.text_files import read_text
from shared.setting_rules.urls import http_address
from shared.settings import Group, VisibleSecret, load


class ClientSettings(Group):
    """Where the API is, for its clients."""

    model_config = SettingsConfigDict(env_prefix="API_")

    url: str = Field(description="Where the API is, e.g. https://fonoteca.example.org.")
    key: VisibleSecret = Field(description="A key of it: `fonoteca keys create` makes one.", max_length=300)

    @field_validator("url")
    @classmethod
    def _is_address(cls, value: str) -> str:
        return http_address(value, path=True)


def find_api(env_file: Path | None) -> Address:
    """From `env_file`, else from the environment, else from a native stack in this folder.

    Raises CliError, and Misconfigured for an address or a key that there cannot be.
    """
    if env_file is None and not os.environ.get("API_URL") and DEFAULT_ENV_FILE.exists():
        env_file = DEFAULT_ENV_FILE
    values: Mapping[str, str] = read_env(env_file) if env_file is not None else os.environ
    url, key = values.get("API_URL"), values.get("API_KEY")
    if not url or not key:
        where = f"{env_file} does not name" if env_file is not None else "The environment does not name"
        raise CliError(
            f"{where} API_URL and API_KEY. Give --env-file FILE (`make up` writes .stack/env), or export both.",
            WRONG_SETTING,
        )
    found = load(ClientSettings, {"url": url, "key": key})
    return Address(found.url, found.key.get_secret_value())


def read_env(file: Path) -> dict[str, str]:
    """The variables that a file sets, as --env-file names it. Raises CliError."""
    if not file.exists():
        raise CliError(f"There is no file {file}. `make up` writes one to .stack/env.", REFUSED)
    text = read_text(str(file))
    return {name: value for name, value in dotenv_values(stream=io.StringIO(text)).items() if value}
