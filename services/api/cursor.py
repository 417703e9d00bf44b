"""Opaque cursors: where the next page begins, in a form that promises nothing."""

from __future__ import annotations

import base64
import binascii

from services.api.problems import Problem


def encode(last_id: str) -> str:
    """The cursor of the page after `last_id`."""
    return base64.urlsafe_b64encode(b"1" + last_id.encode()).decode().rstrip("=")


def decode(cursor: str | None) -> str | None:
    """The id after which to begin. Raises a Problem for what we never gave out."""
    if cursor is None:
        return None
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        text = raw.decode()
    except (binascii.Error, ValueError) as error:
        raise Problem(400, "This cursor was not given out by this API; begin without one.") from error
    if not text.startswith("1"):
        raise Problem(400, "This cursor was given out by another version; begin without one.")
    return text[1:]
