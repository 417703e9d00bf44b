"""The ETag of an S3 server: it proves that a file arrived complete, without reading it back."""

from __future__ import annotations

import hashlib
from pathlib import Path

from shared.storage.s3.objects import PART_SIZE


def etag_of(path: Path) -> str:
    """Return the MD5 of a file, hexadecimal; of one uploaded in parts, the MD5 of their MD5s and the number of parts.

    A server that encrypts with its own keys gives another ETag: then only reading back proves anything.
    """
    parts: list[bytes] = []
    with path.open("rb") as file:
        while block := file.read(PART_SIZE):
            parts.append(hashlib.md5(block, usedforsecurity=False).digest())
    if len(parts) <= 1:
        return (parts[0] if parts else hashlib.md5(b"", usedforsecurity=False).digest()).hex()
    return f"{hashlib.md5(b''.join(parts), usedforsecurity=False).hexdigest()}-{len(parts)}"


def proves(etag: str, path: Path) -> bool:
    """Return whether a server's ETag proves that it has the bytes of a file."""
    return etag.strip('"').lower() == etag_of(path)
