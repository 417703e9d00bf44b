"""The metadata of a blob, with the names and values of the object's metadata."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, unquote


@dataclass(frozen=True)
class Described:
    """A blob as a listing shows it."""

    name: str
    size_bytes: int
    written_at: datetime
    #: With the names and values of the object's metadata.
    metadata: dict[str, str]

    def as_json(self) -> dict[str, Any]:
        """Return it with the time as text, for JSON."""
        return {**asdict(self), "written_at": self.written_at.isoformat()}


def encoded(metadata: Mapping[str, str]) -> dict[str, str]:
    """Encode metadata for Azure: C# identifiers as names (source-url → source_url), percent-encoded ASCII as values."""
    return {name.replace("-", "_"): quote(value, safe=" /:?&=,@+") for name, value in metadata.items()}


def decoded(metadata: Mapping[str, str]) -> dict[str, str]:
    """Decode the metadata of a blob into the names and values of the object's."""
    return {name.replace("_", "-"): unquote(value) for name, value in metadata.items()}
