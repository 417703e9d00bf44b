"""The content of an object or of its copy."""

from __future__ import annotations

from typing import NamedTuple


class Content(NamedTuple):
    """Size and SHA-256, as recorded on the copy or as read from its bytes."""

    size_bytes: int
    sha256: str
