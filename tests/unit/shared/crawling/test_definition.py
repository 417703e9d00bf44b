"""A crawl says where it begins and how far it goes; one without an end must be meant."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from shared.crawling.definition import CrawlDefinition
from shared.crawling.searches import TimeFrame, most_viewed

ADDRESS = "https://www.youtube.com/watch?v=dQw4w9WgXcQ"


def crawl(**fields: Any) -> CrawlDefinition:
    return CrawlDefinition(**{"name": "one", "addresses": (ADDRESS,), **fields})


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"videos": 0}, "write unlimited: true"),
        ({"rounds": 2}, "needs related: true"),
        ({"resolvers": ("8.8.8.8", "8.8.8.8:53")}, "resolvers names one twice"),
        ({"resolvers": ("dns.google",)}, "is no resolver"),
        ({"resolvers": ()}, "at least 1 item"),
        ({"addresses": ()}, "at least 1 item"),
        ({"addresses": ("ftp://example.org/x",)}, "ftp"),
        ({"seconds": 0}, "greater than 0"),
        ({"seconds": float("inf")}, "less than or equal to 3600"),
        ({"name": "Two Words"}, "should match pattern"),
        ({"speed": 3}, "Extra inputs"),
    ],
)
def test_a_wrong_crawl_is_refused_with_the_cure(fields: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        crawl(**fields)


def test_addresses_that_are_the_same_are_one_seed() -> None:
    seeds = crawl(addresses=(ADDRESS, "dQw4w9WgXcQ", "https://youtu.be/dQw4w9WgXcQ?t=3", "ytsearch20:fon")).seeds
    assert [seed.playlist_id.partition("-")[0] for seed in seeds] == ["youtube:dQw4w9WgXcQ", "youtube:search"]


def test_a_crawl_is_stored_as_what_differs_and_is_the_same_again() -> None:
    meant = crawl(videos=0, unlimited=True, resolvers=("system", "8.8.8.8:53"))
    assert meant.stored() == {
        "name": "one",
        "addresses": [ADDRESS],
        "videos": 0,
        "unlimited": True,
        "resolvers": ["system", "8.8.8.8"],
    }
    assert CrawlDefinition.model_validate(meant.stored()) == meant


def test_a_host_of_the_inner_network_is_found() -> None:
    assert crawl(addresses=(ADDRESS, "http://10.0.0.1/list")).inner_host() == "10.0.0.1"
    assert crawl().inner_host() is None


@pytest.mark.parametrize(
    ("frame", "parameter"),
    # As youtube.com writes them for these choices of its filters.
    [("today", "CAMSBAgCEAE="), ("week", "CAMSBAgDEAE="), ("month", "CAMSBAgEEAE="), ("all_time", "CAMSAhAB")],
)
def test_a_search_for_the_most_viewed_has_youtubes_parameter(frame: str, parameter: str) -> None:
    found = most_viewed("fon news", TimeFrame(frame))
    assert found == (f"https://www.youtube.com/results?search_query=fon%20news&sp={parameter.replace('=', '%3D')}")
    [seed] = crawl(addresses=(found,)).seeds
    assert seed.url == found, "and it is an address that can be listed"
