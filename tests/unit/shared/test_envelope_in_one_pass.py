"""A message of ours is parsed in one pass, and whatever that takes, parsing step by step takes with the same result."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.contracts import Message, unwrap
from shared.contracts.envelope import MESSAGES, Received, _as_we_write_it, _read
from shared.errors import Unprocessable

GOLDEN = Path(__file__).parents[2] / "contract/golden"
BODIES = {file.stem: json.loads(file.read_text()) for file in sorted(GOLDEN.glob("*.json"))}
#: What strangers write in place of a value.
ODD: list[Any] = [
    *(None, True, False, 0, 1, -1, 1.0, 1.5, 10**30, 1e300, float("nan"), float("inf"), [], {}, [1], ["a"], {"a": 1}),
    *("", " ", "0", "1", "true", "null", "a", "é", "\u0000", "\ud800", "\ud83c\udfa7", "a\nb", "x" * 3000, "f" * 64),
    *("https://a.b/c", "youtube:abc", "2026-05-01T00:00:00Z", "2026-05-01", 1777593600, "audio.stored.v1", [[]]),
]


def changed(value: Any) -> Iterator[Any]:
    """Yield copies of a JSON value, each with one change somewhere."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield {key: other for key, other in value.items() if key != name}
            for other in (*ODD, *changed(inner)):
                yield {**value, name: other}
        yield {**value, "new": 1}
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            for other in (*ODD, *changed(inner)):
                yield [*value[:position], other, *value[position + 1 :]]


def step_by_step(body: bytes, expected: tuple[type[Message], ...]) -> Received | str:
    try:
        return _read(body, expected)
    except Unprocessable as error:
        return str(error)


def as_usual(body: bytes, expected: tuple[type[Message], ...]) -> Received | str:
    try:
        return unwrap(body, expected)
    except Unprocessable as error:
        return str(error)


@pytest.mark.parametrize("name", BODIES)
def test_both_ways_agree_on_whatever_is_changed(name: str) -> None:
    body = BODIES[name]
    message = MESSAGES[body["type"]]
    other = next(each for each in MESSAGES.values() if each is not message)
    _as_we_write_it((message,)).validate_json(json.dumps(body))  # else both ways would be one
    for variant in changed(body):
        text = json.dumps(variant).encode()
        for expected in ((message,), (message, other), (other, message)):
            assert as_usual(text, expected) == step_by_step(text, expected), variant


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32", "latin-1"])
def test_both_ways_agree_on_encodings(encoding: str) -> None:
    text = json.dumps(BODIES["audio.stored.v1"], ensure_ascii=False)
    body = text.replace('"title": "', '"title": "é').encode(encoding, "replace")
    expected = (MESSAGES["audio.stored.v1"],)
    assert as_usual(body, expected) == step_by_step(body, expected)


@pytest.mark.parametrize(
    "change",
    [
        ('"specversion"', '"specversion": "0.1", "specversion"'),
        ('"data"', '"data": {"video_id": "youtube:other"}, "data"'),
        ('"video_id"', '"video_id": "youtube:first", "video_id"'),
        ('"type"', '"type": "video.failed.v1", "type"'),
        ("{", "[" * 300 + "{"),
        ('"data"', '"deep": ' + "[" * 150 + "]" * 150 + ', "data"'),
        ('"data"', '"deep": ' + "[" * 5000 + "]" * 5000 + ', "data"'),
        ('"data"', '"large": 1' + "0" * 5000 + ', "data"'),
        ("}", "} x"),
        ("}", "},"),
    ],
)
def test_both_ways_agree_on_odd_json(change: tuple[str, str]) -> None:
    text = json.dumps(BODIES["audio.stored.v1"]).replace(*change, 1)
    expected = (MESSAGES["audio.stored.v1"],)
    try:
        step = step_by_step(text.encode(), expected)
    except RecursionError:
        step = "the body is nested too deeply"
    assert as_usual(text.encode(), expected) == step
