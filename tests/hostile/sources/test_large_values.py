"""What a source sends is cut where it enters: texts, ids, addresses, counts and depths beyond all measure."""

from __future__ import annotations

from typing import Any

import pytest

from services.scraper.engines.clean_values import MAX_DEPTH, MAX_ITEMS, cleaned
from services.scraper.engines.values import ListedPlaylist, ListedVideo
from services.scraper.failures import Evidence
from services.scraper.listing.acceptance import entry_of
from shared.redaction import MAX_TEXT as MAX_LOGGED
from shared.redaction import without_secrets
from shared.untrusted.bounds import MAX_ADDRESS
from shared.untrusted.text import MAX_LINE, MAX_TEXT

LONG = {
    "letters": "a" * 2 * 10**7,
    "words": "a " * 10**7,
    "controls": "\x1b" * 10**6 + "a" * 10**6,
    "surrogates": "\ud800" * 10**6,
    "astral": "\U0001f600" * 10**6,
    "scheme": "a" * 10**5 + "://" + "b" * 10**5,
    "user": "http://" + "u" * 10**5 + ":" + "p" * 10**5,
    "many users": "http://u:p@" * 10**5,
    "header": "authorization" + " " * 10**6 + ":",
    "headers": "authorization: " * 10**5,
    "quotes": '"authorization": \'' * 10**5,
    "parameters": "sig=" * 10**5,
    "secrets": "secret_" * 10**5,
    "basic": "Basic " * 10**5 + "=",
}


@pytest.mark.parametrize("text", LONG.values(), ids=LONG.keys())
def test_a_text_is_cut_where_it_enters(text: str) -> None:
    video = cleaned(ListedVideo(text, text, text, 1e30, text))
    assert len(video.video_id) <= MAX_ADDRESS + 1
    assert len(video.url) <= MAX_ADDRESS + 1
    assert video.title is not None
    assert len(video.title) <= MAX_LINE
    assert video.duration is None
    # Such an id and such an address no message could carry: the entry is left out, and told with the playlist.
    with pytest.raises(ValueError, match=r"String should|video_id|url") as refused:
        entry_of(video)
    assert len(str(refused.value)) < 10_000
    playlist = cleaned(ListedPlaylist(text, text, 10**30))
    assert playlist.expected is None
    evidence = cleaned(Evidence(text, warnings=(text,) * 3))
    assert len(evidence.text) <= MAX_TEXT
    assert max(map(len, evidence.warnings)) <= MAX_TEXT


@pytest.mark.parametrize("text", LONG.values(), ids=LONG.keys())
def test_a_text_is_cut_before_a_log_is_searched_for_secrets(text: str) -> None:
    assert len(without_secrets(text)) <= 2 * MAX_LOGGED


def nested(depth: int, kind: type) -> Any:
    value: Any = "x"
    for _ in range(depth):
        value = {"a": value} if kind is dict else kind([value])
    return value


@pytest.mark.parametrize("kind", [list, tuple, dict])
@pytest.mark.parametrize("depth", [MAX_DEPTH - 1, MAX_DEPTH + 1, 900])
def test_what_is_too_deep_is_left_out(kind: type, depth: int) -> None:
    value, levels = cleaned(nested(depth, kind)), 0
    while isinstance(value, list | tuple | dict) and value:
        value, levels = (value["a"] if isinstance(value, dict) else value[0]), levels + 1
    assert levels <= MAX_DEPTH
    assert (value == "x") == (depth <= MAX_DEPTH)


def test_what_is_too_much_is_left_out() -> None:
    assert len(cleaned([1] * 10**6)) == MAX_ITEMS
    assert len(cleaned({str(number): number for number in range(10**5)})) == MAX_ITEMS
