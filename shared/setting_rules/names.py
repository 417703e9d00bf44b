"""Rules for the names of databases, buckets and containers, and for access keys, as their servers set them."""

from __future__ import annotations

import re
from ipaddress import IPv4Address

#: Maximum bytes of a database name. Source: https://www.mongodb.com/docs/manual/reference/limits/#naming-restrictions
MAX_DATABASE = 63
#: The last seven are forbidden only on Windows; a name without them is valid on every server.
_NOT_IN_DATABASE = '/\\. "$*<>:|?'
_MONGOS_OWN = ("admin", "config", "local")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
#: Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
_NOT_BEFORE_BUCKET = ("xn--", "sthree-", "amzn-s3-demo-")
_NOT_AFTER_BUCKET = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
_CONTAINER = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_REGION = re.compile(r"(?![-_])[A-Za-z0-9_-]{1,63}(?<![-_])")


def check_database_name(text: str) -> None:
    """Raise ValueError unless MongoDB accepts `text` as the name of a database."""
    if found := sorted({letter for letter in text if letter in _NOT_IN_DATABASE or letter.isspace()}):
        raise ValueError(f"a database name contains none of {_NOT_IN_DATABASE}, but this one has {''.join(found)!r}")
    if not 1 <= len(text.encode()) <= MAX_DATABASE:
        raise ValueError(f"a database name has 1 to {MAX_DATABASE} bytes")


def database_name(text: str) -> str:
    """Check the name of a database of our own, none of MongoDB's. Returns it. Raises ValueError."""
    check_database_name(text)
    if text.lower() in _MONGOS_OWN:
        raise ValueError(f"{', '.join(_MONGOS_OWN)} are MongoDB's own databases")
    return text


def bucket_name(text: str) -> str:
    """Check a bucket name by the rules of S3. Returns it. Raises ValueError."""
    if not _BUCKET.fullmatch(text):
        raise ValueError(
            "a bucket name has 3 to 63 lower-case letters, digits, hyphens and dots; it begins and ends with a letter "
            "or digit"
        )
    if any(pair in text for pair in ("..", ".-", "-.")):
        raise ValueError("a dot in a bucket name must stand between letters or digits")
    if _is_ipv4(text):
        raise ValueError("a bucket name must not look like an IP address")
    if text.startswith(_NOT_BEFORE_BUCKET) or text.endswith(_NOT_AFTER_BUCKET):
        raise ValueError(
            f"S3 reserves names that begin with {', '.join(_NOT_BEFORE_BUCKET)} or end with "
            f"{', '.join(_NOT_AFTER_BUCKET)}"
        )
    return text


def region_name(text: str) -> str:
    """Check the name of a region, such as us-east-1. Returns it. Raises ValueError."""
    if not _REGION.fullmatch(text):
        raise ValueError("a region has 1 to 63 letters, digits, hyphens and underscores, such as us-east-1")
    return text


def container_name(text: str) -> str:
    """Check a container name by the rules of Azure. Returns it. Raises ValueError."""
    if not (3 <= len(text) <= 63 and _CONTAINER.fullmatch(text)):
        raise ValueError(
            "a container name has 3 to 63 lower-case letters, digits and hyphens; each hyphen stands between two "
            "letters or digits"
        )
    return text


def visible(text: str) -> str:
    """Check a key that is sent in an HTTP header. Returns it. Raises ValueError."""
    if not text.isascii() or not text.isprintable() or text != text.strip():
        raise ValueError("it is sent in an HTTP header: only ASCII letters, digits and signs, no spaces around them")
    return text


def s3_access_key(text: str) -> str:
    """Check an access key id, which is one item of a list in an HTTP header. Returns it. Raises ValueError."""
    if " " in visible(text) or "," in text:
        raise ValueError("an access key id contains no spaces or commas")
    return text


def _is_ipv4(text: str) -> bool:
    try:
        IPv4Address(text)
    except ValueError:
        # S3 also rejects names that only look like one, such as 10.0.0.999.
        return re.fullmatch(r"\d{1,3}(\.\d{1,3}){3}", text) is not None
    return True
