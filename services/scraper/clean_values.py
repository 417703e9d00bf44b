"""Cleans text and numbers of a source, once, where they leave a worker: no store has to refuse them later."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any, TypeVar

from shared.contracts.bounds import MAX_INTEGER, MAX_KBPS, MAX_SECONDS, number_within
from shared.contracts.text import MAX_LINE, MAX_TEXT, clean_line, clean_text

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

T = TypeVar("T")


def cleaned(value: T, name: str = "") -> T:
    """`value` with all text in it cleaned: in data classes, lists, tuples and dicts, however deep.

    `name`: of the field or key that holds it. A number that is out of its bounds becomes None, as if it were not said.
    """
    return _cleaned(value, name)  # type: ignore[no-any-return]


def _cleaned(value: Any, name: str) -> Any:
    if isinstance(value, str):
        return clean_line(value)[:MAX_LINE] if name in _LINES else clean_text(value)[:MAX_TEXT]
    if isinstance(value, dict):
        return {_cleaned(key, ""): _cleaned(inner, key if isinstance(key, str) else "") for key, inner in value.items()}
    if isinstance(value, tuple | list):
        return type(value)(_cleaned(inner, "") for inner in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value) if field.init}
        return dataclasses.replace(value, **{field: _cleaned(inner, field) for field, inner in fields.items()})
    if isinstance(value, bool | Path) or not isinstance(value, int | float):
        return value
    return number_within(value, *_BOUNDS.get(name, (-MAX_INTEGER, MAX_INTEGER)))
