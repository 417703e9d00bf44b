"""The shortages of requests that make work wait although nothing failed. Lists show them like reasons for failures."""

from __future__ import annotations

from enum import StrEnum
from typing import Self


class Shortage(StrEnum):
    """What waiting work lacks although nothing failed. A member is its code."""

    #: A few words for lists.
    label: str

    def __new__(cls, code: str, label: str) -> Self:
        member = str.__new__(cls, code)
        member._value_, member.label = code, label
        return member

    BUDGET = "budget", "Hourly request budget used up"
    SHARE = "share", "Key's share of requests used up"
