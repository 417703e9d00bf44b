"""Two listings side by side: every name once, in order, and with what each store has."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import aclosing
from typing import TypeVar

import pytest

from services.sync.comparison import Pair
from services.sync.listings import in_batches, paired, read_ahead
from shared.errors import Unavailable
from shared.storage.content import Content, Listed

T = TypeVar("T")
CONTENT = Content(1, "a" * 64)


async def listing(items: Iterable[T]) -> AsyncIterator[T]:
    for item in items:
        yield item


async def pairs(objects: Iterable[str], blobs: Iterable[str]) -> list[Pair]:
    left = listing(Listed(name, Content(1, ""), f"bucket's {name}") for name in objects)
    right = listing(Listed(name, CONTENT, f"mirror's {name}") for name in blobs)
    return [pair async for pair in paired(left, right)]


@pytest.mark.parametrize(
    ("objects", "blobs"),
    [("", ""), ("abc", ""), ("", "abc"), ("abc", "abc"), ("ace", "bdf"), ("abcx", "cdex"), ("z", "abz"), ("ab", "abz")],
)
async def test_every_name_comes_once_and_in_order(objects: str, blobs: str) -> None:
    expected = [
        Pair(
            name,
            name in objects,
            CONTENT if name in blobs else None,
            f"bucket's {name}" if name in objects else "",
            f"mirror's {name}" if name in blobs else "",
        )
        for name in sorted({*objects, *blobs})
    ]
    assert await pairs(objects, blobs) == expected


@pytest.mark.parametrize(("objects", "blobs"), [("ba", "ab"), ("ab", "ba"), ("aa", ""), ("", "abb")])
async def test_a_listing_out_of_order_cannot_be_compared(objects: str, blobs: str) -> None:
    with pytest.raises(Unavailable, match="A store lists"):
        await pairs(objects, blobs)


@pytest.mark.parametrize(("number", "sizes"), [(0, []), (1, [1]), (3, [3]), (4, [3, 1]), (7, [3, 3, 1])])
async def test_batches_hold_every_name_once(number: int, sizes: list[int]) -> None:
    names = [Pair(f"{n:03}", in_bucket=True, blob=None) for n in range(number)]
    batches = [batch async for batch in read_ahead(in_batches(listing(names), 3))]
    assert [len(batch) for batch in batches] == sizes
    assert [pair for batch in batches for pair in batch] == names


async def test_the_next_batch_is_read_while_one_is_in_use_and_no_further_one() -> None:
    read = []

    async def batches() -> AsyncIterator[list[Pair]]:
        for number in range(4):
            read.append(number)
            yield [Pair(str(number), in_bucket=True, blob=None)]

    async with aclosing(read_ahead(batches())) as ahead:
        async for _ in ahead:
            while len(read) < 2:
                await asyncio.sleep(0)
            await asyncio.sleep(0)
            break
    assert read == [0, 1]


async def test_a_listing_that_fails_ends_after_what_was_read_before() -> None:
    async def batches() -> AsyncIterator[list[Pair]]:
        yield [Pair("a", in_bucket=True, blob=None)]
        raise Unavailable("the store is away")

    ahead = read_ahead(batches())
    assert [pair.name for pair in await anext(ahead)] == ["a"]
    with pytest.raises(Unavailable, match="away"):
        await anext(ahead)
