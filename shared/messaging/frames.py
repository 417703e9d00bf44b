"""Reads messages whose properties the client library cannot decode, so that one of them does not end the connection.

A publisher can send properties that pamqp cannot decode: a time after the year 9999, names that are not UTF-8, a
thousand nested tables. aiormq then abandons the connection, and after the reconnect the broker delivers the message
again; from a parking queue, which has no delivery limit, it would do so forever. With this module such a message
arrives without its properties, like any message of a stranger.
"""

from __future__ import annotations

import struct

import pamqp.frame
from pamqp.constants import FRAME_HEADER
from pamqp.exceptions import PAMQPException
from pamqp.frame import FrameTypes
from pamqp.header import ContentHeader

from shared.logs import logger

log = logger(__name__)

_unmarshal = pamqp.frame.unmarshal
#: Octets before a frame's payload, and after it.
_BEFORE, _AFTER = 7, 1
#: The delivery modes that aio-pika knows: none given, transient, persistent.
_DELIVERY_MODES = (None, 1, 2)
#: Errors of the decoder: its own, and Python's for times and numbers out of range (ValueError, ArithmeticError,
#: OSError), for bytes that end too early (LookupError, struct.error) and for nesting that is too deep.
_NOT_DECODED: tuple[type[Exception], ...] = (
    *(PAMQPException, struct.error, ValueError, TypeError),
    *(ArithmeticError, LookupError, OSError, RecursionError),
)


def unmarshal(data_in: bytes) -> tuple[int, int, FrameTypes]:
    """Read a frame as pamqp does. Returns the number of octets read, the channel, and the frame.

    Raises pamqp's exceptions, except for frames of properties.
    """
    if data_in[:1] != bytes([FRAME_HEADER]):
        return _unmarshal(data_in)
    try:
        read, channel, frame = _unmarshal(data_in)
    except _NOT_DECODED as error:
        log.warning("message.properties_not_read", error=f"{type(error).__name__}: {error}"[:200])
        channel, frame = struct.unpack(">H", data_in[1:3])[0], _without_properties(data_in[_BEFORE:-_AFTER])
        return len(data_in), channel, frame
    if isinstance(frame, ContentHeader):
        _correct(frame)
    return read, channel, frame


def _without_properties(payload: bytes) -> ContentHeader:
    header = ContentHeader()
    header.class_id, header.weight, header.body_size = struct.unpack(">HHQ", payload[:12])
    return header


def _correct(header: ContentHeader) -> None:
    """Remove values that would make aio-pika raise and leave the message unsettled."""
    properties = header.properties
    if properties.delivery_mode not in _DELIVERY_MODES:
        properties.delivery_mode = None
    if not (properties.expiration or "0").isascii() or not (properties.expiration or "0").isdigit():
        properties.expiration = None


def install() -> None:
    """Make the client library read frames with `unmarshal`."""
    pamqp.frame.unmarshal = unmarshal
