"""Opaque cursors: where the next page begins, in a form that promises nothing."""

from __future__ import annotations

import base64
import binascii
import json
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from services.api.http.problems import Problem

T = TypeVar("T")


def encode(place: object) -> str:
    """The cursor of the page that begins at `place`: a string, or a tuple of simple values."""
    text = TypeAdapter(type(place)).dump_json(place)
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def decode(cursor: str | None, kind: type[T]) -> T | None:
    """The place it stands for, of the kind that this list has. Raises a Problem for what this list never gave out."""
    if cursor is None:
        return None
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        return TypeAdapter(kind).validate_json(raw)
    except (binascii.Error, ValueError, ValidationError, json.JSONDecodeError) as error:
        raise Problem(
            400, "This cursor was not given out by this list; begin without one.", code="bad-cursor"
        ) from error
