"""Documents as lines of text: canonical MongoDB Extended JSON v2, which keeps every type and which other tools read."""

from __future__ import annotations

from typing import Any

from bson import json_util
from bson.codec_options import DatetimeConversion
from bson.errors import BSONError

Document = dict[str, Any]

_OPTIONS = json_util.CANONICAL_JSON_OPTIONS.with_options(
    tz_aware=True, datetime_conversion=DatetimeConversion.DATETIME_AUTO
)


def line_of(document: Document) -> str:
    """Return a document as one line, without the line break."""
    return json_util.dumps(document, json_options=_OPTIONS, ensure_ascii=False, separators=(",", ":"))


def document_of(line: str) -> Document:
    """Return the document of a line. Raises ValueError if there is none."""
    try:
        document = json_util.loads(line, json_options=_OPTIONS)
    except (TypeError, KeyError, ArithmeticError, RecursionError, BSONError) as error:
        raise ValueError(f"a line holds no document: {error}") from error
    if not isinstance(document, dict) or "_id" not in document:
        raise ValueError("a line holds no document")
    return document
