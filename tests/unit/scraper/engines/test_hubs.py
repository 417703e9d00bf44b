"""Which hub a feed names: in its headers, in its content, or not at all."""

from __future__ import annotations

import pytest

from services.scraper.engines.values import NamedHub
from services.scraper.engines.ytdlp.feeds.hubs import named_hub

FEED = "https://a.example/feeds/news.xml"
HUB, SELF = "https://hub.example/", "https://a.example/news"
NONE = NamedHub()


def link(rel: str, href: str) -> dict[str, str]:
    return {"rel": rel, "href": href}


@pytest.mark.parametrize(
    ("headers", "links", "expected"),
    [
        ([], [link("hub", HUB), link("self", SELF)], NamedHub(HUB, SELF)),
        ([f'<{HUB}>; rel="hub", <{SELF}>; rel="self"'], [], NamedHub(HUB, SELF)),
        ([f"<{HUB}>; rel=hub", f"<{SELF}>; rel=self"], [], NamedHub(HUB, SELF)),
        ([f'<{HUB}>; rel="preconnect hub"'], [link("self", SELF)], NamedHub(HUB, SELF)),
        # The headers come first.
        ([f'<{HUB}>; rel="hub"'], [link("hub", "https://other.example/"), link("self", SELF)], NamedHub(HUB, SELF)),
        # Of several hubs, the first.
        ([], [link("hub", HUB), link("hub", "https://other.example/"), link("self", SELF)], NamedHub(HUB, SELF)),
        # Relative addresses; and a feed that does not say its own.
        ([], [link("hub", "/hub"), link("self", "news.xml?all")], NamedHub("https://a.example/hub", f"{FEED}?all")),
        ([], [link("hub", HUB)], NamedHub(HUB, FEED)),
        # No hub: none is named, or what is named is no web address.
        ([], [link("self", SELF)], NONE),
        ([], [link("hub", "")], NONE),
        ([], [link("hub", "ftp://hub.example/")], NONE),
        ([], [link("hub", "https://hub.example/a b")], NONE),
        ([], [link("hub", "http://[::1")], NONE),
        ([], [link("hub", f"https://hub.example/{'a' * 10_000}")], NONE),
        (["<>; rel=hub", ";;;,,,", "<", 'rel="hub"'], [], NONE),
    ],
)
def test_the_hub_of_a_feed(headers: list[str], links: list[dict[str, str]], expected: NamedHub) -> None:
    assert named_hub(FEED, headers, links) == expected


def test_youtube_names_no_hub_and_has_one_for_channels() -> None:
    feed = "https://www.youtube.com/feeds/videos.xml"
    topic = "https://www.youtube.com/xml/feeds/videos.xml?channel_id=UCabc"
    named = [link("self", "http://www.youtube.com/feeds/videos.xml?channel_id=UCabc")]
    known = NamedHub("https://pubsubhubbub.appspot.com/subscribe", topic)
    assert named_hub(f"{feed}?channel_id=UCabc", [], named) == known
    assert named_hub(f"{feed}?playlist_id=PLabc", [], []) == NONE
    assert named_hub("https://a.example/feeds/videos.xml?channel_id=UCabc", [], []) == NONE
