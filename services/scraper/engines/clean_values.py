"""Cleans text and numbers of a source, once, where they leave a worker: no store has to refuse them later."""

from __future__ import annotations

import dataclasses
import itertools
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

from shared.untrusted.bounds import MAX_ADDRESS, MAX_INTEGER, MAX_KBPS, MAX_SECONDS, number_within
from shared.untrusted.text import MAX_LINE, MAX_TEXT, clean_line, clean_text

#: Names of what is one line, wherever it stands.
_LINES = {"title", "channel", "channel_id", "licence", "language", "upload_date", "source_codec", "source_format"}

#: What names of numbers may mean, from the least to the most; any other is a number that JSON carries exactly.
_BOUNDS: dict[str, tuple[float, float]] = {
    "duration": (0, MAX_SECONDS),
    "duration_seconds": (0, MAX_SECONDS),
    "expected": (0, MAX_INTEGER),
    "page_seconds": (0, MAX_SECONDS),
    "track_seconds": (0, MAX_SECONDS),
    "manifest_seconds": (0, MAX_SECONDS),
    "source_bitrate_kbps": (0, MAX_KBPS),
    "retry_after": (0, MAX_SECONDS),
}

#: Names of what has the length of an address; one that is longer is nobody's, and refused where it is looked at.
_ADDRESSES = {"id", "url", "video_id", "found_id", "other_id", "webpage_url"}
#: Levels of lists in lists that are kept, and items of each; what is deeper or later is left out.
MAX_DEPTH, MAX_ITEMS = 40, 10_000

T = TypeVar("T")


def cleaned(value: T, name: str = "") -> T:
    """`value` with all text in it cleaned and cut: in data classes, lists, tuples and dicts.

    `name`: of the field or key that holds it. A number that is out of its bounds becomes None, as if it were not said.
    """
    return _cleaned(value, name, MAX_DEPTH)  # type: ignore[no-any-return]  # each value keeps its type


def _cleaned(value: Any, name: str, deeper: int) -> Any:
    if isinstance(value, Enum):
        return value  # Our own word, such as a Reason, which is a str too.
    if isinstance(value, str):
        return _text(value, name)
    if isinstance(value, dict):
        kept = itertools.islice(value.items(), MAX_ITEMS if deeper else 0)
        return {_text(str(key), "title"): _cleaned(inner, str(key), deeper - 1) for key, inner in kept}
    if isinstance(value, tuple | list):
        kept_items = itertools.islice(value, MAX_ITEMS if deeper else 0)
        return type(value)(_cleaned(inner, "", deeper - 1) for inner in kept_items)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value) if field.init}
        return dataclasses.replace(value, **{field: _cleaned(inner, field, deeper) for field, inner in fields.items()})
    if isinstance(value, bool | Path) or not isinstance(value, int | float):
        return value
    return number_within(value, *_BOUNDS.get(name, (-MAX_INTEGER, MAX_INTEGER)))


def _text(value: str, name: str) -> str:
    """Cut before it is looked through, too: cleaning takes characters away, and adds none."""
    if name in _LINES:
        return clean_line(value[: 2 * MAX_LINE])[:MAX_LINE]
    most = MAX_ADDRESS + 1 if name in _ADDRESSES else MAX_TEXT
    return clean_text(value[: 2 * most])[:most]
