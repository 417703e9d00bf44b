"""The watch service's own settings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_settings import SettingsConfigDict

from shared.addresses.public_addresses import ip_address
from shared.setting_rules import urls
from shared.settings import YEAR, Group, ListeningHost


def _callback_url(text: str) -> str:
    """Check the address at which hubs call. Returns it without a slash at its end. Raises ValueError."""
    parts = urls.split(urls.http_address(text), ("http", "https"))
    address = ip_address(parts.hostname or "")
    if parts.scheme == "http" and (address is None or not address.is_loopback):
        raise ValueError("it must begin with https://: by http, others could read what makes it unguessable")
    return text.rstrip("/")


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
        "or its message was lost. Doubled up to three times for one that failed or was not answered before.",
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
    callback_url: Annotated[str, AfterValidator(_callback_url)] | None = Field(
        None,
        description="The public https address at which hubs of feeds reach this service's callback port, without a "
        "path, such as https://push.example.org. Then it subscribes at the hub of each followed source that has one "
        "(WebSub), and looks as soon as the hub says that there is something new. Unset: pushes are off.",
    )
    callback_host: ListeningHost = Field("127.0.0.1", description="Address that the callback listens on.")
    callback_port: int = Field(
        8010, ge=0, le=65535, description="Port of the callback; 0 chooses a free one and logs it."
    )
    lease_seconds: int = Field(
        432_000,
        ge=60,
        le=YEAR,
        description="Seconds for which subscriptions at hubs are asked for (five days); the hub decides. They are "
        "renewed when half of that is over.",
    )
    sources_file: Path | None = Field(
        None,
        description="A file of followed sources, as `fonoteca sources apply` takes it; it is applied at the start. "
        "Sources that are not in it stay.",
    )
