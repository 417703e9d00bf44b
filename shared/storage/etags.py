"""The ETag that an S3 server gives to a file that arrived whole: proof of its bytes without reading them back."""

from __future__ import annotations

import hashlib
from pathlib import Path

from shared.storage.objects import PART_SIZE


def etag_of(path: Path) -> str:
    """The MD5 of a file, hexadecimal; of one that goes up in parts, the MD5 of their MD5s and how many there are.

    A server that encrypts with keys of its own gives another one: then only reading back proves something.
    """
    parts: list[bytes] = []
    with path.open("rb") as file:
        while block := file.read(PART_SIZE):
            parts.append(hashlib.md5(block, usedforsecurity=False).digest())
    if len(parts) <= 1:
        return (parts[0] if parts else hashlib.md5(b"", usedforsecurity=False).digest()).hex()
    return f"{hashlib.md5(b''.join(parts), usedforsecurity=False).hexdigest()}-{len(parts)}"


def proves(etag: str, path: Path) -> bool:
    """Whether a server's ETag shows that it has the bytes of a file."""
    return etag.strip('"').lower() == etag_of(path)
