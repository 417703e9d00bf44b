"""Whatever third-party code raises becomes one exception of ours."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from contextlib import closing

import pytest

from services.scraper.engines.foreign_code import ForeignError, foreign_code


class Unreadable(Exception):
    def __str__(self) -> str:
        raise ValueError("no text")


class Exiting(Exception):
    def __str__(self) -> str:
        raise SystemExit("no text")


@pytest.mark.parametrize(
    "error", [KeyError("x"), SystemExit("x"), KeyboardInterrupt(), asyncio.CancelledError(), BaseException("x")]
)
def test_every_exception_is_contained(error: BaseException) -> None:
    with pytest.raises(ForeignError) as raised, foreign_code():
        raise error
    assert raised.value.error is error


@pytest.mark.parametrize("error", [Unreadable(), Exiting(), Unreadable("x")])
def test_an_exception_without_a_readable_text_keeps_its_place(error: Exception) -> None:
    with pytest.raises(ForeignError, match="whose text cannot be read") as raised, foreign_code():
        raise error
    assert raised.value.error.__traceback__ is error.__traceback__


def test_signals_and_the_end_of_a_generator_of_ours_pass() -> None:
    with pytest.raises(KeyError), foreign_code(KeyError):
        raise KeyError

    def numbers() -> Generator[int, None, None]:
        with foreign_code():
            yield 1
            yield 2

    with closing(numbers()) as found:
        assert next(found) == 1
