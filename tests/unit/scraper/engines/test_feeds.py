"""What a feed says, and what it cannot do."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from services.scraper.engines.ytdlp.feeds.reading import _Head, _parsed

URL = "https://a.example/feed"
YDL = cast("Any", SimpleNamespace(asked=1, single_video_of=lambda link: f"site:{link.rpartition('/')[2]}"))


def feed(*entries: str) -> bytes:
    return f'<feed xmlns="http://www.w3.org/2005/Atom"><title>x</title>{"".join(entries)}</feed>'.encode()


def entry(name: str, published: str = "2026-01-02T03:04:05+00:00") -> str:
    return (
        f'<entry><title>T {name}</title><link rel="alternate" href="https://a.example/{name}"/>'
        f"<published>{published}</published></entry>"
    )


def test_entries_have_their_names_and_times() -> None:
    found = _parsed(feed(entry("one"), entry("two", "yesterday")), YDL, _Head(URL, '"e"'))
    assert [(e.video_id, e.title) for e in found.entries] == [("site:one", "T one"), ("site:two", "T two")]
    assert [e.published and e.published.isoformat() for e in found.entries] == ["2026-01-02T03:04:05+00:00", None]
    assert (found.etag, found.requests, found.unknown) == ('"e"', 1, None)


def test_a_feed_is_never_a_path_or_an_address(tmp_path: Path) -> None:
    """feedparser opens what looks like one."""
    secret = tmp_path / "feed.xml"
    secret.write_bytes(feed(entry("secret")))
    for body in (str(secret), f"file://{secret}", "http://127.0.0.1:1/feed", "/dev/zero"):
        found = _parsed(body.encode(), YDL, _Head(URL))
        assert (found.entries, found.unknown) == ((), "The feed has no entries")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\0" * 1000,
        b"<html><body>Sorry</body></html>",
        feed(),
        b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><feed>&b;</feed>',
        b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><feed><title>&f;</title></feed>',
    ],
)
def test_what_is_no_feed_says_nothing(body: bytes) -> None:
    found = _parsed(body, YDL, _Head(URL))
    assert found.unknown is not None
    assert not found.answers(frozenset({"site:one"}))


def test_an_entry_that_names_no_video_makes_the_feed_say_nothing() -> None:
    nameless = cast("Any", SimpleNamespace(asked=1, single_video_of=lambda _: None))
    assert "names no video" in str(_parsed(feed(entry("one")), nameless, _Head(URL)).unknown)


@pytest.mark.parametrize("names_a_video", [True, False])
@pytest.mark.parametrize("entries", [(), ("one",), ("one", "two")])
def test_a_hub_is_found_whatever_the_feed_says_of_the_list(entries: tuple[str, ...], names_a_video: bool) -> None:
    ydl = cast("Any", SimpleNamespace(asked=1, single_video_of=lambda _: "site:one" if names_a_video else None))
    link = '<link rel="hub" href="https://hub.example/"/>'
    found = _parsed(feed(link, *map(entry, entries)), ydl, _Head(URL))
    assert (found.unknown is None) == (names_a_video and bool(entries))
    assert found.named_hub is not None
    assert (found.named_hub.hub, found.named_hub.topic) == ("https://hub.example/", URL)
