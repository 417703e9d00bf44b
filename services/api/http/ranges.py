"""The header Range of a request: which bytes of a file it asks for. Source: RFC 9110, section 14."""

from __future__ import annotations

import re
from typing import NamedTuple

_ONE_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")


class ByteRange(NamedTuple):
    """Consecutive bytes of a file."""

    offset: int
    length: int


class UnsatisfiableRange(ValueError):
    """The file has none of the bytes asked for."""


def parse_range(header: str | None, size: int) -> ByteRange | None:
    """The bytes that `header` asks for of a file of `size` bytes; None: all of them. Raises UnsatisfiableRange.

    A header that cannot be parsed, or asks for several ranges, means all: the RFC allows to ignore it.
    """
    found = _ONE_RANGE.fullmatch(header.strip()) if header is not None else None
    if found is None or found[0] == "bytes=-":
        return None
    first, last = found[1], found[2]
    if first == "":
        # The form bytes=-N: the last N bytes.
        length = min(int(last), size)
        if length == 0:
            raise UnsatisfiableRange
        return ByteRange(size - length, length)
    begin, end = int(first), min(int(last), size - 1) if last else size - 1
    if last and int(last) < begin:
        return None
    if begin >= size:
        raise UnsatisfiableRange
    return ByteRange(begin, end - begin + 1)
