"""Which bytes of a recording are which seconds of it, as the beginning of its file tells: MP4 (sidx) and WebM (Cues).

Both are written before the media where a file is made to be streamed, as YouTube's are. Everything is untrusted: what
does not fit together is no index. Sources: ISO/IEC 14496-12, 8.16.3; RFC 9559, 5.1.5; RFC 8794, 4 and 5.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise
from typing import NamedTuple

from shared.untrusted.bounds import MAX_INTEGER, MAX_SECONDS

#: Bytes of the beginning of a file in which an index is looked for: hours of recording have one of less.
HEAD_BYTES = 256 * 1024
#: Entries of an index, and elements that are looked at.
_MOST = 50_000

_EBML, _SEGMENT, _INFO, _CUES, _CLUSTER = 0x1A45DFA3, 0x18538067, 0x1549A966, 0x1C53BB6B, 0x1F43B675
_TIMESTAMP_SCALE, _CUE_POINT, _CUE_TIME = 0x2AD7B1, 0xBB, 0xB3
_CUE_POSITIONS, _CUE_CLUSTER = 0xB7, 0xF1
_NANOSECONDS = 1e9


class TimeIndex(NamedTuple):
    """Points at which both are known: bytes from the beginning of the file, and seconds of media; both never fall."""

    offsets: Sequence[int]
    seconds: Sequence[float]

    def media_at(self, size: int) -> float:
        """Return how many seconds of media the first `size` bytes have; between two points in proportion."""
        place = bisect_right(self.offsets, size)
        if place == 0:
            return 0.0
        if place == len(self.offsets):
            return self.seconds[-1]
        low, high = self.offsets[place - 1], self.offsets[place]
        part = (size - low) / (high - low)
        return self.seconds[place - 1] + part * (self.seconds[place] - self.seconds[place - 1])


def time_index(head: bytes, size: int | None, duration: float) -> TimeIndex | None:
    """Return the index in the beginning of a file; None: it has none there.

    `size`: of the whole file in bytes, if it is known. `duration`: of the recording in seconds.
    """
    try:
        points = list(_of_mp4(head) if head[4:8] == b"ftyp" else _of_webm(head))
    except (ValueError, IndexError, struct.error, OverflowError):
        return None
    if len(points) < 2:
        return None
    if size is not None and points[-1][0] < size and points[-1][1] < duration:
        # WebM names the beginnings of its clusters alone.
        points.append((size, duration))
    offsets, seconds = [offset for offset, _ in points], [moment for _, moment in points]
    rising = all(one < other for one, other in pairwise(offsets))
    timely = all(one <= other for one, other in pairwise(seconds))
    if not rising or not timely or offsets[-1] > MAX_INTEGER or not 0 < seconds[-1] <= MAX_SECONDS:
        return None
    return TimeIndex(offsets, seconds)


def _of_mp4(head: bytes) -> Iterator[tuple[int, float]]:
    """Yield the points of the first segment index. Raises an error for what is none."""
    for kind, begin, end in _boxes(head):
        if kind != b"sidx":
            continue
        version = head[begin]
        timescale = struct.unpack_from(">I", head, begin + 8)[0]
        layout = ">IIHH" if version == 0 else ">QQHH"
        _, first, _, count = struct.unpack_from(layout, head, begin + 12)
        at, moment = begin + 12 + struct.calcsize(layout), 0
        offset = end + first
        yield offset, 0.0
        for entry in range(count):
            told, length, _ = struct.unpack_from(">III", head, at + 12 * entry)
            if told >> 31:
                raise ValueError("an index of indexes")
            offset, moment = offset + told, moment + length
            yield offset, moment / timescale if timescale else -1.0
        return


def _boxes(head: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield kind, beginning of the content and end of each box, as far as the beginning of the file goes."""
    at = 0
    while at + 8 <= len(head):
        size, kind = struct.unpack_from(">I4s", head, at)
        begin = at + 8
        if size == 1:
            size, begin = struct.unpack_from(">Q", head, begin)[0], begin + 8
        if size < begin - at:
            raise ValueError("a box that ends before it begins")
        yield kind, begin, at + size
        at += size


def _of_webm(head: bytes) -> Iterator[tuple[int, float]]:
    """Yield the points of the cues. Raises an error for what are none."""
    scale = 1_000_000
    # The two of a whole file. Unpacking others is a ValueError.
    (ebml, _, _), (segment, begin, _) = islice(_elements(head, 0, len(head)), 2)
    if (ebml, segment) != (_EBML, _SEGMENT):
        raise ValueError("no WebM")
    for id_, start, end in _elements(head, begin, len(head)):
        if id_ == _INFO:
            scale = next(
                (_number(head, *at) for kind, *at in _elements(head, start, end) if kind == _TIMESTAMP_SCALE), scale
            )
        elif id_ == _CUES:
            if end > len(head):
                raise ValueError("the cues do not end here")
            for kind, *at in _elements(head, start, end):
                if kind == _CUE_POINT:
                    position, moment = _cue(head, *at)
                    yield begin + position, moment * scale / _NANOSECONDS
            return
        elif id_ == _CLUSTER:
            # The media begins, and cues that come after it come too late.
            return


def _cue(head: bytes, start: int, end: int) -> tuple[int, int]:
    """Return the position of a cluster and its time."""
    moment = position = -1
    for kind, *at in _elements(head, start, end):
        if kind == _CUE_TIME:
            moment = _number(head, *at)
        elif kind == _CUE_POSITIONS:
            position = next(
                (_number(head, *inner) for found, *inner in _elements(head, *at) if found == _CUE_CLUSTER), -1
            )
    if moment < 0 or position < 0:
        raise ValueError("a cue without time or place")
    return position, moment


def _elements(head: bytes, at: int, until: int) -> Iterator[tuple[int, int, int]]:
    """Yield id, beginning of the content and end of the elements of EBML in a part of the file."""
    for _ in range(_MOST):
        if at >= min(until, len(head)):
            return
        width = 9 - head[at].bit_length()
        if width > 4:
            raise ValueError("an id of more than four bytes")
        id_ = int.from_bytes(head[at : at + width])
        at += width
        width = 9 - head[at].bit_length()
        if width > 8:
            raise ValueError("a length of more than eight bytes")
        size = int.from_bytes(head[at : at + width]) & ((1 << 7 * width) - 1)
        at += width
        # All bits set: unknown, which only the segment of a live stream is.
        end = until if size == (1 << 7 * width) - 1 else at + size
        yield id_, at, end
        at = end


def _number(head: bytes, start: int, end: int) -> int:
    if end - start > 8 or end > len(head):
        raise ValueError("a number of more than eight bytes")
    return int.from_bytes(head[start:end])
