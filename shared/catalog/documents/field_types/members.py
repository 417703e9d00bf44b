"""Enums in documents: MongoDB returns their members as text."""

from __future__ import annotations

from enum import Enum
from typing import TypeVar

from pydantic import BeforeValidator

EnumT = TypeVar("EnumT", bound=Enum)


def member_of(kind: type[EnumT]) -> BeforeValidator:
    """Return a validator that turns a stored text into the member of `kind`, also where validation is strict."""

    # Not `kind` itself: pydantic cannot read the signature of an enum's class on every version of Python.
    def read(value: object) -> EnumT:
        return kind(value)

    return BeforeValidator(read)
