"""The manifest: the contents of an archive. Its hashes cover every other file."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cli.backup.folder import ArchiveFolder, disk
from cli.backup.lines import sha256_of
from cli.errors import REFUSED, CliError

FORMAT, FORMAT_VERSION = "fonoteca-archive", 1
OBJECT_LIST = "objects"


class ListedFile(BaseModel):
    """A file of lines. `collection`: a collection of the catalog, or `objects` for the list of objects."""

    model_config = ConfigDict(frozen=True)

    collection: str
    name: str
    lines: int = Field(ge=0)
    size_bytes: int = Field(ge=0)
    sha256: str


class Objects(BaseModel):
    """The totals of the objects."""

    model_config = ConfigDict(frozen=True)

    number: int = Field(ge=0)
    size_bytes: int = Field(ge=0)
    #: Objects that the catalog named, but that were missing or different in the store.
    missing: int = Field(ge=0)


class Manifest(BaseModel):
    """One finished backup."""

    model_config = ConfigDict(frozen=True)

    format: str = FORMAT
    format_version: int = FORMAT_VERSION
    #: The time of its start; part of the name of its catalog folder.
    id: str
    began_at: str
    finished_at: str
    fonoteca: str
    schema_version: int | None = None
    database: str
    bucket: str | None = None
    #: None: the archive has only the catalog.
    objects: Objects | None = None
    files: list[ListedFile]

    @property
    def folder(self) -> str:
        """The name of its catalog folder."""
        return f"catalog-{self.id}"

    def file_of(self, collection: str) -> ListedFile | None:
        """Return the file of a collection, or of the list of objects; None if there is none."""
        return next((file for file in self.files if file.collection == collection), None)


@dataclass(frozen=True)
class Damage:
    """One file that differs from the manifest."""

    name: str
    detail: str


def write_manifest(folder: ArchiveFolder, manifest: Manifest) -> None:
    """Replace the manifest in one step: from then on, the folder is this archive. Raises CliError."""
    fields = manifest.model_dump()
    text = json.dumps({**fields, "sha256": _digest(fields)}, indent=1, ensure_ascii=False)
    part = folder.manifest.with_name("manifest.part")
    with disk(folder.path):
        with part.open("w", encoding="utf-8") as file:
            file.write(text + "\n")
            file.flush()
            # The objects were not synced one by one. All of them must be on the disk before the manifest is.
            os.sync()
        part.replace(folder.manifest)


def read_manifest(folder: ArchiveFolder) -> Manifest:
    """Return the manifest of a folder. Raises CliError if there is no valid one."""
    if not folder.manifest.is_file():
        raise _no_manifest(folder)
    with disk(folder.path):
        text = folder.manifest.read_bytes()
    damaged = CliError(
        f"{folder.manifest} is damaged: it is truncated or was changed. Take another copy of it, or run the backup "
        "into an empty folder.",
        REFUSED,
    )
    try:
        fields: Any = json.loads(text)
        if not isinstance(fields, dict) or fields.get("format") != FORMAT:
            raise damaged
    except (ValueError, RecursionError) as error:
        raise damaged from error
    version = fields.get("format_version")
    if isinstance(version, int) and version > FORMAT_VERSION:
        raise CliError(
            f"{folder.path} was written by a newer Fonoteca ({fields.get('fonoteca')}; format {version}, this one "
            f"knows {FORMAT_VERSION}). Use that version.",
            REFUSED,
        )
    if fields.pop("sha256", None) != _digest(fields):
        raise damaged
    try:
        return Manifest.model_validate(fields)
    except ValidationError as error:
        raise damaged from error


def damaged_files(folder: ArchiveFolder, manifest: Manifest) -> list[Damage]:
    """Return the files of lines that are missing or differ from the manifest."""
    found = []
    for file in manifest.files:
        path = folder.file(file.name)
        if (problem := difference(path, file.size_bytes, file.sha256)) is not None:
            found.append(Damage(file.name, problem))
    return found


def difference(path: Path, size_bytes: int, sha256: str) -> str | None:
    """Return what is wrong with a file; None if nothing is."""
    with disk(path):
        if not path.is_file() or path.is_symlink():
            return "it is missing"
        if (size := path.stat().st_size) != size_bytes:
            return f"it has {size} bytes, not {size_bytes}"
        found = sha256_of(path)
        return None if found == sha256 else f"its SHA-256 is {found[:12]}…, not {sha256[:12]}…"


def _no_manifest(folder: ArchiveFolder) -> CliError:
    if (folder.path / "objects").is_dir():
        return CliError(
            f"{folder.path} is an incomplete backup: it has no manifest yet. Run `fonoteca backup --to {folder.path}` "
            "again to resume it.",
            REFUSED,
        )
    return CliError(
        f"There is no archive in {folder.path}: it has no manifest.json. Name a folder that `fonoteca backup` wrote.",
        REFUSED,
    )


def _digest(fields: dict[str, Any]) -> str:
    text = json.dumps(fields, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
