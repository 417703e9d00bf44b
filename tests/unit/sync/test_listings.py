"""Two listings side by side: every name once, in order, and with what each store has."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from typing import TypeVar

import pytest

from services.sync.comparison import Pair
from services.sync.listings import paired
from shared.errors import Unavailable
from shared.storage.content import Content

T = TypeVar("T")
CONTENT = Content(1, "a" * 64)


async def listing(items: Iterable[T]) -> AsyncIterator[T]:
    for item in items:
        yield item


async def pairs(objects: Iterable[str], blobs: Iterable[str]) -> list[Pair]:
    return [pair async for pair in paired(listing(objects), listing((name, CONTENT) for name in blobs))]


@pytest.mark.parametrize(
    ("objects", "blobs"),
    [("", ""), ("abc", ""), ("", "abc"), ("abc", "abc"), ("ace", "bdf"), ("abcx", "cdex"), ("z", "abz"), ("ab", "abz")],
)
async def test_every_name_comes_once_and_in_order(objects: str, blobs: str) -> None:
    expected = [Pair(name, name in objects, CONTENT if name in blobs else None) for name in sorted({*objects, *blobs})]
    assert await pairs(objects, blobs) == expected


@pytest.mark.parametrize(("objects", "blobs"), [("ba", "ab"), ("ab", "ba"), ("aa", ""), ("", "abb")])
async def test_a_listing_out_of_order_cannot_be_compared(objects: str, blobs: str) -> None:
    with pytest.raises(Unavailable, match="A store lists"):
        await pairs(objects, blobs)
