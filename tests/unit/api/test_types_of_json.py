"""A body means what JSON means: a text is no number, true is not 1, and what is wrong is named by its place."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from services.api.schemas.crawls import CrawlIn
from services.api.schemas.playlists import PlaylistIn
from services.api.schemas.sources import SourceIn

CRAWL = {"name": "one", "addresses": ["ytsearch20:fon"]}
SOURCE = {"name": "radio", "address": "@radio-zou"}
PLAYLIST = {"url": "@radio-zou"}


@pytest.mark.parametrize(
    ("model", "good", "path"),
    [
        (CrawlIn, CRAWL | {"delay_seconds": 2, "videos": 3, "seconds": 1.5, "related": True}, ("delay_seconds",)),
        (CrawlIn, CRAWL | {"videos": 3}, ("videos",)),
        (CrawlIn, CRAWL | {"full_every": 3}, ("full_every",)),
        (SourceIn, SOURCE | {"first": 3}, ("first",)),
        (SourceIn, SOURCE | {"filters": {"min_seconds": 60}}, ("filters", "min_seconds")),
        (PlaylistIn, PLAYLIST | {"filters": {"min_seconds": 60}}, ("filters", "min_seconds")),
        (PlaylistIn, PLAYLIST | {"limit": 60}, ("limit",)),
    ],
)
@pytest.mark.parametrize("wrong", [True, False, "3", "", [3], {}])
def test_only_numbers_are_numbers(model: Any, good: dict[str, Any], path: tuple[str, ...], wrong: object) -> None:
    adapter = TypeAdapter[Any](model)
    adapter.validate_python(good)
    bad = {**good, path[0]: {path[1]: wrong} if len(path) > 1 else wrong}
    with pytest.raises(ValidationError) as caught:
        adapter.validate_python(bad)
    assert all(tuple(error["loc"])[: len(path)] == path for error in caught.value.errors())


@pytest.mark.parametrize(
    ("model", "good", "name"),
    [(CrawlIn, CRAWL, "related"), (CrawlIn, CRAWL, "unlimited"), (SourceIn, SOURCE, "enabled")],
)
@pytest.mark.parametrize("wrong", ["true", "yes", 1, 0, "", None])
def test_only_true_and_false_are_answers(model: Any, good: dict[str, Any], name: str, wrong: object) -> None:
    TypeAdapter[Any](model).validate_python({**good, name: True})
    with pytest.raises(ValidationError):
        TypeAdapter[Any](model).validate_python({**good, name: wrong})


def test_lists_and_dates_are_read_as_json_writes_them() -> None:
    found = TypeAdapter[Any](CrawlIn).validate_python(CRAWL | {"resolvers": ["system", "8.8.8.8"]})
    assert found.resolvers == ("system", "8.8.8.8")
    source = TypeAdapter[Any](SourceIn).validate_python(SOURCE | {"filters": {"published_from": "2026-01-31"}})
    assert source.filters.published_from.year == 2026
