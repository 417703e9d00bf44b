"""The ETag of an S3 server: it proves that a file arrived complete, without reading it back."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from shared.storage.s3.objects import PART_SIZE

#: The MD5 of an object; of one in parts that of their MD5s, with their number.
_OF_WHOLE, _OF_ANY = re.compile(r"[0-9a-f]{32}"), re.compile(r"[0-9a-f]{32}(-[0-9]+)?")


def is_hash(etag: str) -> bool:
    """Return whether an ETag has the form of one that depends on an object's bytes alone."""
    return _OF_ANY.fullmatch(etag) is not None


def md5_in(etag: str) -> bytes | None:
    """Return the MD5 that the ETag of an object in one part may be; None: it has another form."""
    return bytes.fromhex(etag) if _OF_WHOLE.fullmatch(etag) else None


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
