"""Cleans the text and numbers of a source once, where they leave a worker, so that no store refuses them later."""

from __future__ import annotations

import dataclasses
import itertools
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

from shared.untrusted.bounds import MAX_ADDRESS, MAX_INTEGER, MAX_KBPS, MAX_SECONDS, number_within
from shared.untrusted.text import MAX_LINE, MAX_TEXT, clean_line, clean_text

#: Names of fields and keys whose text is one line.
_LINES = {"title", "channel", "channel_id", "licence", "language", "upload_date", "source_codec", "source_format"}

#: Name of a field or key → the minimum and maximum of its number. Any other number is one that JSON represents exactly.
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

#: Names of fields and keys whose text is cut to the length of an address; a cut one is refused where it is used.
_ADDRESSES = {"id", "url", "video_id", "found_id", "other_id", "webpage_url"}
#: Levels of nested lists that are kept, and items of each list; deeper and later ones are left out.
MAX_DEPTH, MAX_ITEMS = 40, 10_000

T = TypeVar("T")


def cleaned(value: T, name: str = "") -> T:
    """Return `value` with all its text cleaned and cut, also in data classes, lists, tuples and dicts.

    `name`: the field or key that holds it. A number outside its bounds becomes None, as if the source did not give it.
    """
    return _cleaned(value, name, MAX_DEPTH)  # type: ignore[no-any-return]  # each value keeps its type


def _cleaned(value: Any, name: str, deeper: int) -> Any:
    if isinstance(value, Enum):
        return value  # A text of our own, such as a Reason, which is a str too.
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
    """Clean a text and cut it. It is also cut before, which bounds the time: cleaning adds no characters."""
    if name in _LINES:
        return clean_line(value[: 2 * MAX_LINE])[:MAX_LINE]
    most = MAX_ADDRESS + 1 if name in _ADDRESSES else MAX_TEXT
    return clean_text(value[: 2 * most])[:most]
