"""The header Range of one request: which bytes of a file are wanted. Source: RFC 9110, section 14."""

from __future__ import annotations

import re
from typing import NamedTuple

_ONE_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")


class ByteRange(NamedTuple):
    """Some bytes of a file."""

    offset: int
    length: int


class Unsatisfiable(ValueError):
    """The file has no such bytes."""


def wanted(header: str | None, size: int) -> ByteRange | None:
    """The bytes that `header` asks for; None: all. Raises Unsatisfiable.

    What cannot be read, and several ranges at once, may be answered with the whole file, and are.
    """
    found = _ONE_RANGE.fullmatch(header.strip()) if header is not None else None
    if found is None or found[0] == "bytes=-":
        return None
    first, last = found[1], found[2]
    if first == "":
        # The last so many bytes.
        length = min(int(last), size)
        if length == 0:
            raise Unsatisfiable
        return ByteRange(size - length, length)
    begin, end = int(first), min(int(last), size - 1) if last else size - 1
    if last and int(last) < begin:
        return None
    if begin >= size:
        raise Unsatisfiable
    return ByteRange(begin, end - begin + 1)
