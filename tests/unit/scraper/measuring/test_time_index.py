"""An index says which bytes are which seconds; what does not fit together is none."""

from __future__ import annotations

import random
import struct

import pytest

from services.scraper.measuring.time_index import TimeIndex, time_index


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind) + content


def sidx(entries: list[tuple[int, int]], *, version: int = 0, timescale: int = 1000, first: int = 0) -> bytes:
    """A segment index. Entries: bytes and units of time."""
    head = struct.pack(">B3xII", version, 1, timescale)
    places = struct.pack(">IIHH" if version == 0 else ">QQHH", 0, first, 0, len(entries))
    return box(b"sidx", head + places + b"".join(struct.pack(">III", size, length, 0) for size, length in entries))


def mp4(*boxes: bytes) -> bytes:
    return box(b"ftyp", b"dash") + box(b"moov", bytes(92)) + b"".join(boxes)


def element(id_: int, content: bytes) -> bytes:
    """An element of EBML with a length of eight bytes."""
    width = (id_.bit_length() + 7) // 8
    return id_.to_bytes(width) + (len(content) | 1 << 56).to_bytes(8) + content


def number(id_: int, value: int) -> bytes:
    return element(id_, value.to_bytes(4))


def webm(cues: list[tuple[int, int]], scale: int | None = None, *, late: bool = False) -> tuple[bytes, int]:
    """A WebM with cues: milliseconds and positions. Returns it, and where the content of its segment begins."""
    info = element(0x1549A966, number(0x2AD7B1, scale) if scale is not None else number(0x4489, 0))
    points = [element(0xBB, number(0xB3, moment) + element(0xB7, number(0xF1, place))) for moment, place in cues]
    table, media = element(0x1C53BB6B, b"".join(points)), element(0x1F43B675, bytes(300))
    content = info + (media + table if late else table + media)
    head = element(0x1A45DFA3, b"\x42\x86\x81\x01")
    return head + element(0x18538067, content), len(head) + 12


@pytest.mark.parametrize("version", [0, 1])
def test_the_segments_of_an_mp4_are_points(version: int) -> None:
    head = mp4(sidx([(1000, 10_000), (500, 10_000), (100, 5_000)], version=version, first=7))
    begin = len(head) + 7
    index = time_index(head, begin + 1600, 25)
    assert index == TimeIndex([begin, begin + 1000, begin + 1500, begin + 1600], [0, 10, 20, 25])
    assert [index.media_at(begin + n) for n in (-1, 0, 500, 1000, 1250, 1600, 9999)] == [0, 0, 5, 10, 15, 25, 25]


def test_the_cues_of_a_webm_are_points_and_its_end_is_one() -> None:
    head, begin = webm([(0, 100), (10_000, 900), (20_000, 1000)])
    assert time_index(head, begin + 1100, 24) == TimeIndex([begin + n for n in (100, 900, 1000, 1100)], [0, 10, 20, 24])
    # Its unit is a millisecond unless it says another; and without a size its last cluster has no end.
    head, begin = webm([(0, 100), (10, 900)], scale=1_000_000_000)
    assert time_index(head, None, 24) == TimeIndex([begin + 100, begin + 900], [0, 10])


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\x00" * 100,
        b"ID3\x04" + bytes(200),
        mp4(),
        mp4(sidx([])),
        mp4(sidx([(1000, 10)], timescale=0)),
        mp4(sidx([(0, 10), (0, 10)])),
        mp4(sidx([(1 << 31 | 1000, 10)])),
        mp4(sidx([(1000, 10)] * 5))[:-30],
        webm([(0, 100), (10, 900)], late=True)[0],
        webm([(10, 100), (5, 900)])[0],
        webm([(0, 900), (5, 100)])[0],
        webm([(0, 100), (10, 900)])[0][:-340],
        webm([(0, 100)])[0],
    ],
    ids=range(14),
)
def test_what_is_no_index_is_none(head: bytes) -> None:
    assert time_index(head, None, 60) is None


def test_any_bytes_are_an_index_or_none() -> None:
    chance = random.Random(3)
    good = [mp4(sidx([(1000, 10_000)] * 20)), webm([(n * 1000, 100 + n * 50) for n in range(20)])[0]]
    for n in range(4000):
        head = bytearray(good[n % 2])
        for _ in range(chance.randrange(1, 8)):
            head[chance.randrange(len(head))] = chance.randrange(256)
        found = time_index(bytes(head), chance.choice([None, 5000]), 60)
        assert found is None or found.media_at(600) >= 0
