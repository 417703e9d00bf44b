"""Messages whose properties the client library cannot read arrive without them; all else is read as ever."""

from __future__ import annotations

import importlib
import random
import struct

import pamqp.frame
import pytest
from aiormq import spec
from pamqp.exceptions import UnmarshalingException
from pamqp.header import ContentHeader
from structlog.testing import ReturnLogger

from shared.messaging import frames


def framed(payload: bytes, kind: int = 2) -> bytes:
    return struct.pack(">BHI", kind, 7, len(payload)) + payload + b"\xce"


def header(flags: int, octets: bytes, size: int = 11) -> bytes:
    return framed(struct.pack(">HHQH", 60, 0, size, flags) + octets)


def read(data: bytes) -> ContentHeader:
    length, channel, frame = pamqp.frame.unmarshal(data)
    assert (length, channel) == (len(data), 7)
    assert isinstance(frame, ContentHeader)
    assert frame.body_size == 11
    return frame


def test_the_client_library_reads_by_it() -> None:
    importlib.import_module("shared.messaging.connection")
    assert pamqp.frame.unmarshal is frames.unmarshal


@pytest.mark.parametrize(
    ("flags", "octets"),
    [
        (1 << 6, struct.pack(">Q", 2**64 - 1)),
        (1 << 6, struct.pack(">Q", 2**53)),
        (1 << 15, b"\x01\xff"),
        (1 << 13, struct.pack(">I", 5) + b"\x01\xffV"),
        (1 << 13, struct.pack(">I", 4) + b"\x01k??"),
        (1 << 13, b""),
        (1, b""),
    ],
)
def test_properties_that_cannot_be_read_are_left_out(flags: int, octets: bytes) -> None:
    assert dict(read(header(flags, octets)).properties) == dict(spec.Basic.Properties())


@pytest.mark.parametrize("mode", [0, 3, 255])
def test_a_delivery_mode_that_there_is_not(mode: int) -> None:
    assert read(header(1 << 12, bytes([mode]))).properties.delivery_mode is None


@pytest.mark.parametrize("text", ["soon", "-1", "1e9", "１２"])
def test_an_expiration_that_is_none(text: str) -> None:
    encoded = text.encode()
    assert read(header(1 << 8, bytes([len(encoded)]) + encoded)).properties.expiration is None


def test_properties_that_can_be_read_are() -> None:
    properties = spec.Basic.Properties(headers={"a": [1]}, delivery_mode=2, expiration="60000", user_id="me")
    data = framed(ContentHeader(properties=properties, body_size=11).marshal())
    assert dict(read(data).properties) == dict(properties)


def test_properties_of_any_bytes_end_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    # Thousands of lines say nothing here.
    monkeypatch.setattr(frames, "log", ReturnLogger())
    chance = random.Random(20)
    # Three in ten name a kind of value; the others are any octet.
    kinds = b"tbBsuIilLfdDSATFVx"
    drawn = bytes(chance.choices([*kinds, *range(256)], [0.3 / len(kinds)] * len(kinds) + [0.7 / 256] * 256, k=800_000))
    for start in range(0, len(drawn), 40):
        octets = drawn[start : start + 40]
        length = chance.randrange(41)
        # Half of them begin as a table of headers does, so that what is in tables is decoded too.
        if chance.random() < 0.5:
            octets = struct.pack(">I", length) + b"\x01k" + octets
            read(header(1 << 13, octets))
        else:
            read(header(chance.randrange(1 << 16) & ~1, octets))


def test_other_frames_that_are_broken_are_errors_still() -> None:
    with pytest.raises(UnmarshalingException):
        pamqp.frame.unmarshal(framed(b"\0\0\0\0", kind=1))
