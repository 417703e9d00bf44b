"""What a store has under a name: the content of an object or of its copy, and what a listing shows of it."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, NamedTuple


class Content(NamedTuple):
    """Size and SHA-256, as recorded on the copy or as read from its bytes."""

    size_bytes: int
    sha256: str


class Payload(NamedTuple):
    """The bytes of one request, and the MD5 that the server compares with what arrives."""

    content: bytes
    md5: bytes

    @classmethod
    def of(cls, content: bytes) -> Payload:
        """Return bytes with their own MD5."""
        return cls(content, hashlib.md5(content, usedforsecurity=False).digest())

    @property
    def header(self) -> dict[str, str]:
        """The header with which a server refuses other bytes: RFC 1864, which Azure and S3 have in common."""
        return {"Content-MD5": base64.b64encode(self.md5).decode()}


class Listed(NamedTuple):
    """An object or a copy, as a listing shows it."""

    name: str
    #: What it has, as it is recorded on a copy. The SHA-256 is "" where a listing shows none.
    content: Content
    #: The server's mark of the bytes, which another server of its kind has of the same bytes; "": it gives none.
    etag: str = ""


class Seen(NamedTuple):
    """An object of the object store, as one request shows it."""

    content: Content
    etag: str
    written_at: datetime
    metadata: dict[str, str]


@dataclass(frozen=True)
class Described:
    """A copy with its metadata."""

    name: str
    size_bytes: int
    written_at: datetime
    #: With the names and values of the object's metadata.
    metadata: dict[str, str]

    def as_json(self) -> dict[str, Any]:
        """Return it with the time as text, for JSON."""
        return {**asdict(self), "written_at": self.written_at.isoformat()}
