"""Cleans the text that a source sends, once, where it leaves a worker: no store has to refuse it later."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import Any, TypeVar

from shared.contracts.text import clean_line, clean_text

#: Characters kept of a line, then of any other text. YouTube ends titles at 100 and descriptions at 5,000.
MAX_LINE, MAX_TEXT = 2_000, 200_000
#: Names of what is one line, wherever it stands.
_LINES = {"title", "channel", "channel_id", "licence", "language", "upload_date", "source_codec", "source_format"}

T = TypeVar("T")


def cleaned(value: T, name: str = "") -> T:
    """`value` with all text in it cleaned: in data classes, lists, tuples and dicts, however deep.

    `name`: of the field or key that holds it. Numbers that no JSON has become None in dicts and lists.
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
    if isinstance(value, Path) or not isinstance(value, float):
        return value
    return value if math.isfinite(value) else None
