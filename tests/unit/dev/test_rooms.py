"""Rooms by floors: arrows lead down, and a circle has no floors."""

from __future__ import annotations

from graphlib import CycleError

import pytest

from dev.rooms import Arrows, describe, floors_of

HOUSE: Arrows = {
    "handlers": frozenset({"listing", "media"}),
    "listing": frozenset({"media"}),
    "media": frozenset(),
    "network": frozenset(),
}


def test_a_room_stands_one_floor_above_the_highest_it_imports() -> None:
    assert floors_of(HOUSE) == {"media": 1, "network": 1, "listing": 2, "handlers": 3}


def test_the_highest_floor_is_printed_first() -> None:
    heading, *rooms = describe("services.example", HOUSE).splitlines()
    assert heading == "services.example: 4 rooms, 3 floors, 3 arrows"
    assert [room.split()[1] for room in rooms] == ["handlers", "listing", "media", "network"]
    assert rooms[0].endswith("→ listing, media")


def test_a_circle_is_no_house() -> None:
    with pytest.raises(CycleError):
        floors_of({**HOUSE, "media": frozenset({"handlers"})})
