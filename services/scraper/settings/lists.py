"""Comma-separated settings: how they are split, and how names in them are checked."""

from __future__ import annotations

from collections.abc import Sequence


def listed(text: str) -> tuple[str, ...]:
    """The parts of a comma-separated setting, without spaces around them and without empty ones."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def check_names(text: str, known: Sequence[str], what: str | None = None) -> str:
    """Return `text` if every name in it is known. Raises ValueError with the known names otherwise.

    `what`: the kind of thing that is named, if at least one must be named.
    """
    names = listed(text)
    unknown = ", ".join(sorted(set(names) - set(known)))
    if unknown:
        raise ValueError(f"there is no {unknown}; there are {', '.join(known)}")
    if what is not None and not names:
        raise ValueError(f"there is no {what} in it; there are {', '.join(known)}")
    return text
