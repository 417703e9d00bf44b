"""Comma-separated settings: how they are split, and how names in them are checked."""

from __future__ import annotations

from collections.abc import Sequence


def listed(text: str) -> tuple[str, ...]:
    """Split a comma-separated setting. Returns its parts without surrounding spaces; empty parts are left out."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def check_names(text: str, known: Sequence[str], what: str | None = None) -> str:
    """Return `text` if every name in it is known. Otherwise raises ValueError with the known names.

    `what`: the kind of thing, if at least one must be named.
    """
    names = listed(text)
    unknown = ", ".join(sorted(set(names) - set(known)))
    if unknown:
        raise ValueError(f"not known: {unknown}; choose from {', '.join(known)}")
    if what is not None and not names:
        raise ValueError(f"it names no {what}; choose from {', '.join(known)}")
    return text
