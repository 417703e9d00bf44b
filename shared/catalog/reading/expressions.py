"""Aggregation expressions: what the server computes, by its own clock and whatever shape a document has."""

from __future__ import annotations

from typing import Any


def seconds_from_now(seconds: float) -> dict[str, Any]:
    """Return the server's time `seconds` from now."""
    return {"$add": ["$$NOW", round(seconds * 1000)]}


def class_or_unknown(field: str) -> dict[str, Any]:
    """Return the failure class in a field, or `unknown` where there is none: such a failure is counted all the same."""
    return {"$cond": [{"$eq": [{"$type": f"${field}"}, "string"]}, f"${field}", "unknown"]}


def first_moment(*fields: str) -> Any:
    """Return the first of several fields that holds a moment; null if none does."""
    found: Any = None
    for field in reversed(fields):
        found = {"$cond": [{"$eq": [{"$type": f"${field}"}, "date"]}, f"${field}", found]}
    return found
