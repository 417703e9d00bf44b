"""The metadata of a blob, with the names and values of the object's metadata."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, unquote


def encoded(metadata: Mapping[str, str]) -> dict[str, str]:
    """Encode metadata for Azure: C# identifiers as names (source-url → source_url), percent-encoded ASCII as values."""
    return {name.replace("-", "_"): quote(value, safe=" /:?&=,@+") for name, value in metadata.items()}


def decoded(metadata: Mapping[str, str]) -> dict[str, str]:
    """Decode the metadata of a blob into the names and values of the object's."""
    return {name.replace("_", "-"): unquote(value) for name, value in metadata.items()}
