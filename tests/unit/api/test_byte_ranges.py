"""Which bytes a Range asks for."""

import pytest

from services.api.http.ranges import ByteRange, UnsatisfiableRange, parse_range


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, None),
        ("bytes=0-", ByteRange(0, 1000)),
        ("bytes=0-0", ByteRange(0, 1)),
        ("bytes=10-19", ByteRange(10, 10)),
        ("bytes=990-5000", ByteRange(990, 10)),
        ("bytes=-10", ByteRange(990, 10)),
        ("bytes=-5000", ByteRange(0, 1000)),
        # Answered with the whole file.
        ("bytes=0-1,5-6", None),
        ("bytes=-", None),
        ("bytes=5-2", None),
        ("lines=1-2", None),
        ("bytes=a-b", None),
    ],
)
def test_ranges(header: str | None, expected: ByteRange | None) -> None:
    assert parse_range(header, 1000) == expected


@pytest.mark.parametrize("header", ["bytes=1000-", "bytes=99999-100000", "bytes=-0"])
def test_bytes_that_are_not_there(header: str) -> None:
    with pytest.raises(UnsatisfiableRange):
        parse_range(header, 1000)
