"""Names of databases, buckets and containers, by the rules of their servers."""

from __future__ import annotations

import re
from ipaddress import IPv4Address

#: Bytes of a database's name. Source: https://www.mongodb.com/docs/manual/reference/limits/#naming-restrictions
MAX_DATABASE = 63
#: The last seven are forbidden on Windows only; a name without them can be moved everywhere.
_NOT_IN_DATABASE = '/\\. "$*<>:|?'
_MONGOS_OWN = ("admin", "config", "local")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
#: Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
_NOT_BEFORE_BUCKET = ("xn--", "sthree-", "amzn-s3-demo-")
_NOT_AFTER_BUCKET = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
_CONTAINER = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_REGION = re.compile(r"(?![-_])[A-Za-z0-9_-]{1,63}(?<![-_])")


def check_database_name(text: str) -> None:
    """Raise ValueError unless MongoDB takes this as the name of a database."""
    if found := sorted({letter for letter in text if letter in _NOT_IN_DATABASE or letter.isspace()}):
        raise ValueError(f"a database's name has none of {_NOT_IN_DATABASE} in it, and this one has {''.join(found)!r}")
    if not 1 <= len(text.encode()) <= MAX_DATABASE:
        raise ValueError(f"a database's name has 1 to {MAX_DATABASE} bytes")


def database_name(text: str) -> str:
    """A database that is nobody else's."""
    check_database_name(text)
    if text.lower() in _MONGOS_OWN:
        raise ValueError(f"{', '.join(_MONGOS_OWN)} are MongoDB's own databases")
    return text


def bucket_name(text: str) -> str:
    """A bucket's name, as S3 takes it."""
    if not _BUCKET.fullmatch(text):
        raise ValueError(
            "a bucket's name has 3 to 63 lower-case letters, digits, hyphens and dots; it begins and ends with a "
            "letter or digit"
        )
    if any(pair in text for pair in ("..", ".-", "-.")):
        raise ValueError("a dot in a bucket's name stands between letters or digits")
    if _is_ipv4(text):
        raise ValueError("a bucket's name must not look like an IP address")
    if text.startswith(_NOT_BEFORE_BUCKET) or text.endswith(_NOT_AFTER_BUCKET):
        raise ValueError(
            f"S3 keeps names for itself that begin with {', '.join(_NOT_BEFORE_BUCKET)} or end with "
            f"{', '.join(_NOT_AFTER_BUCKET)}"
        )
    return text


def region_name(text: str) -> str:
    """A region, such as us-east-1."""
    if not _REGION.fullmatch(text):
        raise ValueError("a region has 1 to 63 letters, digits, hyphens and underscores, such as us-east-1")
    return text


def container_name(text: str) -> str:
    """A container's name, as Azure takes it."""
    if not (3 <= len(text) <= 63 and _CONTAINER.fullmatch(text)):
        raise ValueError(
            "a container's name has 3 to 63 lower-case letters, digits and hyphens; each hyphen stands between two "
            "letters or digits"
        )
    return text


def visible(text: str) -> str:
    """A key that goes into a header of HTTP."""
    if not text.isascii() or not text.isprintable() or text != text.strip():
        raise ValueError("it goes into a header of HTTP: only ASCII letters, digits and signs, no spaces around them")
    return text


def s3_access_key(text: str) -> str:
    """An access key's id, which goes into a header of HTTP, in a list."""
    if " " in visible(text) or "," in text:
        raise ValueError("an access key's id has no spaces and commas in it")
    return text


def _is_ipv4(text: str) -> bool:
    try:
        IPv4Address(text)
    except ValueError:
        # Also what only looks like one, such as 10.0.0.999.
        return re.fullmatch(r"\d{1,3}(\.\d{1,3}){3}", text) is not None
    return True
