"""What a guard around one document suppresses, and what passes through it."""

from __future__ import annotations

import asyncio

import pytest

from shared.catalog.videos.defects import Counted
from shared.errors import Unavailable
from shared.runtime.defect_book import DefectGuard


class Book:
    """A record of defects."""

    def __init__(self) -> None:
        self.met: list[Exception] = []

    async def record(self, error: Exception) -> Counted | None:
        self.met.append(error)
        return Counted(len(self.met), ended=False)


async def test_a_defect_is_counted_and_the_loop_continues() -> None:
    book, done = Book(), []
    for number in range(3):
        async with DefectGuard(book.record) as guard:
            if number == 1:
                raise KeyError("no such field")
            done.append(number)
        assert (guard.met, guard.counted) == ((True, Counted(1, ended=False)) if number == 1 else (False, None))
    assert done == [0, 2]
    assert [type(error) for error in book.met] == [KeyError]


@pytest.mark.parametrize("error", [Unavailable("away"), asyncio.CancelledError(), KeyboardInterrupt()])
async def test_outages_and_cancellations_pass_through(error: BaseException) -> None:
    book = Book()
    with pytest.raises(type(error)):
        async with DefectGuard(book.record):
            raise error
    assert book.met == []
