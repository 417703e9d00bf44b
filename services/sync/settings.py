"""The sync service's own settings; those of the mirror's targets are in `shared.settings`."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_settings import SettingsConfigDict

from shared.setting_rules import urls
from shared.settings import YEAR, Group

#: Threads of a process that copies, beyond those that read objects.
OTHER_THREADS = 4


class SyncSettings(Group):
    """How many objects are copied at once, and how often the mirror is checked for missing copies."""

    model_config = SettingsConfigDict(env_prefix="SYNC_")

    slots: int = Field(
        16, ge=1, le=256, description="Videos whose objects are copied at once, as far as the bytes in flight allow."
    )
    in_flight_megabytes: int = Field(
        64,
        ge=32,
        le=16_384,
        description="Bytes that all copies together hold in memory at once, in MiB. The process needs up to three "
        "times as much, and 150 MB for itself.",
    )
    copy_url: Annotated[str, AfterValidator(urls.http_address)] | None = Field(
        None,
        max_length=500,
        description="Where Azure reaches the object store, e.g. https://s3.example.org. Azure then fetches objects of "
        "up to 16 MiB itself, by addresses that are valid for 15 minutes. Unset: all bytes pass through this service.",
    )
    reconcile_seconds: float = Field(
        300,
        ge=1,
        le=YEAR,
        description="Seconds between two checks for stored objects without a copy, whose event was lost.",
    )
    sweep_seconds: float = Field(
        86_400,
        ge=60,
        le=YEAR,
        description="Seconds between two reconciliations (a day): the whole bucket is compared with the container, "
        "name by name. One that a restart interrupted continues where it was.",
    )
    niceness: int = Field(
        10,
        ge=0,
        le=19,
        description="Niceness of the process: if services share cores, copying yields to downloading and encoding. "
        "0: it does not yield.",
    )
    grace_seconds: float = Field(
        120,
        ge=0,
        le=YEAR,
        description="Seconds after it was stored for which an object is left to its event, which probably comes.",
    )
