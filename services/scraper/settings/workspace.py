"""Settings of the scraper's use of its machine: the work folder's disk, and the memory of workers."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Self

from pydantic import Field, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from services.scraper.settings.pace import MAX_NUMBER
from shared.settings import DAY, Group, check_order


class WorkspaceSettings(Group):
    """Scraper: the disk, memory and processes it uses."""

    model_config = SettingsConfigDict(env_prefix="SCRAPER_")

    work_folder: Path = Field(
        default_factory=lambda: Path(tempfile.gettempdir()) / "fonoteca",
        description="Folder for media in work: the source and all files made of it at once. Space for them is "
        "reserved before a download; a video that does not fit yet waits, and one that never could fails as "
        "larger-than-disk.",
    )
    work_folder_megabytes: int = Field(
        0,
        ge=0,
        le=MAX_NUMBER,
        description="Maximum size of the work folder, all scrapers together. Set it if the volume has a limit that its "
        "disk does not show, such as Kubernetes' sizeLimit, which would end the scraper. 0: no limit.",
    )
    free_megabytes: int = Field(
        500,
        ge=0,
        le=MAX_NUMBER,
        description="Minimum free space of the work folder's disk, not counting files of scrapers. While other files "
        "leave less, no video is fetched.",
    )
    storage_rest_seconds: float = Field(
        15,
        ge=1,
        le=DAY,
        description="Pause after the object store or the disk failed. Then it is probed, and the pause doubles, up to "
        "5 min, until it works.",
    )
    tasks_per_worker: int = Field(
        50,
        ge=1,
        le=MAX_NUMBER,
        description="Downloads after which a worker process is replaced, because long-lived yt-dlp objects grow.",
    )
    worker_megabytes: int | None = Field(
        None,
        ge=0,
        le=MAX_NUMBER,
        description="Memory limit of one worker process, against sources that send without end. The JavaScript runtime "
        "needs about 600. Unset: 1000, or less if the container's limit leaves less to one worker while the others use "
        "the usual amount. 0: no limit.",
    )

    @field_validator("work_folder")
    @classmethod
    def _is_work_folder(cls, value: Path) -> Path:
        if any(_is_file(path) for path in (value, *value.parents)):
            raise ValueError("it is a file, or inside one; name a folder")
        return value

    @model_validator(mode="after")
    def _fit(self) -> Self:
        if self.work_folder_megabytes:
            check_order(self, "free_megabytes", "work_folder_megabytes")
        return self


def _is_file(path: Path) -> bool:
    try:
        return path.exists() and not path.is_dir()
    except OSError:
        return False
