"""Opaque cursors: the position where the next page of a list begins, in a form that clients cannot rely on."""

from __future__ import annotations

import base64
import binascii
import json
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from services.api.http.problems import Problem

T = TypeVar("T")


def encode(position: object) -> str:
    """The cursor of the page that begins after `position`: a string, or a tuple of simple values."""
    text = TypeAdapter(type(position)).dump_json(position)
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def decode(cursor: str | None, kind: type[T]) -> T | None:
    """The position that a cursor stands for; None without a cursor.

    `kind`: the type of this list's positions. Raises a Problem (400) for a cursor that is not of this list.
    """
    if cursor is None:
        return None
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        return TypeAdapter(kind).validate_json(raw)
    except (binascii.Error, ValueError, ValidationError, json.JSONDecodeError) as error:
        raise Problem(
            400, "This cursor does not belong to this list. Start again without a cursor.", code="bad-cursor"
        ) from error
